import { withoutName } from './labels.js';
import { histogramQuantile } from './histogram-quantile.js';
import type { Vector } from './values.js';

const each =
  (compute: (value: number) => number) =>
  (vector: Vector): Vector =>
    vector.map(({ labels, value }) => ({ labels: withoutName(labels), value: compute(value) }));

/** Functions of a vector and numbers, which come in the order of the arguments: `promql/functions.go` of Prometheus 2.53. */
export const INSTANT_FUNCTIONS: Readonly<Record<string, (vector: Vector, scalars: readonly number[]) => Vector>> = {
  abs: each(Math.abs),
  ceil: each(Math.ceil),
  floor: each(Math.floor),
  exp: each(Math.exp),
  ln: each(Math.log),
  log2: each(Math.log2),
  log10: each(Math.log10),
  sqrt: each(Math.sqrt),
  sgn: each(Math.sign),
  clamp: (vector, [least = NaN, most = NaN]) =>
    most < least ? [] : each((value) => Math.max(least, Math.min(most, value)))(vector),
  clamp_max: (vector, [most = NaN]) => each((value) => Math.min(most, value))(vector),
  clamp_min: (vector, [least = NaN]) => each((value) => Math.max(least, value))(vector),
  round: (vector, [nearest = 1]) => {
    const inverse = 1 / nearest;
    return each((value) => Math.floor(value * inverse + 0.5) / inverse)(vector);
  },
  histogram_quantile: (vector, [quantile = NaN]) => histogramQuantile(quantile, vector),
};
