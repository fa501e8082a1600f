import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';
import {
  AGGREGATIONS,
  ARITHMETIC,
  COMPARISONS,
  MATCH_OPERATORS,
  SET_OPERATORS,
  type AggregateNode,
  type Aggregation,
  type BinaryNode,
  type BinaryOperator,
  type Expression,
  type LabelMatcher,
  type MatrixNode,
  type SelectorNode,
  type Span,
} from './ast.js';
import { typeOf } from './check.js';
import { matcherOf, parseDuration, parseNumber, parseString } from './literals.js';
import { PromqlError } from './promql.errors.js';

/** Windows longer than this would have to be kept in memory: recording rules shorten them. */
const LONGEST = 31 * 86_400_000;
const OPERATORS: readonly string[] = [...ARITHMETIC, ...COMPARISONS, ...SET_OPERATORS];
const DEEPEST = 60;

/**
 * Reads an expression with Prometheus' own grammar for editors, and refuses what is not evaluated here.
 * Language: https://prometheus.io/docs/prometheus/2.53/querying/basics/
 * @throws PromqlError
 */
export function parsePromql(text: string): Expression {
  const root = parser.parse(text).topNode;
  refuseMistakes(root, text);
  const [top] = childrenOf(root);
  if (!top) throw new PromqlError('promql_syntax', 'there is no expression', { from: 0, to: text.length });
  const expression = new Reader(text).read(top, 0);
  const type = typeOf(expression);
  if (type !== 'vector' && type !== 'scalar')
    throw new PromqlError('promql_type', 'the result must be a vector or a number', expression.span);
  return expression;
}

/** The grammar goes on after a mistake; a rule with one means nothing. */
function refuseMistakes(root: SyntaxNode, text: string): void {
  root.cursor().iterate(({ type, from, to }) => {
    if (!type.isError) return;
    const near = text.slice(from, to) || text.slice(from, from + 10);
    const message = near === '' ? 'the expression ends too early' : `"${near}" does not belong here`;
    throw new PromqlError('promql_syntax', message, { from, to: Math.max(to, from + 1) });
  });
}

const childrenOf = (node: SyntaxNode): SyntaxNode[] => {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (child.name !== 'LineComment') children.push(child);
  return children;
};

class Reader {
  constructor(private readonly text: string) {}

  read(node: SyntaxNode, depth: number): Expression {
    const span = { from: node.from, to: node.to };
    const children = childrenOf(node);
    const [first] = children;
    if (depth > DEEPEST) throw new PromqlError('promql_unsupported', 'the expression is nested too deeply', span);
    const below = (child: SyntaxNode | undefined): Expression => this.read(child ?? this.missing(span), depth + 1);
    switch (node.name) {
      case 'NumberDurationLiteral':
        return { kind: 'number', value: parseNumber(this.of(node), span), span };
      case 'StringLiteral':
        return { kind: 'string', value: parseString(this.of(node), span), span };
      case 'ParenExpr':
        return { kind: 'paren', inner: below(first), span };
      case 'UnaryExpr':
        return { kind: 'unary', operator: this.of(first) === '-' ? '-' : '+', operand: below(children[1]), span };
      case 'VectorSelector':
        return this.selector(children, span);
      case 'MatrixSelector':
        return this.matrix(below(first), children[1], span);
      case 'OffsetExpr':
        return this.offset(below(first), children.at(-1), span);
      case 'FunctionCall': {
        const args = children[1] ? childrenOf(children[1]).map(below) : [];
        return { kind: 'call', name: this.of(first), args, span };
      }
      case 'AggregateExpr':
        return this.aggregate(children, below, span);
      case 'BinaryExpr':
        return this.binary(children, below, span);
      default:
        throw new PromqlError('promql_unsupported', `${NAMES[node.name] ?? node.name} is not supported`, span);
    }
  }

  private of(node: SyntaxNode | undefined): string {
    return node ? this.text.slice(node.from, node.to) : '';
  }

  private missing(span: Span): never {
    throw new PromqlError('promql_syntax', 'something is missing', span);
  }

  private selector(children: readonly SyntaxNode[], span: Span): SelectorNode {
    const matchers: LabelMatcher[] = [];
    for (const child of children) {
      if (child.name === 'Identifier') matchers.push(matcherOf('__name__', '=', this.of(child), child));
      else matchers.push(...childrenOf(child).map((each) => this.matcher(each)));
    }
    const names = matchers.filter(({ name }) => name === '__name__');
    if (names.length > 1) throw new PromqlError('promql_value', 'the metric is named twice', span);
    if (matchers.every(({ fits }) => fits('')))
      throw new PromqlError('promql_value', 'a selector needs one condition that an empty label does not fit', span);
    const [name] = names;
    return { kind: 'selector', name: name?.operator === '=' ? name.value : undefined, matchers, offset: 0, span };
  }

  private matcher(node: SyntaxNode): LabelMatcher {
    const [label, operator, value] = childrenOf(node);
    if (node.name !== 'UnquotedLabelMatcher' || !label || !operator || !value)
      throw new PromqlError('promql_unsupported', 'names in quotes are not supported', node);
    const sign = MATCH_OPERATORS.find((each) => each === this.of(operator)) ?? this.missing(operator);
    return matcherOf(this.of(label), sign, parseString(this.of(value), value), node);
  }

