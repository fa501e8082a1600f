import { describe, expect, it } from '@jest/globals';
import { quantileOf } from './quantile.js';

const buckets = (...counts: readonly number[]): { bound: number; count: number }[] =>
  [0.1, 0.5, 1, Infinity].map((bound, at) => ({ bound, count: counts[at] ?? 0 }));

describe('a quantile of a histogram', () => {
  it.each([
    // As Prometheus computes `histogram_quantile` of the same buckets.
    ['lies between the bounds of its bucket', 0.5, buckets(0, 10, 10, 10), 0.3],
    ['begins at nothing in the first bucket', 0.5, buckets(10, 10, 10, 10), 0.05],
    ['is found behind empty buckets', 0.95, buckets(0, 0, 100, 100), 0.975],
    ['is the last bound that is known, for what is beyond', 0.95, buckets(0, 0, 0, 4), 1],
    ['takes all into account', 0.95, buckets(90, 95, 100, 100), 0.5],
  ])('%s', (_what, share, given, expected) => {
    expect(quantileOf(share, given)).toBeCloseTo(expected, 10);
  });

  it('is none without observations', () => {
    expect(quantileOf(0.95, buckets(0, 0, 0, 0))).toBeUndefined();
    expect(quantileOf(0.95, [])).toBeUndefined();
  });
});
