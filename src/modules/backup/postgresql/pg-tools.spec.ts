import { describe, expect, it } from '@jest/globals';
import { areUnknownSettings } from './pg-tools.js';

describe('what a newer pg_restore says of an older server', () => {
  const setting = 'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "…"';
  const other = 'pg_restore: error: could not execute query: ERROR:  relation "…" does not exist';
  const ignored = (errors: number): string => `pg_restore: warning: errors ignored on restore: ${String(errors)}`;

  it.each([
    ['one setting', true, [setting, ignored(1)]],
    ['two settings', true, [setting, setting, ignored(2)]],
    ['a setting, and something else', false, [setting, other, ignored(2)]],
    ['a setting, and more than was kept of what it said', false, [setting, ignored(11)]],
    ['something else', false, [other, ignored(1)]],
    ['a setting, before it died', false, [setting]],
    ['nothing', false, []],
  ])('%s', (_, expected, lines) => {
    expect(areUnknownSettings(lines.join(' '))).toBe(expected);
  });
});
