import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readOptions } from '../../bench/load/options.js';
import { SCENARIOS } from '../../bench/load/scenarios.js';

describe('the options of the load runner', () => {
  it('are those of 100 users unless something else is said', () => {
    expect(readOptions([])).toEqual({
      name: 'users-100',
      load: SCENARIOS.loads['users-100'],
      out: 'data/load/users-100',
      memories: SCENARIOS.world.memories,
      generator: 'npm',
    });
  });

  it('choose a load by its name', () => {
    expect(readOptions(['--load', 'burst', '--out', 'here'])).toMatchObject({
      name: 'burst',
      load: { first: 10, users: 200 },
      out: 'here',
    });
  });

  it('change single figures of it; in a short one the users come sooner', () => {
    expect(readOptions(['--users', '3', '--seconds=8'])).toMatchObject({
      name: 'custom',
      load: { users: 3, seconds: 8, ramp: 2 },
      out: 'data/load/custom',
    });
  });

  it('tell by the name of the load that it was changed', () => {
    expect(readOptions(['--load', 'soak', '--seconds', '120'])).toMatchObject({ name: 'soak, changed' });
  });

  it('name a server that runs, without what does not belong to its address', () => {
    expect(readOptions(['--url', 'https://family.example.org/'])).toMatchObject({ url: 'https://family.example.org' });
  });

  it.each([
    ['unknown_option', '--user', ['--user', '3']],
    ['unknown_option', 'burst', ['burst']],
    ['invalid_option', '--load', ['--load', 'toString']],
    ['invalid_option', '--users', ['--users', '0']],
    ['invalid_option', '--users', ['--users', '2001']],
    ['invalid_option', '--users', ['--users', '1e2']],
    ['invalid_option', '--users', ['--users', '-5']],
    ['invalid_option', '--users', ['--users']],
    ['invalid_option', '--seconds', ['--seconds', '1.5']],
    ['invalid_option', '--ramp', ['--ramp', 'x']],
    ['invalid_option', '--memories', ['--memories', '']],
    ['invalid_option', '--url', ['--url', 'ftp://example.org']],
    ['invalid_option', '--url', ['--url', 'http://example.org/api']],
    ['invalid_option', '--url', ['--url', 'http://me:secret@example.org']],
    ['invalid_option', '--generator', ['--generator', 'locust']],
    ['missing_option', '--k6', ['--generator', 'k6']],
    ['conflicting_options', '--accounts', ['--accounts', 'accounts.json']],
    ['conflicting_options', '--ramp', ['--seconds', '10', '--ramp', '11']],
    ['conflicting_options', '--ramp', ['--load', 'burst', '--seconds', '10']],
  ])('are refused with %s (%s): %j', (code, field, args) => {
    expect(() => readOptions(args)).toThrow(expect.objectContaining({ code, field }));
  });
});

describe('the accounts that are given', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'family-assistant-accounts-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const given = (text: string): unknown => {
    const file = join(folder, 'accounts.json');
    writeFileSync(file, text);
    return readOptions(['--url', 'http://127.0.0.1:3000', '--accounts', file]).accounts;
  };

  it('are a list of emails and passwords', () => {
    const accounts = [{ email: 'maria@example.org', password: 'x' }];
    expect(given(JSON.stringify(accounts))).toEqual(accounts);
  });

  it.each([
    ['is no JSON', 'maria@example.org'],
    ['must be a list', '{}'],
    ['must be a list', '[]'],
    ['has at 1 something without', '[{"email": "a", "password": "b"}, {"email": "a"}]'],
    ['has at 0 something without', '[null]'],
  ])('are refused when the file %s: %s', (detail, text) => {
    expect(() => given(text)).toThrow(
      expect.objectContaining({
        code: 'invalid_option',
        field: '--accounts',
        message: expect.stringContaining(detail),
      }),
    );
  });

  it('are refused when there is no file', () => {
    expect(() => readOptions(['--url', 'http://127.0.0.1:3000', '--accounts', join(folder, 'none')])).toThrow(
      'invalid_option (--accounts): cannot be read',
    );
  });
});
