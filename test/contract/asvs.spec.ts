import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { readAsvs, testNames, unproved, type AsvsRow } from '../support/asvs.js';

const read = (file: string): string => readFileSync(join(PROJECT_DIR, file), 'utf8');

/** Every requirement of levels 1 and 2 of OWASP ASVS 5.0.0, with its level. */
const REQUIREMENTS = JSON.parse(read('test/fixtures/asvs-5.0.0.json')) as Readonly<Record<string, number>>;

/** Requirements whose code or test is being written. When it is empty, no row may say "in work" any more. */
const IN_WORK: readonly string[] = [];

const rows = readAsvs(read('docs/security/ASVS.md'));
const idsWhere = (test: (row: AsvsRow) => boolean): string[] => rows.filter(test).map(({ id }) => id);

describe('docs/security/ASVS.md', () => {
  it('has a row for each requirement of levels 1 and 2, and no other', () => {
    expect(rows.map(({ id, level }) => [id, level])).toEqual(Object.entries(REQUIREMENTS));
    const levels = Object.values(REQUIREMENTS);
    expect([levels.length, levels.filter((level) => level === 1).length]).toEqual([253, 70]);
  });

  it('says of each whether it applies, and how it stands', () => {
    const known = ['yes met', 'yes not met', 'yes in work', 'no —', 'operator —'];
    expect(rows.filter(({ applies, state }) => !known.includes(`${applies} ${state}`))).toEqual([]);
    expect(idsWhere(({ asks }) => asks.length < 8)).toEqual([]);
  });

  it('names a test where it is met, and a reason where not', () => {
    expect(idsWhere(({ state, tests }) => state === 'met' && tests.length === 0)).toEqual([]);
    expect(idsWhere(({ state, proof }) => state !== 'met' && proof.length < 8)).toEqual([]);
    expect(idsWhere(({ state, proof }) => state === 'not met' && proof.length < 80)).toEqual([]);
  });

  it('names tests that there are', () => {
    const names = new Map<string, Set<string>>();
    const namesIn = (file: string): Set<string> => {
      const found = names.get(file) ?? (existsSync(join(PROJECT_DIR, file)) ? testNames(read(file)) : new Set());
      names.set(file, found);
      return found;
    };
    const missing = rows.flatMap(({ id, tests }) =>
      tests.filter(({ file, name }) => !namesIn(file).has(name)).map(({ file, name }) => `${id}: ${file}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('leaves in work only what is', () => {
    expect(idsWhere(({ state }) => state === 'in work')).toEqual(IN_WORK);
  });

  it('tells its figures as they are', () => {
    const count = (state: string, applies?: string): number =>
      idsWhere((row) => row.state === state && (applies === undefined || row.applies === applies)).length;
    const [, ...told] =
      /(\d+) are met, (\d+) in work, (\d+) not met, (\d+) are the operator's, (\d+) do not apply/.exec(
        read('docs/security/ASVS.md').replaceAll(/\s+/g, ' '),
      ) ?? [];
    expect(told.map(Number)).toEqual([
      count('met'),
      count('in work'),
      count('not met'),
      count('—', 'operator'),
      count('—', 'no'),
    ]);
  });
});

describe('a named test', () => {
  const [row] = readAsvs('| 9.9.9 | 1 | Something long | yes | met | `test/a.spec.ts`: "holds %s, 100 %" |');
  const run = (title: string, status: string, file = '/x/test/a.spec.ts', hasServers = true): string[] =>
    unproved(row ? [row] : [], { testResults: [{ name: file, assertionResults: [{ title, status }] }] }, hasServers);

  it('is proved when it passed in every case', () => {
    expect(run('holds water, 100 %', 'passed')).toEqual([]);
    expect(run('of another file', 'passed', '/x/test/b.spec.ts')).toEqual([]);
  });

  it('is not when it failed, was skipped or is gone', () => {
    const wrong = ['ASVS 9.9.9: test/a.spec.ts: "holds %s, 100 %" did not pass'];
    expect(run('holds water, 100 %', 'failed')).toEqual(wrong);
    expect(run('holds water, 100 %', 'pending')).toEqual(wrong);
    expect(run('leaks', 'passed')).toEqual(wrong);
    // On the embedded database it may be one of those that need servers.
    expect(run('leaks', 'passed', undefined, false)).toEqual([]);
  });

  it('is found by its title, unless it is switched off', () => {
    const code =
      "it('a', f); it.each([1])('b %s', f); test('c', f); it.skip('d', f); describe('e', f); it.each<X>([\n])(\n'f', f)";
    expect([...testNames(code)]).toEqual(['a', 'b %s', 'c', 'f']);
  });
});
