import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { toMend } from '../../scripts/audit.mjs';

const TODAY = '2026-06-15';
const advisory = (id: string, severity: string): object => ({
  url: `https://github.com/advisories/${id}`,
  title: 'Prototype pollution',
  severity,
});
const report = (...via: readonly object[]): object => ({
  vulnerabilities: { somewhere: { via: ['elsewhere', ...via] } },
});

describe('the audit of dependencies', () => {
  it('fails on what is high or critical, and on nothing less', () => {
    const found = toMend(
      report(advisory('GHSA-aaaa', 'high'), advisory('GHSA-bbbb', 'critical'), advisory('GHSA-cccc', 'moderate')),
      [],
      TODAY,
    );
    expect(found.map((line) => line.split(':')[0])).toEqual(['GHSA-aaaa', 'GHSA-bbbb']);
    expect(toMend({}, [], TODAY)).toEqual([]);
  });

  it('accepts one by its id with a reason, until its day', () => {
    const exception = { id: 'GHSA-aaaa', reason: 'the code is never reached', until: TODAY };
    const one = report(advisory('GHSA-aaaa', 'high'));
    expect(toMend(one, [exception], TODAY)).toEqual([]);
    expect(toMend(one, [exception], '2026-06-16')).toHaveLength(1);
    expect(toMend(one, [{ ...exception, id: 'GHSA-zzzz' }], TODAY)).toHaveLength(1);
  });

  it.each([
    ['no reason', { id: 'GHSA-aaaa', reason: '', until: TODAY }],
    ['no end', { id: 'GHSA-aaaa', reason: 'the code is never reached' }],
    ['no id', { reason: 'the code is never reached', until: TODAY }],
  ])('takes no exception with %s', (_name, exception) => {
    expect(toMend(report(), [exception], TODAY)[0]).toMatch(/^not an exception/);
  });

  it('has valid exceptions in the file', () => {
    const exceptions = JSON.parse(readFileSync(join(PROJECT_DIR, 'security-exceptions.json'), 'utf8')) as object[];
    expect(toMend({}, exceptions, '2026-01-01')).toEqual([]);
  });
});
