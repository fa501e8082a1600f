import { describe, expect, it } from '@jest/globals';

import {
  dateFit,
  featuresOf,
  inverseDocumentFrequency,
  ITEM_BM25,
  saturation,
  windowWeight,
  type QueryScale,
  type Signals,
} from './features.js';

const lexicalScale: QueryScale = {
  bestBm25: 8,
  bestWindow: 10,
  bestSession: 20,
  asksForTime: true,
  asksForNumber: false,
};
const scale: QueryScale = { ...lexicalScale, cosine: { mean: 0.8, deviation: 0.02 } };

const says = { saysTime: true, saysNumber: true };

const memory: Signals = {
  bm25: 4,
  isPersonNamed: true,
  hasQuestion: false,
  length: 0,
  ...says,
  daysFromDate: 0,
  cosine: 0.83,
};

const turn: Signals = {
  ...memory,
  context: {
    window: 5,
    session: 5,
    previous: { bm25: 2, hasQuestion: true, cosine: 0.86 },
    nextCosine: 0.74,
    sessionCosine: 0.92,
  },
};

describe('featuresOf', () => {
  it('scales text by the best of the query and cosines by the scope', () => {
    expect(featuresOf(turn, scale)).toEqual({
      bm25: 0.5,
      window: 0.5,
      session: 0.25,
      answer: 0.25,
      speaker: 1,
      question: 0,
      length: 0,
      time: 1,
      number: 0,
      date: 1,
      dense: expect.closeTo(0.5),
      denseSession: expect.closeTo(2),
      denseNext: expect.closeTo(-1),
      denseQuestion: expect.closeTo(1),
    });
  });

  it('credits a turn with the one before it only if that asked something', () => {
    const previous = { bm25: 2, hasQuestion: false, cosine: 0.86 };
    const features = featuresOf({ ...turn, context: { window: 5, session: 5, previous } }, scale);
    expect(features).toMatchObject({ answer: 0, denseQuestion: 0, denseNext: 0, denseSession: 0 });
  });

  it('lets a memory stand for its own surroundings', () => {
    expect(featuresOf(memory, scale)).toMatchObject({
      window: 0.5,
      session: 0.5,
      answer: 0.5,
      denseSession: expect.closeTo(0.5),
      denseNext: expect.closeTo(0.5),
      denseQuestion: expect.closeTo(0.5),
    });
  });

  it('is finite when nothing matches and no vector is there', () => {
    const noModel = { ...lexicalScale, bestBm25: 0, bestWindow: 0, bestSession: 0 };
    const plain = { isPersonNamed: false, hasQuestion: false, length: 3, bm25: 0, ...says };
    const values = Object.values(featuresOf(plain, noModel));
    expect(values.every(Number.isFinite)).toBe(true);
    expect(featuresOf(plain, noModel)).toMatchObject({ bm25: 0, window: 0, dense: 0, date: 0 });
    const flat = { ...scale, cosine: { mean: 0.8, deviation: 0 } };
    expect(featuresOf(turn, flat).dense).toBe(0);
  });
});

describe('formulas', () => {
  it('weighs rare terms more, and none negatively', () => {
    expect(inverseDocumentFrequency(10, 1)).toBeCloseTo(Math.log(1 + 9.5 / 1.5));
    expect(inverseDocumentFrequency(10, 10)).toBeGreaterThan(0);
  });

  it('saturates with frequency and shrinks with length', () => {
    expect(saturation(1, 1, ITEM_BM25)).toBeCloseTo(1);
    expect(saturation(100, 1, ITEM_BM25)).toBeLessThan(1 + ITEM_BM25.k1);
    expect(saturation(1, 2, ITEM_BM25)).toBeLessThan(1);
  });

  it('weighs the turns of a window by their distance', () => {
    expect([0, 1, -1, 4, 5].map(windowWeight)).toEqual([1, 0.7, 0.7, 0.7 ** 4, 0]);
  });

  it('forgives days after a date more than days before it', () => {
    expect(dateFit(0)).toBe(1);
    expect(dateFit(7)).toBeCloseTo(1 / Math.E);
    expect(dateFit(-3)).toBeCloseTo(dateFit(6));
  });
});
