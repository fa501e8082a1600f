import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../src/modules/alerting/evaluation/promql/evaluate.js';
import { EvaluationError } from '../../src/modules/alerting/evaluation/promql/values.js';
import { SeriesStore } from '../../src/modules/alerting/evaluation/series/series-store.js';
import { parsePromql } from '../../src/modules/alerting/rules/promql/parse.js';
import { needsOf } from '../../src/modules/alerting/rules/promql/selectors.js';
import { someExpression, someSeries } from '../support/alerting/expressions.js';
import {
  askPromtool,
  findPromtool,
  textOf,
  type Answer,
  type Question,
  type World,
} from '../support/alerting/promtool.js';

// The first run downloads Prometheus.
jest.setTimeout(900_000);

const STEP = 15;
const STEPS = 32;
const ROUNDS = Number(process.env['ALERT_PARITY_ROUNDS'] ?? 25);
const BOUNDS = { series: 10_000, bytes: 2 ** 28 };

/** What our evaluator answers. */
function askOurs(world: World, questions: readonly Question[]): Answer[] {
  return questions.map(({ expression, at }) => {
    const parsed = parsePromql(expression);
    // All is stored before anything is asked, so nothing may be forgotten.
    const needs = needsOf(parsed).map((need) => ({ ...need, since: Infinity }));
    const store = new SeriesStore(needs, BOUNDS);
    for (const { labels, points } of world.series)
      points.forEach((point, step) => {
        const time = step * world.step * 1000;
        if (point === 'end') store.find(labels)?.finish(time);
        else if (point !== 'gap') store.add(time, { labels, value: point });
      });
    try {
      const vector = evaluate(parsed, store, at * 1000);
      return { vector: new Map(vector.map(({ labels, value }) => [textOf(labels), value])) };
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      return { error: error.message };
    }
  });
}

const isSame = (one: number, other: number): boolean =>
  Object.is(one, other) || one === other || Math.abs(one - other) <= 1e-9 * Math.max(Math.abs(one), Math.abs(other));

function differences(questions: readonly Question[], ours: readonly Answer[], theirs: readonly Answer[]): unknown[] {
  return questions.flatMap((question, at): unknown[] => {
    const [our, their] = [ours[at], theirs[at]];
    if (!our || !their) return [question];
    if ('error' in our || 'error' in their) return 'error' in our && 'error' in their ? [] : [{ question, our, their }];
    const keys = new Set([...our.vector.keys(), ...their.vector.keys()]);
    const isEqual = [...keys].every((key) => {
      const [one, other] = [our.vector.get(key), their.vector.get(key)];
      return one !== undefined && other !== undefined && isSame(one, other);
    });
    return isEqual ? [] : [{ question, our: [...our.vector], their: [...their.vector] }];
  });
}

describe('the evaluator of expressions', () => {
  let promtool: string | undefined;

  beforeAll(() => {
    promtool = findPromtool();
  });

  it('answers what Prometheus answers, at each step', () => {
    if (promtool === undefined) {
      process.stderr.write('promtool cannot be fetched here: not compared with it\n');
      return;
    }
    const path = promtool;
    let compared = 0;
    fc.assert(
      fc.property(
        someSeries(STEPS),
        fc.array(someExpression, { minLength: 12, maxLength: 12 }),
        fc.uniqueArray(fc.integer({ min: 0, max: (STEPS + 22) * STEP }), { minLength: 6, maxLength: 6 }),
        (series, expressions, times) => {
          const world = { series, step: STEP };
          const questions = expressions.flatMap((expression) => times.map((at) => ({ expression, at })));
          compared += questions.length;
          expect(differences(questions, askOurs(world, questions), askPromtool(path, world, questions))).toEqual([]);
        },
      ),
      { numRuns: ROUNDS, seed: 20_261_122, endOnFailure: true },
    );
    process.stderr.write(`${String(compared)} answers compared with promtool\n`);
  });
});
