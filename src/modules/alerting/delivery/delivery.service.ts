import { join } from 'node:path';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AlertingConfig, ServerConfig, TelegramConfig, type AlertChannel } from '../../../platform/config/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import { Metrics } from '../../../platform/observability/index.js';
import { AlertIntake, type Alert } from '../alert.js';
import { channelsOf } from '../channels/index.js';
import { SystemClock } from './clock.js';
import { Delivery } from './delivery.js';
import { settingsOf } from './delivery.settings.js';
import type { DeliveryStatus, Receipt } from './delivery.status.js';
import type { LedgerLog } from './ledger.js';
import { AlertHistorySink, InhibitionRules, SilenceSource } from './ports.js';

/** Takes alerts, keeps them safe from crashes, and tells people of them by every channel. */
@Injectable()
export class DeliveryService extends AlertIntake implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly delivery: Delivery;

  constructor(
    private readonly alerting: AlertingConfig,
    telegram: TelegramConfig,
    server: ServerConfig,
    mailer: Mailer,
    metrics: Metrics,
    silences: SilenceSource,
    rules: InhibitionRules,
    history: AlertHistorySink,
  ) {
    super();
    const notifications = metrics.counter(
      'alert_notifications_total',
      'Attempts to hand a notification to a channel, by what came of them; dead: the last of them has failed',
      ['channel', 'outcome'],
    );
    this.delivery = new Delivery({
      folder: join(server.dataDir, 'alerting'),
      channels: channelsOf({ alerting, telegram, server, mailer }),
      settings: settingsOf(alerting),
      silences,
      rules,
      history,
      clock: new SystemClock(),
      log: logTo(new Logger('Alerting')),
      attempted: ({ channel, outcome }) => {
        notifications.labels(channel, outcome).inc();
      },
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.alerting.isEnabled) await this.delivery.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.delivery.stop();
  }

  /**
   * Takes what fires, still fires, or is over.
   * @throws DeliveryError `alert_journal_down` when they could not be written down: they are kept in memory and told all
   *   the same, but a crash would lose them; who can come again should. `alerts_too_many` when there is no room for some
   */
  override take(alerts: readonly Alert[]): Promise<void> {
    return this.delivery.take(alerts);
  }

  /**
   * Tells of one alert at once by every channel, also those held back, and waits for what comes of it, twice
   * `ALERTS_ATTEMPT_TIMEOUT` at most. It is no episode: it neither repeats nor resolves, and no silence holds it back.
   * @returns a receipt of each channel that is set up
   */
  deliverNow(alert: Alert): Promise<Receipt[]> {
    return this.delivery.deliverNow(alert);
  }

  /** A channel has accepted something of another process: it counts as verified here as well. @param age milliseconds since */
  proved(channel: AlertChannel, age: number): void {
    this.delivery.proved(channel, age);
  }

  /** How delivery stands. */
  status(): DeliveryStatus {
    return this.delivery.status();
  }

  /** The alerts that fire, as they were taken last: what is told, silenced and inhibited. */
  active(): readonly Alert[] {
    return this.delivery.active();
  }
}

const logTo = (logger: Logger): LedgerLog => ({
  down: (code) => {
    logger.error({ code }, 'the journal of alerts is down: they are kept in memory');
  },
  up: () => {
    logger.log('the journal of alerts is up again');
  },
  damaged: (lines) => {
    logger.error({ lines }, 'the journal of alerts had damaged lines, which are lost');
  },
});
