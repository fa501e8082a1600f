import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { cli, MAIN } from '../support/cli.js';
import { newDatabase, TEST_SECRET, type TestDatabase } from '../support/database.js';
import { PASSWORD } from '../support/factories.js';
import { killServers, ServerProcess } from '../support/process.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000);

const STACK = /^\s+at /m;

describe('commands', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(async () => {
    await killServers();
    await database.drop();
  });

  test('user create-admin makes an account that signs in and administers', async () => {
    const email = 'root@example.org';
    const made = await cli(database.env, ['user', 'create-admin', '--email', email, '--name', '  Íñigo '], PASSWORD);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining(email) });
    expect(made.stdout + made.stderr).not.toContain(PASSWORD);

    const server = await ServerProcess.start(database.env);
    const { status, body } = await server.call('POST', '/auth/login', { body: { email, password: PASSWORD } });
    expect(status).toBe(200);
    const { access_token: token } = body as { access_token: string };
    expect(await server.call('GET', '/users/me', { token })).toMatchObject({ body: { first_name: 'Íñigo' } });
    expect((await server.call('GET', '/users', { token })).status).toBe(200);
    await server.stop();

    const again = await cli(database.env, ['user', 'create-admin', '--email', email], PASSWORD);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/email/i) });
    expect(again.stderr).not.toMatch(STACK);
  });

  test.each<[string, readonly string[], string]>([
    ['no address', ['--email', 'root'], PASSWORD],
    ['a name that is none', ['--email', 'root@example.org', '--name', 'x'.repeat(200)], PASSWORD],
    ['a password that everybody has', ['--email', 'root@example.org'], 'password1234'],
    ['no password', ['--email', 'root@example.org'], ''],
  ])('user create-admin refuses %s', async (_what, args, input) => {
    const refused = await cli(database.env, ['user', 'create-admin', ...args], input);
    expect(refused.code).toBe(1);
    expect(refused.stderr).not.toBe('');
    expect(refused.stderr).not.toMatch(STACK);
  });

  test('wrong usage ends with 2, a bad setting with 1', async () => {
    expect((await cli(database.env, ['user', 'create-admin'])).code).toBe(2);
    expect((await cli(database.env, ['migrate', 'sideways'])).code).toBe(2);
    expect((await cli(database.env, ['no-such-command'])).code).toBe(2);
    expect(await cli({ ...database.env, PORT: 'x' }, ['env', 'check'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('PORT'),
    });
  });

  test.each([
    ['before the host', 'postgresql://fam%40ily:hunter%2Ftwo@127.0.0.1:1/db', 'hunter/two'],
    ['as a parameter', 'postgresql://fam%40ily@127.0.0.1:1/db?password=hunter%2Ftwo&application_name=x', 'hunter/two'],
    ['not at all', 'postgresql://fam%40ily@127.0.0.1:1/db', ''],
  ])('db shell tells psql the password where nobody reads it: %s', async (_where, url, password) => {
    const folder = await mkdtemp(join(tmpdir(), 'family-assistant-'));
    await writeFile(join(folder, 'psql'), '#!/bin/sh\nprintf "%s\\n" "$@" "password $PGPASSWORD"\n', { mode: 0o755 });
    const settings = { DATA_DIR: folder, DATABASE_URL: url, JWT_SECRET_KEY: TEST_SECRET };
    const { code, stdout } = await cli({ ...settings, PATH: `${folder}:${process.env['PATH'] ?? ''}` }, [
      'db',
      'shell',
    ]);
    await rm(folder, { recursive: true, force: true });
    const [address = '', told, ...more] = stdout.trimEnd().split('\n');
    expect({ code, told, more }).toEqual({ code: 0, told: `password ${password}`.trim(), more: [] });
    expect(address).toContain('fam%40ily@127.0.0.1:1/db');
    expect(address).not.toContain('hunter');
  });

  test('are the same by another name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cli-'));
    const link = join(folder, 'family');
    await symlink(MAIN, link);
    expect(await cli(database.env, ['no-such-command'], '', link)).toMatchObject({ code: 2 });
    await rm(folder, { recursive: true });
  });

  test('migrate tells what it did', async () => {
    const lines = async (command: string): Promise<string> =>
      (await cli(database.env, ['migrate', command])).stdout.trim();
    expect(await lines('status')).toMatch(/^applied /);
    expect(await lines('down')).toMatch(/^took back /);
    expect(await lines('status')).toMatch(/^pending /m);
    expect(await lines('up')).toMatch(/^applied /);
    expect(await lines('up')).toBe('nothing is pending');
  });
});
