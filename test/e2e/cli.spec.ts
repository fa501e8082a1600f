import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Environment } from '../../src/platform/config/index.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { PASSWORD } from '../support/factories.js';
import { ensureBuilt, killServers, ServerProcess } from '../support/process.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000);

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js');
const STACK = /^\s+at /m;

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as somebody at a terminal would. */
async function cli(env: Environment, args: readonly string[], input = ''): Promise<Outcome> {
  ensureBuilt();
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...env },
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

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
