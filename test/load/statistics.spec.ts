import { describe, expect, it } from '@jest/globals';
import { growthOf } from '../../bench/load/memory.js';
import { SCENARIOS } from '../../bench/load/scenarios.js';
import { countAnswers, overTime, percentile, summarise, widthFor, type Sample } from '../../bench/load/statistics.js';
import { judge, type Verdict } from '../../bench/load/verdict.js';

const sample = (at: number, took: number, status = 200): Sample => ({ at, step: 'search', status, took });

describe('percentiles', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1);

  it('are the value of that rank', () => {
    expect([0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([50, 95, 99, 100]);
    expect(percentile([7], 0.5)).toBe(7);
    expect(percentile([1, 2, 3], 0.5)).toBe(2);
    expect(percentile([1, 2, 3, 4], 0.95)).toBe(4);
    expect(percentile(hundred, 0)).toBe(1);
  });

  it('are no number without values', () => {
    expect(percentile([], 0.95)).toBeNaN();
  });
});

describe('the figures of a load', () => {
  it('count every request, also those that failed', () => {
    const samples = [sample(0, 10), sample(1, 20), sample(2, 30, 429), sample(3, 40, 0)];
    expect(summarise(samples)).toEqual({
      requests: 4,
      errors: 2,
      average: 25,
      p50: 20,
      p95: 40,
      p99: 40,
      worst: 40,
    });
    expect(countAnswers(samples)).toEqual({ 'search 200': 2, 'search 429': 1, 'search 0': 1 });
  });

  it('ask of each request the status that it should have', () => {
    const remembered: Sample = { at: 0, step: 'remember', status: 200, took: 1 };
    expect(summarise([remembered, { ...remembered, status: 201 }]).errors).toBe(1);
  });

  it('go over time, with stretches in which nothing was sent', () => {
    const buckets = overTime([sample(500, 10), sample(900, 30), sample(4100, 5)], 2);
    expect(buckets.map(({ from, requests, perSecond, worst }) => [from, requests, perSecond, worst])).toEqual([
      [0, 2, 1, 30],
      [2, 0, 0, NaN],
      [4, 1, 0.5, 5],
    ]);
    expect(overTime([], 1)).toHaveLength(1);
  });

  it('have about sixty stretches', () => {
    expect([5, 60, 1200].map(widthFor)).toEqual([1, 1, 20]);
  });
});

describe('the growth of memory', () => {
  const rising = (seconds: number, mib: (at: number) => number): { at: number; mib: number }[] =>
    Array.from({ length: seconds + 1 }, (_, at) => ({ at, mib: mib(at) }));

  it('is from five minutes on to the end', () => {
    const growth = growthOf(
      rising(1200, (at) => (at < 300 ? 100 + at : at < 1100 ? 200 : 210)),
      1200,
    );
    expect(growth).toEqual({ early: 200, late: 210, growth: expect.closeTo(0.05), after: 300 });
  });

  it('is from a quarter on in a shorter run', () => {
    const growth = growthOf(
      rising(120, (at) => (at < 60 ? 100 : 150)),
      120,
    );
    expect(growth).toEqual({ early: 100, late: 150, growth: 0.5, after: 30 });
  });

  it('cannot be told of a few looks', () => {
    expect(growthOf([], 1200)).toBeUndefined();
    expect(growthOf([{ at: 300, mib: 100 }], 1200)).toBeUndefined();
  });
});

describe('the verdict', () => {
  const load = { users: 100, ramp: 10, seconds: 60 };
  const all = { requests: 1000, errors: 9, average: 99.9, p50: 80, p95: 199.9, p99: 300, worst: 900 };
  const measured = { all, growth: undefined };
  const missed = (verdicts: readonly Verdict[]): string[] =>
    verdicts.filter(({ isMet }) => !isMet).map(({ what }) => what);

  it('is good where all figures are below what is allowed', () => {
    expect(judge(load, measured).map(({ what }) => what)).toEqual([
      'requests that failed',
      'average',
      '95th percentile',
    ]);
    expect(missed(judge(load, measured))).toEqual([]);
  });

  it.each([
    ['requests that failed', { errors: 10 }],
    ['average', { average: 100 }],
    ['95th percentile', { p95: 200 }],
  ])('is not when it is not: %s', (what, change) => {
    expect(missed(judge(load, { ...measured, all: { ...all, ...change } }))).toEqual([what]);
  });

  it('is not for a load of which nothing is known', () => {
    const nothing = { requests: 0, errors: 0, average: NaN, p50: NaN, p95: NaN, p99: NaN, worst: NaN };
    expect(missed(judge(load, { ...measured, all: nothing }))).toHaveLength(3);
  });

  it('asks for no latency of more users, nor of a burst', () => {
    const slow = { ...measured, all: { ...all, average: 5000, p95: 9000 } };
    expect(missed(judge({ ...load, users: 200 }, slow))).toEqual([]);
    expect(missed(judge({ ...load, first: 10 }, slow))).toEqual([]);
    expect(missed(judge({ ...load, users: 200 }, { ...slow, all: { ...all, errors: 10 } }))).toHaveLength(1);
  });

  it('asks for memory of loads that last longer than memory may grow', () => {
    const grown = (growth: number): Verdict[] =>
      judge(
        { ...load, seconds: 1200 },
        { ...measured, growth: { early: 100, late: 100 * (1 + growth), growth, after: 300 } },
      );
    expect(missed(grown(0.1))).toEqual([]);
    expect(missed(grown(0.11))).toEqual(['memory at the end, against that after 300 s']);
    expect(grown(-0.02).find(({ what }) => what.startsWith('memory'))?.value).toBe('-2.0 %');
    expect(judge(load, { ...measured, growth: { early: 1, late: 2, growth: 1, after: 15 } })).toHaveLength(3);
  });

  it('asks that the server counted the same', () => {
    expect(missed(judge(load, { ...measured, isCounted: false }))).toEqual(['requests that the server counted']);
  });
});

describe('scenarios.json', () => {
  it('has the loads that are asked for', () => {
    const { loads, limits } = SCENARIOS;
    expect([10, 50, 100, 200].map((users) => loads[`users-${String(users)}`]?.users)).toEqual([10, 50, 100, 200]);
    expect(loads['burst']).toMatchObject({ first: 10, users: 200, ramp: 5 });
    expect(loads['soak']?.seconds).toBe(1200);
    expect(limits).toEqual({
      latency: { users: 100, average: 100, p95: 200 },
      errors: 0.01,
      memory: { growth: 0.1, after: 300 },
    });
  });
});
