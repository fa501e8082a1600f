import fc from 'fast-check';
import type { GivenSeries, Point } from './promtool.js';

const COUNTERS = ['jobs_total', 'errors_total'] as const;
const GAUGES = ['depth', 'room'] as const;
const RANGES = ['30s', '1m', '100s', '5m'] as const;

const steps = (count: number, value: fc.Arbitrary<number>): fc.Arbitrary<Point[]> =>
  fc.array(
    fc.oneof(
      { weight: 12, arbitrary: value },
      { weight: 2, arbitrary: fc.constant<Point>('gap') },
      { weight: 1, arbitrary: fc.constant<Point>('end') },
    ),
    { minLength: count, maxLength: count },
  );

/** Grows, and begins anew now and then. */
const counter = (count: number): fc.Arbitrary<Point[]> =>
  steps(
    count,
    fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 12 }) }, { weight: 1, arbitrary: fc.constant(-1) }),
  ).map((points) => {
    let total = 0;
    return points.map((point) => {
      if (typeof point !== 'number') return point;
      total = point < 0 ? 0 : total + point;
      return total;
    });
  });

const gauge = (count: number): fc.Arbitrary<Point[]> =>
  steps(
    count,
    fc.oneof(
      { weight: 10, arbitrary: fc.integer({ min: -20, max: 20 }) },
      { weight: 2, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 0) },
    ),
  );

const histogram = (count: number): fc.Arbitrary<GivenSeries[]> =>
  fc
    .array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }), {
      minLength: count,
      maxLength: count,
    })
    .map((steps) => {
      const totals = [0, 0, 0, 0];
      const rows = steps.map((added) => {
        added.forEach((more, at) => (totals[at] = (totals[at] ?? 0) + more));
        return totals.map((_, at) => totals.slice(0, at + 1).reduce((sum, each) => sum + each, 0));
      });
      return ['0.1', '0.5', '2.5', '+Inf'].map((le, at) => ({
        labels: { __name__: 'took_seconds_bucket', le },
        points: rows.map((row) => row[at] ?? 0),
      }));
    });

/** Series of several metrics, each under one or two labels, with gaps, ends and counters that begin anew. */
export function someSeries(count: number): fc.Arbitrary<GivenSeries[]> {
  const of = (name: string, points: fc.Arbitrary<Point[]>): fc.Arbitrary<GivenSeries[]> =>
    fc
      .uniqueArray(fc.record({ queue: fc.constantFrom('mail', 'index', 'backup'), host: fc.constantFrom('a', 'b') }), {
        selector: ({ queue, host }) => `${queue} ${host}`,
        maxLength: 4,
      })
      .chain((labels) =>
        fc.tuple(
          ...labels.map((each) => points.map((drawn) => ({ labels: { __name__: name, ...each }, points: drawn }))),
        ),
      );
  return fc
    .tuple(
      ...COUNTERS.map((name) => of(name, counter(count))),
      ...GAUGES.map((name) => of(name, gauge(count))),
      histogram(count),
    )
    .map((all) => all.flat());
}

const matchers = fc.constantFrom(
  '',
  '{queue="mail"}',
  '{queue!="mail"}',
  '{queue=~"mail|ind.*"}',
  '{host!~"a",queue!=""}',
  '{queue="none"}',
);
const range = fc.constantFrom(...RANGES);
const offset = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(' offset 30s', ' offset 5m') },
);
const selector = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...names), matchers, offset)
    .map(([name, match, back]) => (back === '' ? `${name}${match}` : `(${name}${match}${back})`));
const ranged = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...names), matchers, range, offset)
    .map(([name, match, over, back]) => `${name}${match}[${over}]${back}`);

const counterFunction = fc.constantFrom('rate', 'increase', 'irate', 'resets', 'changes', 'count_over_time');
const gaugeFunction = fc.constantFrom(
  ...['delta', 'idelta', 'avg_over_time', 'sum_over_time', 'min_over_time', 'max_over_time', 'last_over_time'],
  ...['present_over_time', 'count_over_time', 'changes', 'deriv', 'absent_over_time'],
);
const simple = fc.constantFrom(
  'abs',
  'ceil',
  'floor',
  'sqrt',
  'sgn',
  'round',
  'timestamp',
  'absent',
  'exp',
  'ln',
  '-',
  '+',
);
const grouping = fc.constantFrom('', ' by (queue)', ' by (host, queue)', ' without (host)', ' by (missing)');
const aggregation = fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'group');
const matching = fc.constantFrom(
  '',
  'on (queue) ',
  'ignoring (host) ',
  'on (queue) group_left () ',
  'on (queue, host) ',
  'on (queue) group_right (host) ',
);
const operator = fc.constantFrom('+', '-', '*', '/', '%', '>', '<', '>=', '<=', '==', '!=', '> bool ', '== bool ');
const setOperator = fc.constantFrom('and', 'or', 'unless');
const number = fc.constantFrom('0', '1', '0.5', '-3', '5', '1e3', 'time()', 'scalar(depth{queue="mail",host="a"})');

/** Vectors in the part of PromQL that is evaluated here. */
export const someExpression: fc.Arbitrary<string> = fc.letrec<{ vector: string }>((tie) => ({
  vector: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    selector([...COUNTERS, ...GAUGES]),
    fc.tuple(counterFunction, ranged(COUNTERS)).map(([name, of]) => `${name}(${of})`),
    fc.tuple(gaugeFunction, ranged(GAUGES)).map(([name, of]) => `${name}(${of})`),
    fc.tuple(ranged(GAUGES), fc.constantFrom('60', '-60')).map(([of, ahead]) => `predict_linear(${of}, ${ahead})`),
    fc
      .tuple(fc.constantFrom('0.5', '0.95', '0', '1', '2', '-1'), range)
      .map(([quantile, over]) => `histogram_quantile(${quantile}, sum by (le) (rate(took_seconds_bucket[${over}])))`),
    fc.tuple(simple, tie('vector')).map(([name, of]) => `${name}(${of})`),
    fc
      .tuple(fc.constantFrom('clamp_min', 'clamp_max'), tie('vector'), number)
      .map(([name, of, by]) => `${name}(${of}, ${by})`),
    fc.tuple(aggregation, grouping, tie('vector')).map(([name, by, of]) => `${name}${by} (${of})`),
    fc.tuple(tie('vector'), operator, number).map(([left, sign, right]) => `(${left} ${sign} ${right})`),
    fc.tuple(number, operator, tie('vector')).map(([left, sign, right]) => `(${left} ${sign} ${right})`),
    fc
      .tuple(tie('vector'), operator, matching, tie('vector'))
      .map(([left, sign, match, right]) => `(${left} ${sign} ${match}${right})`),
    fc
      .tuple(tie('vector'), setOperator, fc.constantFrom('', 'on (queue) ', 'ignoring (host) '), tie('vector'))
      .map(([left, sign, match, right]) => `(${left} ${sign} ${match}${right})`),
  ),
})).vector;