  private duration(node: SyntaxNode | undefined, span: Span): number {
    const text = this.of(node).trim();
    const milliseconds = text === '0' ? undefined : parseDuration(text);
    if (milliseconds === undefined || milliseconds === 0)
      throw new PromqlError('promql_unsupported', `${text} is not supported as a duration`, node ?? span);
    if (milliseconds > LONGEST) throw new PromqlError('promql_value', `${text} is longer than 31 days`, node ?? span);
    return milliseconds;
  }

  private matrix(inner: Expression, duration: SyntaxNode | undefined, span: Span): MatrixNode {
    if (inner.kind !== 'selector')
      throw new PromqlError('promql_unsupported', 'a range is taken of a selector only', duration ?? span);
    if (inner.offset !== 0) throw new PromqlError('promql_syntax', 'offset comes after the range', inner.span);
    return { kind: 'matrix', selector: inner, range: this.duration(duration, span), span };
  }

  private offset(inner: Expression, duration: SyntaxNode | undefined, span: Span): Expression {
    const offset = this.duration(duration, span);
    const isSecond = (inner.kind === 'selector' ? inner : inner.kind === 'matrix' ? inner.selector : null)?.offset;
    if (isSecond) throw new PromqlError('promql_syntax', 'there is an offset already', span);
    if (inner.kind === 'selector') return { ...inner, offset, span };
    if (inner.kind === 'matrix') return { ...inner, selector: { ...inner.selector, offset }, span };
    // The grammar binds it to the whole left side, Prometheus to the selector before it: brackets make both agree.
    const message = 'offset belongs to one selector: in a computation put both in brackets, (x offset 5m)';
    throw new PromqlError('promql_unsupported', message, duration ?? span);
  }

  private aggregate(
    children: readonly SyntaxNode[],
    below: (node: SyntaxNode) => Expression,
    span: Span,
  ): AggregateNode {
    const named = (name: string): SyntaxNode | undefined => children.find((child) => child.name === name);
    const name = this.of(named('AggregateOp')).toLowerCase();
    const operator = AGGREGATIONS.find((each) => each === name);
    if (!operator) throw new PromqlError('promql_unsupported', `${name} is not supported`, span);
    const body = named('FunctionCallBody') ?? this.missing(span);
    const args = childrenOf(body).map(below);
    const [one, two] = args;
    const hasParameter = (operator satisfies Aggregation) === 'topk' || operator === 'bottomk';
    const operand = hasParameter ? two : one;
    if (!operand || args.length !== (hasParameter ? 2 : 1))
      throw new PromqlError('promql_type', `${operator} takes ${hasParameter ? '2 arguments' : '1 argument'}`, span);
    const modifier = named('AggregateModifier');
    const [word, labels] = modifier ? childrenOf(modifier) : [];
    return {
      kind: 'aggregate',
      operator,
      parameter: hasParameter ? one : undefined,
      operand,
      without: word?.name === 'Without',
      grouping: this.labels(labels),
      span,
    };
  }

  private labels(node: SyntaxNode | undefined): string[] {
    return (node ? childrenOf(node) : []).map((child) => {
      if (child.name !== 'LabelName')
        throw new PromqlError('promql_unsupported', 'names in quotes are not supported', child);
      return this.of(child);
    });
  }

  private binary(children: readonly SyntaxNode[], below: (node: SyntaxNode) => Expression, span: Span): BinaryNode {
    const [leftNode, sign, ...rest] = children;
    const rightNode = rest.at(-1);
    if (!leftNode || !sign || !rightNode) return this.missing(span);
    const operator = this.of(sign).toLowerCase();
    if (!OPERATORS.includes(operator))
      throw new PromqlError('promql_unsupported', `${operator} is not supported`, sign);
    const filled = rest.find(({ name }) => name === 'FillModifier');
    if (filled) throw new PromqlError('promql_unsupported', 'fill is not supported', filled);
    const left = below(leftNode);
    // The grammar takes the sign into the number, Prometheus takes it out of the power.
    if (operator === '^' && left.kind === 'number' && /^[+-]/.test(this.of(leftNode)))
      throw new PromqlError('promql_unsupported', 'a number with a sign before ^ needs brackets', leftNode);
    const clause = rest.find(({ name }) => name === 'MatchingModifierClause');
    const parts = clause ? childrenOf(clause) : [];
    const group = parts.find(({ name }) => name === 'GroupLeft' || name === 'GroupRight');
    const [labels, include] = parts.filter(({ name }) => name === 'GroupingLabels');
    return {
      kind: 'binary',
      operator: operator as BinaryOperator,
      left,
      right: below(rightNode),
      bool: rest.some(({ name }) => name === 'BoolModifier'),
      matching: {
        on: parts.some(({ name }) => name === 'On'),
        labels: this.labels(labels),
        many: group === undefined ? undefined : group.name === 'GroupLeft' ? 'left' : 'right',
        include: this.labels(include),
      },
      span,
    };
  }
}

const NAMES: Readonly<Record<string, string>> = {
  SubqueryExpr: 'a subquery ([1h:1m])',
  StepInvariantExpr: '@',
  AnchoredExpr: 'anchored',
  SmoothedExpr: 'smoothed',
};
