import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideRetention, longestUnread, mayPurge, nextDay, type Rules, type Stored } from './retention.policy.js';

const RULES: Rules = { daily: 7, weekly: 5, monthly: 12, days: 30 };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A backup a day, all verified. */
const chain = (length: number): Stored[] =>
  Array.from({ length }, (_, at) => ({ sequence: at + 1, day: at, isVerified: true }));
/** What is left when retention has come to an end. */
function leftOf(stored: readonly Stored[]): readonly Stored[] {
  const { delete: gone } = decideRetention(stored, RULES);
  return gone.length === 0 ? stored : leftOf(stored.filter(({ sequence }) => !gone.includes(sequence)));
}

describe('retention', () => {
  it('keeps everything for thirty days', () => {
    expect(decideRetention(chain(30), RULES)).toEqual({ delete: [], isTooMuch: false });
    expect(decideRetention([], RULES)).toEqual({ delete: [], isTooMuch: false });
  });

  it('keeps the newest of each of five weeks and of twelve months besides', () => {
    const old = leftOf(chain(400)).filter(({ day }) => day < 370);
    // The last days of the months before: twelve with those of days 389 and 399, which are among the thirty anyway.
    expect(old.map(({ day }) => day)).toEqual([89, 119, 149, 179, 209, 239, 269, 299, 329, 359]);
  });

  it('deletes no more than the oldest half at once, and comes to an end all the same', () => {
    expect(decideRetention(chain(31), RULES)).toEqual({ delete: [1], isTooMuch: false });
    const first = decideRetention(chain(400), RULES);
    expect(first.isTooMuch).toBe(true);
    expect(first.delete).toHaveLength(200);
    expect(first.delete.slice(0, 3)).toEqual([1, 2, 3]);
    const left = leftOf(chain(65));
    expect(decideRetention(left, RULES)).toEqual({ delete: [], isTooMuch: false });
    expect(left.length).toBeLessThan(40);
  });

  it('keeps the last two verified ones, however old, and the newest, verified or not', () => {
    const stored = chain(500).map((one) => ({ ...one, isVerified: one.sequence === 3 || one.sequence === 8 }));
    const kept = leftOf(stored).map(({ sequence }) => sequence);
    expect(kept).toEqual(expect.arrayContaining([3, 8, 500]));
  });

  it('is the same whatever the order of the listing, and keeps these in any history', () => {
    const history = fc.array(fc.record({ step: fc.integer({ min: 0, max: 3 }), isVerified: fc.boolean() }), {
      minLength: 1,
      maxLength: 500,
    });
    fc.assert(
      fc.property(history, fc.integer(), (steps, seed) => {
        let day = 0;
        const stored = steps.map(({ step, isVerified }, at) => ({ sequence: at + 1, day: (day += step), isVerified }));
        const verdict = decideRetention(stored, RULES);
        const shuffled = stored.toSorted(
          (one, other) => ((one.sequence * 7919 + seed) % 101) - ((other.sequence * 7919 + seed) % 101),
        );
        expect(decideRetention(shuffled, RULES)).toEqual(verdict);
        const gone = new Set(verdict.delete);
        const verified = stored.filter(({ isVerified }) => isVerified).slice(-2);
        for (const { sequence } of verified) expect(gone.has(sequence)).toBe(false);
        expect(gone.has(stored.length)).toBe(false);
        for (const each of stored) if (day - each.day < RULES.days) expect(gone.has(each.sequence)).toBe(false);
        expect(gone.size * 2).toBeLessThanOrEqual(stored.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the day of the chain', () => {
  it('goes on by one when a day has passed, and never by more', () => {
    expect(nextDay(undefined, 0)).toBe(0);
    expect(nextDay({ day: 4, time: 0 }, 3 * HOUR)).toBe(4);
    expect(nextDay({ day: 4, time: 0 }, DAY)).toBe(5);
    expect(nextDay({ day: 4, time: 0 }, 40 * DAY)).toBe(5);
  });

  it('is led astray by no clock that is a year off: nothing is deleted that would not be otherwise', () => {
    const jumps = fc.array(fc.constantFrom(DAY, 365 * DAY, -365 * DAY, HOUR), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(jumps, (steps) => {
        let time = 0;
        let last: { day: number; time: number } | undefined;
        const stored = steps.map((step, at) => {
          time += step;
          const day = nextDay(last, time);
          last = { day, time };
          return { sequence: at + 1, day, isVerified: true };
        });
        expect(stored.at(-1)?.day ?? 0).toBeLessThan(stored.length);
        const gone = new Set(decideRetention(stored, RULES).delete);
        for (const { sequence } of stored.slice(-RULES.days)) expect(gone.has(sequence)).toBe(false);
      }),
    );
  });
});

describe('the trash', () => {
  it('is emptied after 72 hours and three backups, so that no clock empties it', () => {
    const trashed = { time: 0, head: 10 };
    expect(mayPurge(trashed, 13, 72 * HOUR)).toBe(true);
    expect(mayPurge(trashed, 13, 72 * HOUR - 1)).toBe(false);
    expect(mayPurge(trashed, 12, 400 * DAY)).toBe(false);
    expect(mayPurge({ time: Number.NaN, head: 10 }, 20, 400 * DAY)).toBe(false);
  });
});

it('a week reads every stored backup again once, whatever else goes on', () => {
  let stored = chain(50).map(({ sequence }) => ({ sequence, readAt: null as Date | null }));
  for (let day = 1; day <= 8; day += 1) {
    const read = longestUnread(stored);
    stored = stored.map((one) => (read.includes(one) ? { ...one, readAt: new Date(day * DAY) } : one));
    if (day === 7) expect(stored.filter(({ readAt }) => readAt === null)).toEqual([]);
  }
  // Then it begins again with those that were read first.
  expect(stored.filter(({ readAt }) => readAt?.getTime() === DAY)).toEqual([]);
  expect(longestUnread([])).toEqual([]);
});
