import type { FeatureName } from './features.js';

/** A linear model: what one unit of each feature adds to the score. A missing weight is 0. */
export type Weights = Readonly<Partial<Record<FeatureName, number>>>;

/*
 * Found by `npm run train:ranking` (softmax cross-entropy, l2 = 0.001) on the candidates that the product's own search
 * brought up for 997 questions on five two-person conversations of LoCoMo (Maharana et al., 2024; the development half).
 * Leaving one conversation out, recall@5/10/25 of turns was .761/.825/.887 without and .811/.861/.910 with vectors of
 * multilingual-e5-small. On features computed outside of the product, weights found with that model served
 * all-MiniLM-L6-v2 as well: .804/.856/.903.
 */

/** Without an embedder, or while the query has no vector. */
export const LEXICAL_WEIGHTS: Weights = {
  bm25: 1.86,
  window: 4.85,
  session: 1.73,
  answer: 2.16,
  speaker: 1.13,
  question: -0.66,
  length: 0.52,
  time: 1.74,
  number: 1.83,
  date: 5.08,
};

/** With vectors of any sentence-embedding model. */
export const HYBRID_WEIGHTS: Weights = {
  bm25: 1.23,
  window: 3.26,
  session: 1.02,
  answer: 0.98,
  speaker: 1.08,
  question: -0.49,
  length: 0.83,
  time: 1.93,
  number: 1.56,
  date: 4.8,
  dense: 1.15,
  denseSession: 2.22,
  denseNext: 0.93,
  denseQuestion: 1.04,
};

/** Weights for a query with or without a vector. */
export function weightsFor(hasVector: boolean): Weights {
  return hasVector ? HYBRID_WEIGHTS : LEXICAL_WEIGHTS;
}
