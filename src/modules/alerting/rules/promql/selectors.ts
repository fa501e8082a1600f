import type { Expression, LabelMatcher } from './ast.js';

/** Milliseconds after which a series that has no newer value counts as gone (`--query.lookback-delta`). */
export const LOOKBACK = 300_000;

/** What an expression reads of the series: a condition, and how far back. */
export interface Need {
  readonly name: string | undefined;
  readonly matchers: readonly LabelMatcher[];
  /** Milliseconds before the moment of evaluation. */
  readonly since: number;
  /** Milliseconds of the range, where it is one. */
  readonly range: number | undefined;
  readonly offset: number;
}

/** Every selector of an expression. */
export function needsOf(expression: Expression): Need[] {
  switch (expression.kind) {
    case 'number':
    case 'string':
      return [];
    case 'selector': {
      const { name, matchers, offset } = expression;
      return [{ name, matchers, since: offset + LOOKBACK, range: undefined, offset }];
    }
    case 'matrix': {
      const { selector, range } = expression;
      const { name, matchers, offset } = selector;
      return [{ name, matchers, since: offset + range, range, offset }];
    }
    case 'paren':
      return needsOf(expression.inner);
    case 'unary':
      return needsOf(expression.operand);
    case 'call':
      return expression.args.flatMap(needsOf);
    case 'aggregate':
      return [...(expression.parameter ? needsOf(expression.parameter) : []), ...needsOf(expression.operand)];
    case 'binary':
      return [...needsOf(expression.left), ...needsOf(expression.right)];
  }
}
