import type { ValueType } from './ast.js';

export interface Signature {
  readonly args: readonly ValueType[];
  /** How many of the last arguments may be left out. */
  readonly optional?: number;
  readonly returns: ValueType;
}

const ofVector: Signature = { args: ['vector'], returns: 'vector' };
const ofMatrix: Signature = { args: ['matrix'], returns: 'vector' };

/** The functions that are evaluated here, as Prometheus 2.53 has them. */
export const SIGNATURES: Readonly<Record<string, Signature>> = {
  abs: ofVector,
  absent: ofVector,
  absent_over_time: ofMatrix,
  avg_over_time: ofMatrix,
  ceil: ofVector,
  changes: ofMatrix,
  clamp: { args: ['vector', 'scalar', 'scalar'], returns: 'vector' },
  clamp_max: { args: ['vector', 'scalar'], returns: 'vector' },
  clamp_min: { args: ['vector', 'scalar'], returns: 'vector' },
  count_over_time: ofMatrix,
  delta: ofMatrix,
  deriv: ofMatrix,
  exp: ofVector,
  floor: ofVector,
  histogram_quantile: { args: ['scalar', 'vector'], returns: 'vector' },
  idelta: ofMatrix,
  increase: ofMatrix,
  irate: ofMatrix,
  last_over_time: ofMatrix,
  ln: ofVector,
  log10: ofVector,
  log2: ofVector,
  max_over_time: ofMatrix,
  min_over_time: ofMatrix,
  predict_linear: { args: ['matrix', 'scalar'], returns: 'vector' },
  present_over_time: ofMatrix,
  rate: ofMatrix,
  resets: ofMatrix,
  round: { args: ['vector', 'scalar'], optional: 1, returns: 'vector' },
  scalar: { args: ['vector'], returns: 'scalar' },
  sgn: ofVector,
  sqrt: ofVector,
  sum_over_time: ofMatrix,
  time: { args: [], returns: 'scalar' },
  timestamp: ofVector,
  vector: { args: ['scalar'], returns: 'vector' },
};
