/** What of the backups a state follows from. */
export interface Known {
  readonly last_success_at: Date | null;
  readonly last_verified_at: Date | null;
  readonly last_error: string | null;
  readonly last_verification_error: string | null;
  readonly missing: number;
  readonly damaged: number;
  readonly now: Date;
}

/**
 * How backups stand, the worst first: `off`, none are made; `none`, there is none yet; `failing`, the last try failed or
 * stored ones are damaged or missing; `stale`, the newest is too old, or of a time to come, so that its age is not known; `not_verified`, no key: nobody has seen that they
 * can be restored; `unproved`, the newest proof is older than twice the age a backup may have; `ok`.
 */
export const BACKUP_STATES = ['off', 'none', 'failing', 'stale', 'not_verified', 'unproved', 'ok'] as const;
export type BackupState = (typeof BACKUP_STATES)[number];

/** Milliseconds without a word of the receiver after which it counts as gone. */
const SILENCE = 120_000;

/** How the receiver of the write-ahead log stands: there is none, it works, it says what is wrong, or nothing. */
export type ReceiverState = 'none' | 'ok' | 'failing' | 'silent';

export interface KnownReceiver {
  readonly receiver_at: Date | null;
  readonly receiver_fault: string | null;
  readonly now: Date;
}

export function receiverStateOf({ receiver_at: at, receiver_fault: fault, now }: KnownReceiver): ReceiverState {
  if (at === null) return 'none';
  if (now.getTime() - at.getTime() > SILENCE) return 'silent';
  return fault === null ? 'ok' : 'failing';
}

/** Milliseconds by which clocks may differ: what is said to be later was told by one that cannot be believed. */
const AHEAD = 600_000;

const isToCome = (time: Date, now: Date): boolean => time.getTime() - now.getTime() > AHEAD;

/**
 * What was committed before that time comes back: as the newest backup holds it, or the receiver has stored it. Null where
 * nothing is known of it, as when that is of a time to come.
 */
export function recoveryPointOf({
  last_snapshot_at: snapshot,
  receiver_through: through,
  now,
}: {
  readonly last_snapshot_at: Date | null;
  readonly receiver_through: Date | null;
  readonly now: Date;
}): Date | null {
  const times = [snapshot, through].filter((time) => time !== null).filter((time) => !isToCome(time, now));
  return times.reduce<Date | null>((newest, time) => (newest && newest > time ? newest : time), null);
}

/** @param maxAge of the newest backup, in milliseconds */
export function stateOf(
  known: Known,
  { isEnabled, canVerify, maxAge }: { isEnabled: boolean; canVerify: boolean; maxAge: number },
): BackupState {
  const isOld = (time: Date, age: number): boolean =>
    isToCome(time, known.now) || known.now.getTime() - time.getTime() > age;
  if (!isEnabled) return 'off';
  const isFaulty = known.missing + known.damaged > 0 || known.last_verification_error !== null;
  if (known.last_error !== null || isFaulty) return 'failing';
  if (known.last_success_at === null) return 'none';
  if (isOld(known.last_success_at, maxAge)) return 'stale';
  if (known.last_verified_at === null) return canVerify ? 'unproved' : 'not_verified';
  return isOld(known.last_verified_at, 2 * maxAge) ? (canVerify ? 'unproved' : 'not_verified') : 'ok';
}
