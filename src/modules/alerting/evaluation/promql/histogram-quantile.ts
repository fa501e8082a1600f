import type { Labels } from '../../alert.js';
import { keyOf, NAME, pick } from './labels.js';
import type { Vector } from './values.js';

interface Bucket {
  readonly bound: number;
  count: number;
}

/** Relative difference below which two counts are the same but for rounding (`smallDeltaTolerance`). */
const TOLERANCE = 1e-12;
/** The least normal number: differences near zero are compared with it. */
const MIN_NORMAL = 2 ** -1022;

/** Quantiles of classic histograms, as `promql/quantile.go` of Prometheus 2.53 has them. */
export function histogramQuantile(quantile: number, vector: Vector): Vector {
  const histograms = new Map<string, { labels: Labels; buckets: Bucket[] }>();
  for (const { labels, value } of vector) {
    const bound = boundOf(labels['le']);
    if (bound === undefined) continue;
    const key = keyOf(pick(labels, (name) => name !== 'le'));
    const histogram = histograms.get(key) ?? {
      labels: pick(labels, (name) => name !== 'le' && name !== NAME),
      buckets: [],
    };
    histogram.buckets.push({ bound, count: value });
    histograms.set(key, histogram);
  }
  return Array.from(histograms.values(), ({ labels, buckets }) => ({ labels, value: quantileOf(quantile, buckets) }));
}

/** The bound as Go's `strconv.ParseFloat` reads it. */
function boundOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function quantileOf(quantile: number, unsorted: readonly Bucket[]): number {
  if (Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const buckets = coalesce(unsorted.toSorted((one, other) => one.bound - other.bound));
  const highest = buckets.at(-1);
  if (highest?.bound !== Infinity) return NaN;
  makeMonotonic(buckets);
  if (buckets.length < 2 || highest.count === 0) return NaN;
  const rank = quantile * highest.count;
  const at = buckets.slice(0, -1).findIndex(({ count }) => count >= rank);
  const found = buckets[at];
  if (!found) return buckets.at(-2)?.bound ?? NaN;
  if (at === 0 && found.bound <= 0) return found.bound;
  const below = buckets[at - 1] ?? { bound: 0, count: 0 };
  return below.bound + (found.bound - below.bound) * ((rank - below.count) / (found.count - below.count));
}

/** Bounds that are written in two ways are one bucket. */
function coalesce(sorted: readonly Bucket[]): Bucket[] {
  const merged: Bucket[] = [];
  for (const { bound, count } of sorted) {
    const last = merged.at(-1);
    if (last?.bound === bound) last.count += count;
    else merged.push({ bound, count });
  }
  return merged;
}

/** Buckets were not read at one moment, or were computed: what is not cumulative by a little is put right. */
function makeMonotonic(buckets: readonly Bucket[]): void {
  let previous = buckets[0]?.count ?? NaN;
  for (const bucket of buckets.slice(1)) {
    if (isAlmost(previous, bucket.count) || bucket.count < previous) bucket.count = previous;
    else previous = bucket.count;
  }
}

function isAlmost(one: number, other: number): boolean {
  if (one === other || (Number.isNaN(one) && Number.isNaN(other))) return true;
  const sum = Math.abs(one) + Math.abs(other);
  const difference = Math.abs(one - other);
  if (one === 0 || other === 0 || sum < MIN_NORMAL) return difference < TOLERANCE * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}
