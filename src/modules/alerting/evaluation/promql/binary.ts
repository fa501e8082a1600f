import type { Labels } from '../../alert.js';
import { isComparison, type BinaryNode, type BinaryOperator, type Matching } from '../../rules/promql/ast.js';
import { keyOf, labelsOf, NAME, pick, withoutName } from './labels.js';
import { EvaluationError, type Sample, type Vector } from './values.js';

/** A computation's result, and of a comparison whether it holds. */
interface Outcome {
  readonly value: number;
  readonly holds: boolean;
}

/** Of a comparison the left value, as Prometheus keeps it. */
function compute(operator: BinaryOperator, left: number, right: number): Outcome {
  const done = (value: number): Outcome => ({ value, holds: true });
  const kept = (holds: boolean): Outcome => ({ value: left, holds });
  switch (operator) {
    case '+':
      return done(left + right);
    case '-':
      return done(left - right);
    case '*':
      return done(left * right);
    case '/':
      return done(left / right);
    case '%':
      return done(left % right);
    case '^':
      return done(power(left, right));
    case '==':
      return kept(left === right);
    case '!=':
      return kept(left !== right);
    case '>':
      return kept(left > right);
    case '<':
      return kept(left < right);
    case '>=':
      return kept(left >= right);
    case '<=':
      return kept(left <= right);
    case 'and':
    case 'or':
    case 'unless':
      throw new EvaluationError(`${operator} stands between vectors`);
  }
}

/** As IEEE 754 and Go have it: 1 to any power is 1, and so is -1 to an infinite one, of which ECMAScript makes NaN. */
const power = (base: number, exponent: number): number =>
  base === 1 || (base === -1 && Math.abs(exponent) === Infinity) ? 1 : base ** exponent;

export function betweenScalars({ operator }: BinaryNode, left: number, right: number): number {
  const { value, holds } = compute(operator, left, right);
  return isComparison(operator) ? Number(holds) : value;
}

/** A vector and a number. @param isSwapped whether the number stands at the left */
export function withScalar({ operator, bool }: BinaryNode, vector: Vector, scalar: number, isSwapped: boolean): Vector {
  return vector.flatMap(({ labels, value }) => {
    const outcome = isSwapped ? compute(operator, scalar, value) : compute(operator, value, scalar);
    if (bool) return [{ labels: withoutName(labels), value: Number(outcome.holds) }];
    if (isComparison(operator)) return outcome.holds ? [{ labels, value }] : [];
    return [{ labels: withoutName(labels), value: outcome.value }];
  });
}

/** Two vectors. @throws EvaluationError where series do not match as they must */
export function betweenVectors(node: BinaryNode, left: Vector, right: Vector): Vector {
  const signature = signatureOf(node.matching);
  switch (node.operator) {
    case 'and':
    case 'unless': {
      const there = new Set(right.map(({ labels }) => signature(labels)));
      return left.filter(({ labels }) => there.has(signature(labels)) === (node.operator === 'and'));
    }
    case 'or': {
      if (left.length === 0) return right;
      const there = new Set(left.map(({ labels }) => signature(labels)));
      return [...left, ...right.filter(({ labels }) => !there.has(signature(labels)))];
    }
    default:
      return matched(node, left, right, signature);
  }
}

function signatureOf({ on, labels }: Matching): (labels: Labels) => string {
  const names = new Set(labels);
  if (!on) names.add(NAME);
  return (given) => keyOf(pick(given, (name) => names.has(name) === on));
}

function matched(node: BinaryNode, left: Vector, right: Vector, signature: (labels: Labels) => string): Vector {
  const { operator, bool, matching } = node;
  if (left.length === 0 || right.length === 0) return [];
  const isSwapped = matching.many === 'right';
  const [many, one] = isSwapped ? [right, left] : [left, right];
  const ones = new Map<string, Sample>();
  for (const sample of one) {
    const key = signature(sample.labels);
    if (ones.has(key)) throw new EvaluationError('several series of one side match the same of the other');
    ones.set(key, sample);
  }
  const seen = new Set<string>();
  return many.flatMap((sample) => {
    const key = signature(sample.labels);
    const other = ones.get(key);
    if (!other) return [];
    const { value, holds } = isSwapped
      ? compute(operator, other.value, sample.value)
      : compute(operator, sample.value, other.value);
    if (!bool && !holds) return [];
    const labels = resultLabels(sample.labels, other.labels, node);
    const unique = matching.many === undefined ? key : `${key} ${keyOf(labels)}`;
    if (seen.has(unique)) throw new EvaluationError('several series match one: group_left or group_right is missing');
    seen.add(unique);
    return [{ labels, value: bool ? Number(holds) : value }];
  });
}

function resultLabels(labels: Labels, ofOne: Labels, { operator, bool, matching }: BinaryNode): Labels {
  const names = new Set(matching.labels);
  let result = isComparison(operator) && !bool ? labels : withoutName(labels);
  if (matching.many === undefined) result = pick(result, (name) => names.has(name) === matching.on);
  if (matching.include.length === 0) return result;
  const included = new Map(Object.entries(result));
  for (const name of matching.include) included.set(name, ofOne[name] ?? '');
  return labelsOf(included);
}
