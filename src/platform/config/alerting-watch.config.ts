import { EnvInteger, EnvText, EnvUrl } from './env.decorators.js';
import { isPlan, NO_PLAN } from './plan.js';

/** What watches over alerting itself: the dead man's switch both ways, the canary, the history. */
export class AlertingWatchConfig {
  @EnvUrl('ALERTS_HEARTBEAT_URL', {
    description:
      "The dead man's switch: an address elsewhere that is asked (GET) again and again while alerting works, and that raises the alarm when it hears nothing. With several processes each needs an address of its own.",
    optional: true,
    protocols: ['https:', 'http:'],
    example: 'https://hc-ping.com/00000000-0000-0000-0000-000000000000',
  })
  heartbeatUrl?: string;

  @EnvInteger('ALERTS_HEARTBEAT_INTERVAL', {
    description:
      'How often it is asked. Let the other side wait twice as long again before it raises the alarm: with 60 seconds a dead process is told of after 3 minutes.',
    unit: 'seconds',
    min: 1,
    max: 3600,
  })
  heartbeatInterval = 60;

  @EnvInteger('ALERTS_WATCHDOG_EXPECTED', {
    description:
      'An alert named `Watchdog`, which an Alertmanager sends to `POST /alerts/webhook` all the time, is expected at least so often; when it falls silent there is a critical alert. Without a value none is expected.',
    unit: 'seconds',
    optional: true,
    min: 1,
    max: 604_800,
  })
  watchdogExpected?: number;

  @EnvText('ALERTS_CANARY_SCHEDULE', {
    description:
      'When every channel is proved by a message: minute, hour, day of month, month, day of week, in UTC. Once a day or more often; a channel counts as verified for 36 hours.',
    pattern: /^(\S+\s+){4}\S+$/,
  })
  canarySchedule = '7 9 * * *';

  @EnvInteger('ALERTS_HISTORY_DAYS', {
    description: 'How long the history of alerts, notifications and silences is kept.',
    unit: 'days',
    min: 1,
    max: 3650,
  })
  historyDays = 365;

  /** @returns `[variable, message]` */
  problems(): [string, string][] {
    return isPlan(this.canarySchedule) ? [] : [['ALERTS_CANARY_SCHEDULE', NO_PLAN]];
  }
}
