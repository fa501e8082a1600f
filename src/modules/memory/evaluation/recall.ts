import { CUTOFFS } from '../search/ranking/index.js';

export { CUTOFFS };

/** Where the evidence of one question came out; a rank counts from 0, `undefined` is not found. */
export interface Outcome {
  readonly sample: string;
  readonly category: string;
  readonly ranks: readonly (number | undefined)[];
}

/** Recall at each of `CUTOFFS`, 0-1. */
export interface RecallRow {
  readonly questions: number;
  /** The share of a question's evidence found, averaged over the questions. */
  readonly perQuestion: readonly number[];
  /** The share of all evidence found, whichever question it belongs to. */
  readonly perItem: readonly number[];
}

/** Sums outcomes up; of none every recall is NaN. */
export function recallOf(outcomes: readonly Outcome[]): RecallRow {
  const items = outcomes.reduce((sum, { ranks }) => sum + ranks.length, 0);
  const found = (outcome: Outcome, cutoff: number): number =>
    outcome.ranks.filter((rank) => rank !== undefined && rank < cutoff).length;
  const total = (share: (outcome: Outcome) => number): number => outcomes.reduce((sum, one) => sum + share(one), 0);
  return {
    questions: outcomes.length,
    perQuestion: CUTOFFS.map((k) => total((one) => found(one, k) / one.ranks.length) / outcomes.length),
    perItem: CUTOFFS.map((k) => total((one) => found(one, k)) / items),
  };
}

/** The value below which a share of the values lies (nearest rank); NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
