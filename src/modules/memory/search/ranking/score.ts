import { FEATURES, type FeatureName, type Features } from './features.js';
import type { Weights } from './weights.js';

/** A candidate's score and what each feature added to it; the parts sum up to the score. */
export interface Score {
  /**
   * Logarithm of the odds, up to a constant of the query, that the candidate is the answer: only
   * differences between candidates of one query mean something.
   */
  readonly total: number;
  /** Features that add nothing are left out. */
  readonly parts: Readonly<Partial<Record<FeatureName, number>>>;
}

/** Combines features linearly. */
export function scoreOf(features: Features, weights: Weights): Score {
  const parts: Partial<Record<FeatureName, number>> = {};
  let total = 0;
  for (const name of FEATURES) {
    const part = features[name] * (weights[name] ?? 0);
    if (part === 0) continue;
    parts[name] = part;
    total += part;
  }
  return { total, parts };
}
