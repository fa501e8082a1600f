import type { DeliveryStatus } from '../delivery/index.js';

/** What can be wrong with alerting itself. */
export type AlertingFault =
  'journal_down' | 'evaluation_stalled' | 'outbox_stuck' | 'outbox_backlog' | 'no_verified_channel';

/** Seconds after which a notification that some channel has not accepted counts as a backlog. */
const BACKLOG = 300;
/** Seconds a new server has for its first canary: a day, and half of one for a plan that is late. */
const FIRST_CANARY = 36 * 3600;

export interface Condition {
  readonly status: DeliveryStatus;
  /** Seconds since rules were evaluated last. */
  readonly evaluationAge: number;
  /** Seconds after which that is too long ago. */
  readonly evaluationLimit: number;
  /** Seconds since the start. */
  readonly uptime: number;
}

/** What is wrong at this moment, worst first. Of channels nothing is wrong where there are none. */
export function faultsOf({ status, evaluationAge, evaluationLimit }: Condition): readonly AlertingFault[] {
  const { journal, channels, oldestSeconds } = status;
  const isLate = channels.length > 0 && oldestSeconds > BACKLOG;
  const isStuck = channels.every(({ lastError }) => lastError !== undefined);
  const isUnproved = channels.length > 0 && !channels.some(({ isVerified }) => isVerified);
  return [
    ...(journal.state === 'up' ? [] : (['journal_down'] as const)),
    ...(evaluationAge > evaluationLimit ? (['evaluation_stalled'] as const) : []),
    ...(isLate ? ([isStuck ? 'outbox_stuck' : 'outbox_backlog'] as const) : []),
    ...(isUnproved ? (['no_verified_channel'] as const) : []),
  ];
}

/**
 * Whether the dead man's switch is told that all is well. A channel that fails beside one that works is an alert, and no
 * reason to call from outside; and a server whose channels were never tried has time for its first canary.
 */
export function isWell(faults: readonly AlertingFault[], { status, uptime }: Condition): boolean {
  const isNew = uptime < FIRST_CANARY && status.channels.every(({ verifiedAt }) => verifiedAt === undefined);
  return faults.every((fault) => fault === 'outbox_backlog' || (fault === 'no_verified_channel' && isNew));
}
