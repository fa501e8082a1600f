import { CompensatedSum, keepsInfinite, sumOf } from './sums.js';
import type { Window } from './values.js';

/** The window a function is computed over. Milliseconds; both ends belong to it, as in Prometheus 2 (not in 3). */
export interface RangeOf {
  /** The moment of evaluation. */
  readonly at: number;
  readonly start: number;
  readonly end: number;
  /** A second argument, where the function has one. */
  readonly scalar: number;
}

/** Computes one value of one series' window, which is never empty; undefined: none. */
export type RangeFunction = (window: Window, range: RangeOf) => number | undefined;

const NO_RANGE: RangeFunction = () => undefined;

/** `promql/functions.go` of Prometheus 2.53. */
export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  rate: (window, range) => extrapolated(window, range, true, true),
  increase: (window, range) => extrapolated(window, range, true, false),
  delta: (window, range) => extrapolated(window, range, false, false),
  irate: (window) => instant(window, true),
  idelta: (window) => instant(window, false),
  changes: ({ values }) => {
    let changes = 0;
    for (let at = 1; at < values.length; at += 1) {
      const [before, now] = [num(values, at - 1), num(values, at)];
      if (now !== before && !(Number.isNaN(now) && Number.isNaN(before))) changes += 1;
    }
    return changes;
  },
  resets: ({ values }) => {
    let resets = 0;
    for (let at = 1; at < values.length; at += 1) if (num(values, at) < num(values, at - 1)) resets += 1;
    return resets;
  },
  avg_over_time: ({ values }) => averageOf(values),
  sum_over_time: ({ values }) => sumOf(values),
  count_over_time: ({ values }) => values.length,
  present_over_time: () => 1,
  last_over_time: ({ values }) => values.at(-1),
  min_over_time: ({ values }) =>
    values.reduce((least, value) => (value < least || Number.isNaN(least) ? value : least)),
  max_over_time: ({ values }) => values.reduce((most, value) => (value > most || Number.isNaN(most) ? value : most)),
  deriv: (window) => (window.values.length < 2 ? undefined : line(window, num(window.times, 0)).slope),
  predict_linear: (window, { at, scalar }) => {
    if (window.values.length < 2) return undefined;
    const { slope, intercept } = line(window, at);
    return slope * scalar + intercept;
  },
  // Series that are there make it empty: the evaluator asks for those that are not.
  absent_over_time: NO_RANGE,
};

const num = (values: Float64Array, at: number): number => values[at] ?? NaN;

function averageOf(values: Float64Array): number {
  const mean = new CompensatedSum();
  let count = 0;
  for (const value of values) {
    count += 1;
    if (keepsInfinite(mean.plain, value)) continue;
    mean.add(value / count - mean.plain / count);
  }
  return mean.value;
}

/** `extrapolatedRate`: what the counter would show at the ends of the window, where its samples come near to them. */
function extrapolated(
  { times, values }: Window,
  { start, end }: RangeOf,
  isCounter: boolean,
  isRate: boolean,
): number | undefined {
  const last = values.length - 1;
  if (last < 1) return undefined;
  const first = num(values, 0);
  let result = num(values, last) - first;
  if (isCounter)
    for (let at = 1; at <= last; at += 1) if (num(values, at) < num(values, at - 1)) result += num(values, at - 1);

  let toStart = (num(times, 0) - start) / 1000;
  let toEnd = (end - num(times, last)) / 1000;
  const sampled = (num(times, last) - num(times, 0)) / 1000;
  const between = sampled / last;
  const threshold = between * 1.1;
  if (toStart >= threshold) toStart = between / 2;
  if (isCounter && result > 0 && first >= 0) {
    // A counter was never below zero: there it began.
    const toZero = sampled * (first / result);
    if (toZero < toStart) toStart = toZero;
  }
  if (toEnd >= threshold) toEnd = between / 2;
  let factor = (sampled + toStart + toEnd) / sampled;
  if (isRate) factor /= (end - start) / 1000;
  return result * factor;
}

function instant({ times, values }: Window, isRate: boolean): number | undefined {
  const last = values.length - 1;
  if (last < 1) return undefined;
  const [before, now] = [num(values, last - 1), num(values, last)];
  const passed = num(times, last) - num(times, last - 1);
  if (passed === 0) return undefined;
  const change = isRate && now < before ? now : now - before;
  return isRate ? change / (passed / 1000) : change;
}

/** Least squares; x in seconds from `origin`. */
function line({ times, values }: Window, origin: number): { slope: number; intercept: number } {
  const first = num(values, 0);
  if (values.every((value) => value === first))
    return Math.abs(first) === Infinity ? { slope: NaN, intercept: NaN } : { slope: 0, intercept: first };
  const [x, y, xy, xx] = [new CompensatedSum(), new CompensatedSum(), new CompensatedSum(), new CompensatedSum()];
  const count = values.length;
  for (let at = 0; at < count; at += 1) {
    const seconds = (num(times, at) - origin) / 1000;
    x.add(seconds);
    y.add(num(values, at));
    xy.add(seconds * num(values, at));
    xx.add(seconds * seconds);
  }
  const slope = (xy.exact - (x.exact * y.exact) / count) / (xx.exact - (x.exact * x.exact) / count);
  return { slope, intercept: y.exact / count - (slope * x.exact) / count };
}
