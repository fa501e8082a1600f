import type { Labels } from '../../alert.js';
import type { CallNode, Expression, LabelMatcher, MatrixNode, SelectorNode } from '../../rules/promql/ast.js';
import { LOOKBACK } from '../../rules/promql/selectors.js';
import { aggregate } from './aggregate.js';
import { betweenScalars, betweenVectors, withScalar } from './binary.js';
import { INSTANT_FUNCTIONS } from './instant-functions.js';
import { keyOf, labelsOf, NAME, withoutName } from './labels.js';
import { RANGE_FUNCTIONS } from './range-functions.js';
import { EvaluationError, type Sample, type Vector, type Window } from './values.js';

/** The last value of a series up to a moment. */
export interface Latest extends Sample {
  /** Milliseconds. */
  readonly time: number;
}

/** Where series come from. */
export interface SeriesSource {
  /** The newest value of each series in `[from, to]` (milliseconds), none of those that had ended by then. */
  latest(matchers: readonly LabelMatcher[], from: number, to: number): readonly Latest[];
  /** All values in `[from, to]`; only series that have any. */
  windows(matchers: readonly LabelMatcher[], from: number, to: number): readonly Window[];
}

/**
 * The value of an expression at a moment, with the semantics of Prometheus 2.53: a lookback of five minutes, ranges that
 * hold both their ends, no native histograms.
 * @param at milliseconds since 1970
 * @throws EvaluationError
 */
export function evaluate(expression: Expression, source: SeriesSource, at: number): Vector {
  const value = new Evaluation(source, at).value(expression);
  return typeof value === 'number' ? [{ labels: {}, value }] : value;
}

class Evaluation {
  constructor(
    private readonly source: SeriesSource,
    private readonly at: number,
  ) {}

  value(node: Expression): number | Vector {
    switch (node.kind) {
      case 'number':
        return node.value;
      case 'paren':
        return this.value(node.inner);
      case 'selector':
        return this.latest(node);
      case 'unary':
        return this.unary(node.operator, this.value(node.operand));
      case 'call':
        return this.call(node);
      case 'aggregate':
        return aggregate(node, this.vector(node.operand), node.parameter && this.scalar(node.parameter));
      case 'binary': {
        const [left, right] = [this.value(node.left), this.value(node.right)];
        if (typeof left === 'number')
          return typeof right === 'number'
            ? betweenScalars(node, left, right)
            : distinct(withScalar(node, right, left, true));
        if (typeof right === 'number') return distinct(withScalar(node, left, right, false));
        return distinct(betweenVectors(node, left, right));
      }
      case 'matrix':
      case 'string':
        throw new EvaluationError(`a ${node.kind} is no value here`);
    }
  }

  private vector(node: Expression): Vector {
    const value = this.value(node);
    if (typeof value === 'number') throw new EvaluationError('a vector is wanted');
    return value;
  }

  private scalar(node: Expression): number {
    const value = this.value(node);
    if (typeof value !== 'number') throw new EvaluationError('a number is wanted');
    return value;
  }

  private latest({ matchers, offset }: SelectorNode): readonly Latest[] {
    const to = this.at - offset;
    return this.source.latest(matchers, to - LOOKBACK, to);
  }

  private unary(operator: '+' | '-', value: number | Vector): number | Vector {
    if (operator === '+') return value;
    if (typeof value === 'number') return -value;
    return distinct(value.map((sample) => ({ labels: withoutName(sample.labels), value: -sample.value })));
  }

  private call(node: CallNode): number | Vector {
    const { name, args } = node;
    const matrix = args.find((arg) => arg.kind === 'matrix');
    if (matrix) return this.ofRange(name, matrix, args.slice(1));
    const [first] = args;
    switch (name) {
      case 'time':
        return this.at / 1000;
      case 'vector':
        return [{ labels: {}, value: this.scalar(needed(first)) }];
      case 'scalar': {
        const vector = this.vector(needed(first));
        return vector.length === 1 ? (vector[0]?.value ?? NaN) : NaN;
      }
      case 'absent':
        return this.vector(needed(first)).length > 0 ? [] : [{ labels: absentLabels(needed(first)), value: 1 }];
      case 'timestamp':
        return distinct(this.timestamps(needed(first)));
      default: {
        const compute = INSTANT_FUNCTIONS[name];
        if (!compute) throw new EvaluationError(`${name} is not supported`);
        const values = args.map((arg) => this.value(arg));
        const vector = values.find((value) => typeof value !== 'number') ?? [];
        const scalars = values.filter((value) => typeof value === 'number');
        return distinct(compute(vector, scalars));
      }
    }
  }

  /** Of a selector the time of each sample; of a computation the time of evaluation. */
  private timestamps(node: Expression): Vector {
    const inner = unwrapped(node);
    if (inner.kind === 'selector')
      return this.latest(inner).map(({ labels, time }) => ({ labels: withoutName(labels), value: time / 1000 }));
    return this.vector(inner).map(({ labels }) => ({ labels: withoutName(labels), value: this.at / 1000 }));
  }

  private ofRange(name: string, { selector, range }: MatrixNode, rest: readonly Expression[]): Vector {
    const end = this.at - selector.offset;
    const start = end - range;
    const windows = this.source.windows(selector.matchers, start, end);
    if (name === 'absent_over_time') return windows.length > 0 ? [] : [{ labels: absentLabels(selector), value: 1 }];
    const compute = RANGE_FUNCTIONS[name];
    if (!compute) throw new EvaluationError(`${name} is not supported`);
    const scalar = rest[0] ? this.scalar(rest[0]) : NaN;
    const isRaw = name === 'last_over_time';
    return distinct(
      windows.flatMap((window) => {
        const value = compute(window, { at: this.at, start, end, scalar });
        if (value === undefined) return [];
        return [{ labels: isRaw ? window.labels : withoutName(window.labels), value }];
      }),
    );
  }
}

function needed(node: Expression | undefined): Expression {
  if (!node) throw new EvaluationError('an argument is missing');
  return node;
}

const unwrapped = (node: Expression): Expression => (node.kind === 'paren' ? unwrapped(node.inner) : node);

/** @throws EvaluationError where two series have come to bear the same labels */
function distinct(vector: Vector): Vector {
  if (vector.length < 2) return vector;
  const keys = new Set(vector.map(({ labels }) => keyOf(labels)));
  if (keys.size < vector.length) throw new EvaluationError('several series have come to bear the same labels');
  return vector;
}

/** What `absent` can say of what is missing: the labels that the selector gives exactly (`createLabelsForAbsentFunction`). */
function absentLabels(node: Expression): Labels {
  const inner = node.kind === 'matrix' ? node.selector : node;
  if (inner.kind !== 'selector') return {};
  const known = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, operator, value } of inner.matchers) {
    if (name === NAME) continue;
    if (operator === '=' && !seen.has(name)) {
      known.set(name, value);
      seen.add(name);
    } else known.delete(name);
  }
  return labelsOf(known);
}
