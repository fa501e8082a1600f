import type { FeatureName } from './features.js';

/** A linear model: what one unit of each feature adds to the score. A missing weight is 0. */
export type Weights = Readonly<Partial<Record<FeatureName, number>>>;

/*
 * Found by `train` (softmax cross-entropy, l2 = 0.001) on the features of five two-person
 * conversations of LoCoMo with 997 questions (Maharana et al., 2024; the development half).
 * Leaving one conversation out, each weight varied by 0.03-0.25 (standard deviation), and
 * recall@5/10/25 of turns was .767/.830/.887 without and .812/.864/.910 with vectors of
 * multilingual-e5-small; on weights found with that model, all-MiniLM-L6-v2 got .804/.856/.903.
 */

/** Without an embedder, or while the query has no vector. */
export const LEXICAL_WEIGHTS: Weights = {
  bm25: 1.84,
  window: 4.88,
  session: 1.8,
  answer: 2.15,
  speaker: 1.12,
  question: -0.66,
  length: 0.57,
  time: 1.85,
  number: 1.92,
  date: 5.47,
};

/** With vectors of any sentence-embedding model. */
export const HYBRID_WEIGHTS: Weights = {
  bm25: 1.2,
  window: 3.28,
  session: 1.07,
  answer: 0.99,
  speaker: 1.08,
  question: -0.5,
  length: 0.82,
  time: 2.05,
  number: 1.57,
  date: 5.2,
  dense: 1.16,
  denseSession: 2.09,
  denseNext: 0.97,
  denseQuestion: 1.04,
};

/** Weights for a query with or without a vector. */
export function weightsFor(hasVector: boolean): Weights {
  return hasVector ? HYBRID_WEIGHTS : LEXICAL_WEIGHTS;
}
