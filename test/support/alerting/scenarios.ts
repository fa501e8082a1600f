import type { Labels } from '../../../src/modules/alerting/alert.js';
import type { GivenSeries, Point } from './promtool.js';

/** Something that goes wrong for a while, and the rule that must say so. */
export interface Scenario {
  readonly rule: string;
  /** Seconds between two samples. */
  readonly step: number;
  /** Steps: when it goes wrong, when it is well again, and how long to look on. */
  readonly from: number;
  readonly to: number;
  readonly steps: number;
  readonly series: readonly GivenSeries[];
  /** How many alerts of the rule there are meanwhile. */
  readonly alerts: number;
}

type Shape = (step: number, isBad: boolean) => Point;
type Times = Pick<Scenario, 'step' | 'from' | 'to' | 'steps'>;

/** Two and a half minutes well, twelve and a half wrong, and well again until the longest window is over. */
const MINUTES: Times = { step: 15, from: 10, to: 60, steps: 130 };
/** Of an alert that waits ten minutes. */
const LONG: Times = { ...MINUTES, to: 80 };
const SECONDS = (at: number, step = 15): number => at * step;
const DAY = 86_400;

const gauge =
  (well: Point, wrong: Point): Shape =>
  (_step, isBad) =>
    isBad ? wrong : well;

function counter(well: number, wrong: number): Shape {
  let total = 100;
  return (step, isBad) => {
    if (step === 0) total = 100;
    total += isBad ? wrong : well;
    return total;
  };
}

/** Says when something was last well: it keeps pace until it stops. @param patience seconds that may pass */
const lastSeen =
  (patience: number, step = 15): Shape =>
  (at, isBad) =>
    SECONDS(at, step) - (isBad ? patience + 60 : 0);

function drawn(times: Times, name: string, labels: Labels, shape: Shape): GivenSeries {
  const points = Array.from({ length: times.steps }, (_, at) => shape(at, at >= times.from && at < times.to));
  return { labels: { __name__: `family_assistant_${name}`, instance: 'one', ...labels }, points };
}

interface Given {
  readonly times?: Times;
  readonly alerts?: number;
  readonly series: readonly (readonly [name: string, labels: Labels, shape: Shape])[];
}

const scenario = (rule: string, { times = MINUTES, alerts = 1, series }: Given): Scenario => ({
  rule,
  ...times,
  alerts,
  series: series.map(([name, labels, shape]) => drawn(times, name, labels, shape)),
});

const component = (rule: string, name: string): Scenario =>
  scenario(rule, { series: [['component_up', { component: name }, gauge(1, 0)]] });
const one = (rule: string, name: string, labels: Labels, shape: Shape, times: Times = MINUTES): Scenario =>
  scenario(rule, { times, series: [[name, labels, shape]] });
const requests = (status: string, shape: Shape): [string, Labels, Shape] => [
  'requests_total',
  { method: 'GET', endpoint: '/api/v1/memories', status },
  shape,
];
/** Requests of a server some of whose answers are errors. */
const burning = (rule: string, times: Times, share: number): Scenario =>
  scenario(rule, {
    times,
    series: [requests('200', counter(60, 60 * (1 - share))), requests('500', counter(0, 60 * share))],
  });
/** One step in two minutes: an hour well, `count` hours wrong, `all` in all after the first. */
const hours = (count: number, all: number): Times => ({
  step: 120,
  from: 30,
  to: 30 + count * 30,
  steps: 30 + all * 30,
});

