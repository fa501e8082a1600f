import { RE2JS, RE2JSException } from 're2js';
import type { LabelMatcher, MatchOperator, Span } from './ast.js';
import { PromqlError } from './promql.errors.js';

const UNITS: Readonly<Record<string, number>> = {
  y: 365 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};
const DURATION = /^(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/;

/** Milliseconds of a duration as Prometheus writes it (`1h30m`); undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+)([a-z]+)/g)) total += Number(count) * (UNITS[unit] ?? 0);
  return Number.isSafeInteger(total) ? total : undefined;
}

/** A duration as Prometheus writes it: the largest units first, none of them zero. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  let rest = milliseconds;
  let text = '';
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(rest / size);
    // A year is not 365 days to everybody, nor 52 weeks: these are written only where nothing is left over.
    if (count === 0 || ('yw'.includes(unit) && rest % size !== 0)) continue;
    text += `${String(count)}${unit}`;
    rest -= count * size;
  }
  return text;
}

/** A number as Go reads it; durations and digits with `_` are of a newer PromQL. */
export function parseNumber(text: string, span: Span): number {
  const plain = text.replace(/\s/g, '');
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/.exec(plain) ?? [];
  const value = /^inf$/i.test(digits)
    ? Infinity
    : /^nan$/i.test(digits)
      ? NaN
      : /^(0x[0-9a-f]+|(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?)$/i.test(digits)
        ? Number(digits)
        : undefined;
  if (value === undefined) throw new PromqlError('promql_unsupported', `${text} is not supported as a number`, span);
  return sign === '-' ? -value : value;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const ESCAPE = /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.|$)/gs;

/** The text of a string literal, with the escapes of Go. */
export function parseString(literal: string, span: Span): string {
  const [quote] = literal;
  const text = literal.slice(1, -1);
  if (literal.length < 2 || literal.at(-1) !== quote)
    throw new PromqlError('promql_syntax', 'the string does not end', span);
  if (quote === '`') return text;
  if (text.includes('\n')) throw new PromqlError('promql_syntax', 'a string in quotes ends on its line', span);
  return text.replace(ESCAPE, (whole, escape: string) => {
    const simple = ESCAPES[escape];
    const code = /^[xuU]/.test(escape) ? parseInt(escape.slice(1), 16) : parseInt(escape, 8);
    if (simple !== undefined) return simple;
    if (Number.isNaN(code) || code > 0x10ffff)
      throw new PromqlError('promql_syntax', `${whole} is no escape in a string`, span);
    return String.fromCodePoint(code);
  });
}

/** A condition on a label. Patterns are RE2's, which take linear time, and must match the whole value. */
export function matcherOf(name: string, operator: MatchOperator, value: string, span: Span): LabelMatcher {
  const fits = comparison(operator, value, span);
  return { name, operator, value, fits };
}

function comparison(operator: MatchOperator, value: string, span: Span): (label: string) => boolean {
  if (operator === '=') return (label) => label === value;
  if (operator === '!=') return (label) => label !== value;
  try {
    const pattern = RE2JS.compile(value);
    return operator === '=~' ? (label) => pattern.matches(label) : (label) => !pattern.matches(label);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new PromqlError('promql_value', `${value} is no pattern of RE2: ${error.message}`, span);
  }
}
