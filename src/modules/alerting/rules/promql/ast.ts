/** Where something stands in an expression: offsets in UTF-16 units, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

export const MATCH_OPERATORS = ['=', '!=', '=~', '!~'] as const;
export type MatchOperator = (typeof MATCH_OPERATORS)[number];

/** One condition on a label. `fits` compares a value; a missing label has the value ''. */
export interface LabelMatcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
  readonly fits: (value: string) => boolean;
}

/** `up{job="x"}`: the newest value of each series that fits, none of them older than the lookback. */
export interface SelectorNode {
  readonly kind: 'selector';
  /** The metric, where the selector names one exactly. */
  readonly name: string | undefined;
  /** All conditions, the one on `__name__` as well. */
  readonly matchers: readonly LabelMatcher[];
  /** Milliseconds by which it looks into the past. */
  readonly offset: number;
  readonly span: Span;
}

/** `up[5m]`: all values of a window. */
export interface MatrixNode {
  readonly kind: 'matrix';
  readonly selector: SelectorNode;
  /** Milliseconds. */
  readonly range: number;
  readonly span: Span;
}

export interface NumberNode {
  readonly kind: 'number';
  readonly value: number;
  readonly span: Span;
}

export interface StringNode {
  readonly kind: 'string';
  readonly value: string;
  readonly span: Span;
}

export interface ParenNode {
  readonly kind: 'paren';
  readonly inner: Expression;
  readonly span: Span;
}

export interface UnaryNode {
  readonly kind: 'unary';
  readonly operator: '+' | '-';
  readonly operand: Expression;
  readonly span: Span;
}

export interface CallNode {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
  readonly span: Span;
}

export const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count', 'group', 'topk', 'bottomk'] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

export interface AggregateNode {
  readonly kind: 'aggregate';
  readonly operator: Aggregation;
  /** Of `topk` and `bottomk`: how many. */
  readonly parameter: Expression | undefined;
  readonly operand: Expression;
  readonly without: boolean;
  readonly grouping: readonly string[];
  readonly span: Span;
}

export const ARITHMETIC = ['+', '-', '*', '/', '%', '^'] as const;
export const COMPARISONS = ['==', '!=', '>', '<', '>=', '<='] as const;
export const SET_OPERATORS = ['and', 'or', 'unless'] as const;
export type BinaryOperator =
  (typeof ARITHMETIC)[number] | (typeof COMPARISONS)[number] | (typeof SET_OPERATORS)[number];

export const isComparison = (operator: BinaryOperator): boolean =>
  (COMPARISONS as readonly string[]).includes(operator);
export const isSetOperator = (operator: BinaryOperator): boolean =>
  (SET_OPERATORS as readonly string[]).includes(operator);

/** Which series of both sides belong together. */
export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
  /** The side with many series for one of the other. */
  readonly many: 'left' | 'right' | undefined;
  /** Labels that are taken from the one side. */
  readonly include: readonly string[];
}

export interface BinaryNode {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly bool: boolean;
  readonly matching: Matching;
  readonly span: Span;
}

/** An expression of PromQL, as far as it is supported: see docs/ALERT_RULES.md. */
export type Expression =
  SelectorNode | MatrixNode | NumberNode | StringNode | ParenNode | UnaryNode | CallNode | AggregateNode | BinaryNode;
