import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { searchStatements } from '../../src/modules/memory/search/search.repository.js';
import { spellingStatements } from '../../src/modules/memory/search/spelling.repository.js';

const FILE = join(import.meta.dirname, '..', 'contract', 'search.sql');

/** The hottest SQL is reviewed as a text. `UPDATE_CONTRACT=1` writes it anew. */
describe('the statements of search', () => {
  it('are those that were reviewed', () => {
    const text = [...searchStatements(), ...spellingStatements()]
      .map(({ name, text: sql }) => `-- ${name}\n${sql.trim()};\n`)
      .join('\n');
    if (process.env['UPDATE_CONTRACT'] === '1') writeFileSync(FILE, text);
    expect(text).toBe(readFileSync(FILE, 'utf8'));
  });
});