/** Of each shipped rule one. */
export const SCENARIOS: readonly Scenario[] = [
  scenario('ErrorRateHigh', { series: [requests('200', counter(20, 10)), requests('503', counter(0, 10))] }),
  scenario('LatencyHigh', {
    series: [
      requests('200', counter(20, 20)),
      ...(['0.1', '1', '2.5', '+Inf'] as const).map((le): [string, Labels, Shape] => [
        'request_duration_seconds_bucket',
        { method: 'GET', endpoint: '/api/v1/memories', le },
        counter(20, le === '0.1' || le === '1' ? 10 : 20),
      ]),
    ],
  }),
  burning('ErrorBudgetBurnsFast', hours(1, 4), 0.1),
  burning('ErrorBudgetBurns', hours(4, 6), 0.03),
  burning('ErrorBudgetBurnsSlowly', hours(12, 16), 0.02),
  burning('ErrorBudgetUsed', hours(24, 33), 0.005),
  one('BackendDown', 'ready', {}, gauge(1, 0)),
  one('BackendGone', 'ready', {}, gauge(1, 'end')),
  component('DatabaseDown', 'database'),
  component('RedisDown', 'redis'),
  component('DiskFull', 'disk'),
  component('MemoryHigh', 'memory'),
  component('ComponentDown', 'embedding'),
  scenario('DiskLow', {
    series: [
      ['disk_free_bytes', {}, gauge(50e9, 5e9)],
      ['disk_size_bytes', {}, gauge(100e9, 100e9)],
    ],
  }),
  one('EventLoopLag', 'nodejs_eventloop_lag_p99_seconds', {}, gauge(0.01, 0.8)),
  one('CertificateExpires', 'certificate_expiry_timestamp_seconds', { name: 'a' }, gauge(90 * DAY, 10 * DAY)),
  one('CertificateExpiresSoon', 'certificate_expiry_timestamp_seconds', { name: 'a' }, gauge(90 * DAY, DAY)),
  one('CertificateUnreadable', 'certificate_readable', { name: 'a' }, gauge(1, 0), { ...MINUTES, to: 510, steps: 560 }),
  scenario('PoolNearlyFull', {
    series: [
      ['db_pool_connections', { state: 'in_use' }, gauge(2, 9)],
      ['db_pool_connections', { state: 'max' }, gauge(10, 10)],
    ],
  }),
  one('PoolExhausted', 'db_pool_exhausted_total', {}, counter(0, 3)),
  one('QueueDeep', 'queue_depth', { queue: 'mail' }, gauge(3, 4000), LONG),
  one('DeadLetters', 'dead_letters', { queue: 'mail' }, gauge('gap', 2), { ...MINUTES, steps: 140 }),
  scenario('BackupStale', {
    series: [
      ['backup_last_success_timestamp_seconds', {}, lastSeen(26 * 3600)],
      ['backup_max_age_seconds', {}, gauge(26 * 3600, 26 * 3600)],
    ],
  }),
  scenario('BackupUnverified', {
    series: [
      ['backup_last_verified_timestamp_seconds', {}, lastSeen(52 * 3600)],
      ['backup_max_age_seconds', {}, gauge(26 * 3600, 26 * 3600)],
    ],
  }),
  one('BackupFaulty', 'backup_faulty', {}, gauge(0, 1)),
  scenario('WalLag', {
    series: [
      ['backup_rpo_seconds', {}, gauge(1, 400)],
      ['backup_wal_receiver_timestamp_seconds', {}, lastSeen(0)],
    ],
  }),
  one('WalReceiverSilent', 'backup_wal_receiver_timestamp_seconds', {}, lastSeen(120)),
  one('AuthenticationFailures', 'auth_attempts_total', { method: 'password', outcome: 'failure' }, counter(0, 5)),
  one('RateLimitHits', 'rate_limit_hits_total', { policy: 'login' }, counter(0, 20)),
  one('AlertJournalDown', 'alert_journal_up', {}, gauge(1, 0)),
  one('AlertDeliveryBacklog', 'alert_outbox_oldest_seconds', {}, gauge(0, 500)),
  one('AlertDeliveryFailing', 'alert_notifications_total', { channel: 'ntfy', outcome: 'failed' }, counter(0, 1)),
  one('NoVerifiedChannel', 'alert_channels_verified', {}, gauge(1, 0), { ...MINUTES, to: 270, steps: 300 }),
  one('HeartbeatFailing', 'alert_heartbeat_last_success_timestamp_seconds', {}, lastSeen(7200)),
  one('WatchdogSilent', 'alert_watchdog_last_seen_timestamp_seconds', { name: 'a' }, lastSeen(7 * DAY)),
  one('EvaluationFailing', 'alert_evaluation_failures_total', {}, counter(0, 1)),
  one('EvaluationStopped', 'alert_last_evaluation_timestamp_seconds', {}, lastSeen(180)),
  one('SeriesRefused', 'alert_series_refused', {}, gauge(0, 4)),
];
