/** Of a histogram: how many observations were at most `bound`; the last bound is infinite. */
export interface Bucket {
  readonly bound: number;
  readonly count: number;
}

/**
 * The value below which that share of the observations is; undefined without any. Source: `histogram_quantile` of Prometheus,
 * which takes the observations of a bucket as spread evenly, and those beyond the last bound as being on it.
 */
export function quantileOf(share: number, buckets: readonly Bucket[]): number | undefined {
  const total = buckets.at(-1)?.count ?? 0;
  if (total <= 0) return undefined;
  const rank = share * total;
  const at = buckets.findIndex(({ count }) => count >= rank);
  const lower = buckets[at - 1] ?? { bound: 0, count: 0 };
  const upper = buckets[at] ?? lower;
  if (upper.bound === Infinity) return lower.bound;
  const inside = upper.count - lower.count;
  return inside === 0 ? upper.bound : lower.bound + (upper.bound - lower.bound) * ((rank - lower.count) / inside);
}
