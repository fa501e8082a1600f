import { describe, expect, it } from '@jest/globals';
import { sqlWithoutTexts } from './sql-text.js';

describe('a statement without its texts', () => {
  it.each([
    ["SELECT 'secret', $1::text", "SELECT '?', $1::text"],
    ["SELECT 'it''s secret' AS a", "SELECT '?' AS a"],
    ["SELECT E'a\\'secret' AS a", "SELECT '?' AS a"],
    ["SELECT 'a\\', 'secret'", "SELECT '?', '?'"],
    ['SELECT $tag$ secret $$ secret $tag$ || $$secret$$', "SELECT '?' || '?'"],
    ["SELECT 1 -- it's a secret\n, 'secret'", "SELECT 1 , '?'"],
    ["SELECT 1 /* it's a secret */ + 2", 'SELECT 1 + 2'],
    ["SELECT 'secret that never ends", "SELECT '?'"],
    ['SELECT "a column"\n  FROM t', 'SELECT "a column" FROM t'],
  ])('%s', (statement, without) => {
    expect(sqlWithoutTexts(statement, 100)).toBe(without);
  });

  it('is cut', () => {
    expect(sqlWithoutTexts('SELECT 1', 3)).toBe('SEL…');
  });
});
