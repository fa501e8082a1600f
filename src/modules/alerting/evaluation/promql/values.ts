import type { Labels } from '../../alert.js';

/** One series' value at the moment of evaluation. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}
export type Vector = readonly Sample[];

/** What was measured of one series in a window: times in milliseconds, ascending; stale markers left out. */
export interface Window {
  readonly labels: Labels;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** An expression that cannot be evaluated on what there is: series that do not match one to one, and the like. */
export class EvaluationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EvaluationError';
  }
}
