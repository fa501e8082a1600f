/** Silences that hold now or will, at most: each alert is compared with all of them. */
export const MOST_SILENCES = 1000;
export const MOST_MATCHERS = 16;
/** Milliseconds: a year, and a day for leap years. */
const LONGEST = 366 * 86_400_000;

interface Times {
  readonly startsAt: number;
  readonly endsAt: number;
}

/**
 * When a silence begins that was asked for: not before now, for what was told is told.
 * @param asked milliseconds since 1970
 */
export const startOf = (asked: number | undefined, now: number): number => Math.max(asked ?? now, now);

/** What is wrong with the times of a new silence: `[field, what]`. All in milliseconds since 1970. */
export function faultOf({ startsAt, endsAt }: Times, now: number): readonly [string, string] | undefined {
  if (endsAt <= now) return ['ends_at', 'ends_at must be in the future'];
  if (endsAt > now + LONGEST) return ['ends_at', 'ends_at must be within a year'];
  if (endsAt <= startsAt) return ['starts_at', 'starts_at must be before ends_at'];
  return undefined;
}

/** How a silence stands. Times in milliseconds since 1970. */
export function stateOf(
  { startsAt, endsAt, expiredAt }: Times & { readonly expiredAt: number | undefined },
  now: number,
): 'pending' | 'active' | 'expired' {
  if (expiredAt !== undefined || endsAt <= now) return 'expired';
  return startsAt > now ? 'pending' : 'active';
}
