/** A stored backup, as far as retention has to do with it. Nothing here is a time by the clock of a machine. */
export interface Stored {
  /** Order of the backups: the higher, the newer. */
  readonly sequence: number;
  /** Day of the chain, see `nextDay`. */
  readonly day: number;
  readonly isVerified: boolean;
}

/** How many are kept. */
export interface Rules {
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  /** Days of the chain for which every backup is kept. */
  readonly days: number;
}

export interface Verdict {
  /** Sequences that may go, oldest first. */
  readonly delete: readonly number[];
  /** Set when more than half of all would go: then the oldest half does, the rest another time, and somebody has to look. */
  readonly isTooMuch: boolean;
}

/** Verified backups that are never deleted, whatever the rules say. */
const LAST_VERIFIED = 2;
const DAYS_OF_WEEK = 7;
const DAYS_OF_MONTH = 30;
/** A backup that comes so much later than the one before begins another day: a schedule is not kept to the minute. */
const DAY_AT_LEAST = 20 * 3_600_000;

/**
 * The day of the chain on which a backup is made: one more than the last one's when the clock is a day away from it,
 * ahead or behind, the same otherwise. So a clock that jumps a year makes nothing a year older, one that was a year
 * ahead does not stop the days for a year, and days without a backup do not count: 40 days of failures age nothing.
 * @param last the newest backup; @param now by the clock of this machine, in milliseconds like `last.time`
 */
export function nextDay(last: { readonly day: number; readonly time: number } | undefined, now: number): number {
  if (last === undefined) return 0;
  return Math.abs(now - last.time) >= DAY_AT_LEAST ? last.day + 1 : last.day;
}

/** Which backups may be deleted. A pure function of their order, so that no clock and no listing order matters. */
export function decideRetention(stored: readonly Stored[], rules: Rules): Verdict {
  const newestFirst = stored.toSorted((one, other) => other.sequence - one.sequence);
  const [head] = newestFirst;
  if (head === undefined) return { delete: [], isTooMuch: false };
  const kept = new Set<number>([head.sequence]);
  const keep = ({ sequence }: Stored): unknown => kept.add(sequence);
  // A chain whose days go backwards was not made here: what seems younger than the head is kept.
  newestFirst.filter(({ day }) => head.day - day < rules.days).forEach(keep);
  newestOfEach(newestFirst, 1, rules.daily).forEach(keep);
  newestOfEach(newestFirst, DAYS_OF_WEEK, rules.weekly).forEach(keep);
  newestOfEach(newestFirst, DAYS_OF_MONTH, rules.monthly).forEach(keep);
  newestFirst
    .filter(({ isVerified }) => isVerified)
    .slice(0, LAST_VERIFIED)
    .forEach(keep);
  // Where nothing can be verified, the newest ones stand in for the verified.
  if (!newestFirst.some(({ isVerified }) => isVerified)) newestFirst.slice(0, LAST_VERIFIED).forEach(keep);
  const goes = newestFirst.filter(({ sequence }) => !kept.has(sequence)).map(({ sequence }) => sequence);
  const most = Math.floor(stored.length / 2);
  return { delete: goes.toReversed().slice(0, most), isTooMuch: goes.length > most };
}

/** The newest backup of each of the newest so many periods in which there is one. */
function newestOfEach(newestFirst: readonly Stored[], days: number, periods: number): Stored[] {
  const seen = new Map<number, Stored>();
  for (const backup of newestFirst) {
    const period = Math.floor(backup.day / days);
    if (!seen.has(period) && seen.size < periods) seen.set(period, backup);
  }
  return [...seen.values()];
}

/** Backups that have to be made after one went into the trash before it is gone: three days of them. */
const BACKUPS_IN_TRASH = 3;
const TRASH_TIME = 72 * 3_600_000;

/**
 * Whether what is in the trash may be deleted for good: after 72 hours, and after three more backups, so that a clock
 * that jumps ahead empties nothing.
 */
export function mayPurge(
  trashed: { readonly time: number; readonly head: number },
  head: number,
  now: number,
): boolean {
  return now - trashed.time >= TRASH_TIME && head - trashed.head >= BACKUPS_IN_TRASH;
}

/** Days in which every stored backup is read again once. */
const REREAD_DAYS = 7;

/** Which of the stored backups are read again today: a seventh of them, those first that were not read for the longest. */
export const longestUnread = <T extends { readonly readAt: Date | null }>(stored: readonly T[]): T[] =>
  stored
    .toSorted((one, other) => (one.readAt?.getTime() ?? 0) - (other.readAt?.getTime() ?? 0))
    .slice(0, Math.ceil(stored.length / REREAD_DAYS));
