import { describe, expect, it } from '@jest/globals';
import { assemble, baseBefore, decideWalRetention, isContinuous, needsBase } from './point-in-time.policy.js';
import type { WalPart } from './wal-names.policy.js';

const SIZE = 16 << 20;
const ONE = '7412345678901234567';
const OTHER = '7499999999999999999';

const segment = (number: number, timeline = 1): string =>
  `${timeline.toString(16).padStart(8, '0')}00000000${number.toString(16).toUpperCase().padStart(8, '0')}`;
const part = (number: number, from = 0, to = SIZE, system = ONE): WalPart => ({
  system,
  segment: segment(number),
  from,
  to,
  through: 0,
  sha256: 'ab'.repeat(32),
});
const base = (sequence: number, start: number, day = sequence, system = ONE, timeline = 1) => ({
  sequence,
  system_identifier: system,
  start_segment: segment(start, timeline),
  wal_segment_size: SIZE,
  ended_at: new Date(Date.UTC(2026, 0, day)).toISOString(),
});
const here = { system: ONE, timeline: 1, now: Date.UTC(2026, 0, 5), days: 7 };

describe('a base backup', () => {
  it('is made when there is none, when the newest is a week old, of another cluster, or after a gap', () => {
    expect(needsBase(undefined, [], here)).toBe(true);
    expect(needsBase(base(1, 3), [part(3), part(4)], here)).toBe(false);
    expect(needsBase(base(1, 3), [], { ...here, now: Date.UTC(2026, 0, 8) })).toBe(true);
    expect(needsBase(base(1, 3), [], { ...here, system: OTHER })).toBe(true);
    expect(needsBase(base(1, 3), [], { ...here, timeline: 2 })).toBe(true);
    expect(needsBase(base(1, 3), [part(3), part(5)], here)).toBe(true);
    expect(isContinuous(base(1, 3), [part(1), part(3, 0, 8192), part(4)])).toBe(true);
  });

  it('is chosen by the time that is to be reached', () => {
    const bases = [base(3, 9, 20), base(1, 3, 1), base(2, 5, 8)];
    expect(baseBefore(bases, new Date('2026-01-19T00:00:00Z'))?.sequence).toBe(2);
    expect(baseBefore(bases, new Date('2026-01-20T00:00:00Z'))?.sequence).toBe(3);
    expect(baseBefore(bases, new Date('2025-01-01T00:00:00Z'))).toBeUndefined();
  });
});

describe('retention of the log', () => {
  it('deletes what no base backup that is kept needs, whatever their times say', () => {
    const bases = [base(1, 3, 30), base(2, 6, 2), base(3, 9, 1)];
    const parts = [3, 4, 5, 6, 7, 8, 9, 10].map((number) => part(number));
    const gone = decideWalRetention(bases, parts, 2);
    expect(gone.bases.map(({ sequence }) => sequence)).toEqual([1]);
    expect(gone.parts.map((each) => each.segment)).toEqual([segment(3), segment(4), segment(5)]);
  });

  it('keeps the log of a cluster that has no base backup yet, and deletes that of one that has none any more', () => {
    const fresh = [part(1, 0, SIZE, OTHER)];
    expect(decideWalRetention([base(1, 3)], fresh, 2).parts).toEqual([]);
    const bases = [base(1, 1, 1, OTHER), base(2, 3), base(3, 5)];
    expect(decideWalRetention(bases, fresh, 2).parts).toEqual(fresh);
  });
});

describe('a segment', () => {
  it('is put together from its parts as far as they go without a gap', () => {
    const parts = [part(3, 100, 200), part(3, 0, 100), part(3, 300, 400), part(4)];
    expect(assemble(parts, segment(3), SIZE).map(({ to }) => to)).toEqual([100, 200]);
    expect(assemble([...parts, part(3)], segment(3), SIZE)).toEqual([part(3)]);
    expect(assemble(parts, segment(5), SIZE)).toEqual([]);
    expect(assemble([part(3, 5, 9)], segment(3), SIZE)).toEqual([]);
  });
});
