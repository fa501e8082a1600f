import { describe, expect, it } from '@jest/globals';
import { formatDuration, parseDuration } from './literals.js';
import { parsePromql } from './parse.js';
import { PromqlError } from './promql.errors.js';

/** Code and place of what is wrong. */
function mistakeIn(text: string): [string, number] | undefined {
  try {
    parsePromql(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    return [error.code, error.span.from];
  }
}

describe('an expression', () => {
  it.each([
    ['', 'promql_syntax', 0],
    ['rate(up[5m]', 'promql_syntax', 11],
    ['up ==', 'promql_syntax', 5],
    ['up{job="a}', 'promql_syntax', 10],
    ['foo(up)', 'promql_syntax', 3],
    ['up[5m]', 'promql_type', 0],
    ['"text"', 'promql_type', 0],
    ['rate(up)', 'promql_type', 5],
    ['rate(up[5m], 1)', 'promql_type', 0],
    ['1 > 2', 'promql_type', 0],
    ['1 and up', 'promql_type', 0],
    ['up + bool up', 'promql_type', 0],
    ['up + on (a) group_left (a) up', 'promql_type', 0],
    ['max_over_time(rate(up[5m])[1h:1m])', 'promql_unsupported', 14],
    ['up @ 5', 'promql_unsupported', 0],
    ['stddev(up)', 'promql_unsupported', 0],
    ['label_replace(up, "a", "b", "c", "d")', 'promql_unsupported', 0],
    ['a + b offset 5m', 'promql_unsupported', 13],
    ['-1 ^ 2', 'promql_unsupported', 0],
    ['up offset -5m', 'promql_unsupported', 10],
    ['{a=""}', 'promql_value', 0],
    ['up{a=~"("}', 'promql_value', 3],
    ['rate(up[90d])', 'promql_value', 8],
  ])('%s is refused with its place', (text, code, at) => {
    expect(mistakeIn(text)).toEqual([code, at]);
  });

  it('that is too deep is refused', () => {
    expect(mistakeIn(`${'('.repeat(200)}1${')'.repeat(200)}`)?.[0]).toBe('promql_unsupported');
  });

  it('keeps the precedence of Prometheus', () => {
    expect(parsePromql('a or b and c > 1 + 2 * d ^ 2')).toMatchObject({
      operator: 'or',
      right: { operator: 'and', right: { operator: '>', right: { operator: '+', right: { operator: '*' } } } },
    });
  });

  it('reads strings with the escapes of Go', () => {
    expect(parsePromql(String.raw`x{a="\x41\u00e9\"", b='\n', c=` + '`\\n`}')).toMatchObject({
      matchers: [{}, { value: 'Aé"' }, { value: '\n' }, { value: '\\n' }],
    });
  });
});

describe('a duration', () => {
  it.each(['30s', '1m30s', '2h', '3d', '1w', '1500ms'])(
    '%s is read, and written so that it is read the same',
    (text) => {
      const milliseconds = parseDuration(text) ?? NaN;
      expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
    },
  );

  it.each(['', '5', '5 m', 'm', '-5m', '1s1m'])('%p is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
