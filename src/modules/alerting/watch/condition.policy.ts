import type { DeliveryStatus } from '../delivery/index.js';

/** What can be wrong with alerting itself. */
export type AlertingFault =
  'evaluation_stalled' | 'journal_down' | 'outbox_stuck' | 'outbox_backlog' | 'no_verified_channel';

/** Seconds after which a notification that some channel has not accepted counts as a backlog. */
const BACKLOG = 300;
/** Seconds for which a channel counts as verified: a day, and half of one for a canary that is late. */
export const VERIFIED_FOR = 36 * 3600;

export interface Condition {
  readonly status: DeliveryStatus;
  /** Seconds since rules were evaluated last. */
  readonly evaluationAge: number;
  /** Seconds after which that is too long ago. */
  readonly evaluationLimit: number;
  /** Seconds since any channel took something, in whichever process; undefined where none ever did. */
  readonly verifiedAge: number | undefined;
}

/** What is wrong at this moment, worst first; nothing is wrong with channels where there are none. */
export function faultsOf({ status, evaluationAge, evaluationLimit, verifiedAge }: Condition): AlertingFault[] {
  const { journal, channels, oldestSeconds } = status;
  const faults: AlertingFault[] = [];
  if (journal.state !== 'up') faults.push('journal_down');
  if (evaluationAge > evaluationLimit) faults.push('evaluation_stalled');
  if (channels.length === 0) return faults;
  if (oldestSeconds > BACKLOG)
    faults.push(channels.every(({ lastError }) => lastError !== undefined) ? 'outbox_stuck' : 'outbox_backlog');
  if (verifiedAge === undefined || verifiedAge > VERIFIED_FOR) faults.push('no_verified_channel');
  return faults;
}

/**
 * Whether the dead man's switch is told that all is well. A channel that fails beside one that works is an alert, and no
 * reason to call from outside; and a new server has a day for its first canary.
 * @param uptime seconds since the start
 */
export function isWell(faults: readonly AlertingFault[], verifiedAge: number | undefined, uptime: number): boolean {
  const isNew = verifiedAge === undefined && uptime < VERIFIED_FOR;
  return faults.every((fault) => fault === 'outbox_backlog' || (fault === 'no_verified_channel' && isNew));
}
