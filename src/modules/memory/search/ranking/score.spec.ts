import { describe, expect, it } from '@jest/globals';

import { FEATURES, LEXICAL_FEATURES, type FeatureName, type Features } from './features.js';
import { scoreOf } from './score.js';
import { HYBRID_WEIGHTS, LEXICAL_WEIGHTS, weightsFor } from './weights.js';

function features(values: Partial<Record<FeatureName, number>>): Features {
  const none = Object.fromEntries(FEATURES.map((name) => [name, 0])) as Record<FeatureName, number>;
  return { ...none, ...values };
}

describe('scoreOf', () => {
  it('adds up parts that explain it', () => {
    const score = scoreOf(features({ bm25: 0.5, question: 1, dense: 2 }), {
      bm25: 2,
      question: -0.5,
      window: 3,
    });
    expect(score).toEqual({ total: 0.5, parts: { bm25: 1, question: -0.5 } });
  });
});

describe('the weights', () => {
  it('name every feature their model has, and no other', () => {
    expect(Object.keys(LEXICAL_WEIGHTS)).toEqual([...LEXICAL_FEATURES]);
    expect(Object.keys(HYBRID_WEIGHTS)).toEqual([...FEATURES]);
  });

  it('are chosen by whether the query has a vector', () => {
    expect(weightsFor(true)).toBe(HYBRID_WEIGHTS);
    expect(weightsFor(false)).toBe(LEXICAL_WEIGHTS);
  });

  it('only hold against a turn that it asks something', () => {
    const negative = Object.entries(HYBRID_WEIGHTS).filter(([, weight]) => weight < 0);
    expect(negative.map(([name]) => name)).toEqual(['question']);
  });
});
