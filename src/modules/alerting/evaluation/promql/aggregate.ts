import type { Labels } from '../../alert.js';
import type { AggregateNode } from '../../rules/promql/ast.js';
import { keyOf, labelsOf, NAME, pick } from './labels.js';
import { keepsInfinite } from './sums.js';
import { EvaluationError, type Sample, type Vector } from './values.js';

interface Group {
  readonly labels: Labels;
  readonly samples: Sample[];
}

/** `sum by (x) (...)` and its sisters, as `aggregation` of Prometheus 2.53. @param parameter of `topk` and `bottomk` */
export function aggregate(node: AggregateNode, vector: Vector, parameter: number | undefined): Vector {
  const groups = groupsOf(node, vector);
  if (node.operator === 'topk' || node.operator === 'bottomk') {
    const count = countOf(parameter ?? NaN);
    return groups.flatMap(({ samples }) => extremes(samples, count, node.operator === 'topk'));
  }
  const compute = COMPUTE[node.operator];
  return groups.map(({ labels, samples }) => ({ labels, value: compute(samples.map(({ value }) => value)) }));
}

function groupsOf({ without, grouping }: AggregateNode, vector: Vector): Group[] {
  const names = new Set(grouping);
  const isKept = without ? (name: string) => !names.has(name) && name !== NAME : (name: string) => names.has(name);
  const groups = new Map<string, Group>();
  for (const sample of vector) {
    const labels = pick(sample.labels, isKept);
    const key = keyOf(labels);
    const group = groups.get(key) ?? { labels: labelsOf(Object.entries(labels)), samples: [] };
    group.samples.push(sample);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const COMPUTE = {
  sum: (values: readonly number[]): number => values.reduce((sum, value) => sum + value),
  avg: (values: readonly number[]): number =>
    values.reduce((mean, value, at) =>
      keepsInfinite(mean, value) ? mean : mean + (value / (at + 1) - mean / (at + 1)),
    ),
  min: (values: readonly number[]): number =>
    values.reduce((least, value) => (least > value || Number.isNaN(least) ? value : least)),
  max: (values: readonly number[]): number =>
    values.reduce((most, value) => (most < value || Number.isNaN(most) ? value : most)),
  count: (values: readonly number[]): number => values.length,
  group: (): number => 1,
};

function countOf(parameter: number): number {
  if (!Number.isFinite(parameter)) throw new EvaluationError('topk and bottomk need a number that is finite');
  return Math.trunc(parameter);
}

/** The greatest or least ones, NaN last; of equal ones the first. */
function extremes(samples: readonly Sample[], count: number, isGreatest: boolean): Sample[] {
  if (count < 1) return [];
  const rank = ({ value }: Sample): number => (Number.isNaN(value) ? -Infinity : isGreatest ? value : -value);
  const isNumber = ({ value }: Sample): number => (Number.isNaN(value) ? 0 : 1);
  return samples
    .toSorted((one, other) => isNumber(other) - isNumber(one) || compare(rank(other), rank(one)))
    .slice(0, count);
}

const compare = (one: number, other: number): number => (one < other ? -1 : one > other ? 1 : 0);
