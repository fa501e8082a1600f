import { describe, expect, it } from '@jest/globals';

import { leaveOneGroupOut, recallOf } from './evaluate.js';
import { solveSymmetric } from './linear-algebra.js';
import { train, type TrainingQuestion } from './train.js';

/** Questions whose answer is drawn by known weights, from a fixed pseudo-random sequence. */
function questionsBy(weights: readonly number[], count: number): TrainingQuestion[] {
  let state = 42;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, (_, i) => {
    const features = Float64Array.from({ length: 20 * weights.length }, () => random());
    const odds = Array.from({ length: 20 }, (_, row) =>
      Math.exp(weights.reduce((sum, w, k) => sum + w * (features[row * weights.length + k] ?? 0), 0)),
    );
    let rest = random() * odds.reduce((a, b) => a + b, 0);
    const answer = odds.findIndex((odd) => (rest -= odd) <= 0);
    return { group: `g${String(i % 3)}`, features, relevant: [Math.max(answer, 0)] };
  });
}

describe('train', () => {
  it('finds the weights by which the answers were drawn', () => {
    const { weights } = train(questionsBy([4, -2, 0], 3000), 3, { l2: 1e-6 });
    expect(weights[0]).toBeGreaterThan(3.7);
    expect(weights[0]).toBeLessThan(4.3);
    expect(weights[1]).toBeGreaterThan(-2.3);
    expect(weights[1]).toBeLessThan(-1.7);
    expect(Math.abs(weights[2] ?? NaN)).toBeLessThan(0.25);
  });

  it('is deterministic, and a penalty shrinks the weights', () => {
    const questions = questionsBy([4, -2], 100);
    const model = train(questions, 2);
    expect(train(questions, 2)).toEqual(model);
    const shrunk = train(questions, 2, { l2: 1 });
    expect(Math.abs(shrunk.weights[0] ?? NaN)).toBeLessThan(Math.abs(model.weights[0] ?? NaN));
  });

  it('converges where the answers can be told apart perfectly', () => {
    const question = { group: 'a', features: Float64Array.of(1, 0, 0), relevant: [0] };
    const { weights, loss } = train([question], 1, { l2: 1e-3 });
    expect(weights[0]).toBeGreaterThan(3);
    expect(loss).toBeLessThan(0.1);
  });

  it.each([
    ['no questions', []],
    ['nothing relevant', [{ group: 'a', features: Float64Array.of(1, 2), relevant: [] }]],
    ['a relevant one twice', [{ group: 'a', features: Float64Array.of(1, 2), relevant: [0, 0] }]],
    ['a candidate that is not there', [{ group: 'a', features: Float64Array.of(1, 2), relevant: [1] }]],
    ['half a row', [{ group: 'a', features: Float64Array.of(1, 2, 3), relevant: [0] }]],
    ['not a number', [{ group: 'a', features: Float64Array.of(1, NaN), relevant: [0] }]],
  ])('refuses %s', (_, questions) => {
    expect(() => train(questions, 2)).toThrow(RangeError);
  });
});

describe('recall', () => {
  it('counts per question and per item, with those that were no candidates as missed', () => {
    const falling = Float64Array.from({ length: 60 }, (_, i) => 60 - i);
    const questions = [
      { group: 'a', features: falling, relevant: [0] },
      { group: 'a', features: falling, relevant: [1, 7], missed: 2 },
    ];
    const recall = recallOf(questions, Float64Array.of(1));
    expect(recall.perQuestion).toEqual([0.625, 0.75, 0.75, 0.75]);
    expect(recall.perItem).toEqual([0.4, 0.6, 0.6, 0.6]);
    expect(recall.questions).toBe(2);
  });

  it('ranks equal scores by the order of the candidates', () => {
    const question = { group: 'a', features: new Float64Array(6), relevant: [5] };
    expect(recallOf([question], Float64Array.of(1)).perItem).toEqual([0, 1, 1, 1]);
  });
});

describe('leaveOneGroupOut', () => {
  it('measures each group by weights that have not seen it', () => {
    const questions = questionsBy([8, -2], 90);
    const { overall, groups } = leaveOneGroupOut(questions, 2);
    expect([...groups.keys()]).toEqual(['g0', 'g1', 'g2']);
    const others = questions.filter(({ group }) => group !== 'g1');
    expect(groups.get('g1')?.model).toEqual(train(others, 2));
    expect(overall.questions).toBe(90);
    expect(overall.perQuestion[0]).toBeGreaterThan(0.8);
  });

  it('needs two groups', () => {
    const one = questionsBy([1], 9).filter(({ group }) => group === 'g0');
    expect(() => leaveOneGroupOut(one, 1)).toThrow(RangeError);
  });
});

describe('solveSymmetric', () => {
  it('solves, and refuses a matrix that is not positive definite', () => {
    const solution = solveSymmetric(Float64Array.of(4, 2, 2, 3), Float64Array.of(2, 5));
    expect([...solution]).toEqual([expect.closeTo(-0.5), expect.closeTo(2)]);
    expect(() => solveSymmetric(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1))).toThrow(RangeError);
  });
});
