import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Result } from '../../bench/load/report.js';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { newDatabase } from '../support/database.js';
import { killServers, moveIn, ServerProcess } from '../support/process.js';

// A limit for what hangs: the runner starts a server of its own, makes accounts and waits for every answer.
jest.setTimeout(300_000);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The runner as `npm run load` starts it, without building first. */
async function runLoad(...args: readonly string[]): Promise<Ended> {
  const command = ['--import', './scripts/ts-hooks.mjs', 'bench/load/run.ts', ...args];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, {
      cwd: PROJECT_DIR,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** k6 where it has been built; CI builds it. */
const k6 = spawnSync('bash', ['scripts/load/k6.sh', '--find'], { cwd: PROJECT_DIR, encoding: 'utf8' });
const [byK6, title] =
  k6.status === 0
    ? [it, 'is played by k6 as well']
    : [it.skip, `is played by k6 as well, NOT RUN: ${k6.stderr.trim()}`];

/** A small load: what is measured is the machine's matter, what is counted is not. */
const SMALL = ['--users', '3', '--seconds', '5', '--ramp', '1', '--memories', '5'];

describe('npm run load', () => {
  let out: string;

  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'family-assistant-load-'));
  });
  afterEach(async () => {
    await killServers();
    await rm(out, { recursive: true, force: true });
  });

  const resultOf = async (): Promise<Result> => JSON.parse(await readFile(join(out, 'result.json'), 'utf8')) as Result;

  it('loads a server of its own, with every limit on, and reports what that server counted', async () => {
    const { code, stdout, stderr } = await runLoad(...SMALL, '--out', out);

    // A request that failed is told of there.
    expect(stderr).toBe('');
    const result = await resultOf();
    expect(result.answers['sign_in 200']).toBeGreaterThanOrEqual(3);
    expect(result.counted).toEqual(result.answers);
    expect(result.all).toMatchObject({ errors: 0, requests: sum(result.answers) });
    expect(Object.values(result.steps).reduce((total, { requests }) => total + requests, 0)).toBe(result.all.requests);
    expect(result.peak).toBeGreaterThan(50);

    // Whether it was fast enough depends on the machine; that the end says so does not.
    const isMet = Object.fromEntries(result.verdicts.map((verdict) => [verdict.what, verdict.isMet]));
    expect(isMet).toMatchObject({ 'requests that failed': true, 'requests that the server counted': true });
    expect(code).toBe(Object.values(isMet).every(Boolean) ? 0 : 1);
    expect(stdout).toContain(`report: ${out}/report.md`);

    expect((await readdir(out)).sort()).toEqual([
      'latency.svg',
      'memory.svg',
      'report.md',
      'requests.svg',
      'result.json',
    ]);
    const report = await readFile(join(out, 'report.md'), 'utf8');
    expect(report).toContain('![Time of an answer](latency.svg)');
    expect(report).toMatch(new RegExp(`\\| all +\\| ${String(result.all.requests)} +\\| 0\\.00 % `));
  });

  byK6(title, async () => {
    const { code, stderr } = await runLoad(...SMALL, '--out', out, '--generator', 'k6', '--k6', k6.stdout.trim());

    const result = await resultOf();
    expect(result.generator).toBe('k6');
    expect(result.answers['sign_in 200']).toBeGreaterThanOrEqual(3);
    expect(result.counted).toEqual(result.answers);
    expect(result.all.errors).toBe(0);
    expect(code).toBe(result.verdicts.every(({ isMet }) => isMet) ? 0 : 1);
    // k6 tells of crossed thresholds there, and of nothing else.
    expect(stderr.split('\n').filter((line) => line !== '' && !line.includes('have been crossed'))).toEqual([]);
  });

  it('loads a server that runs, by the accounts it is given, and says when requests fail', async () => {
    const database = await newDatabase();
    try {
      const server = await ServerProcess.start({ ...database.env, RATE_LIMIT_MULTIPLIER: '1' });
      const { email, password } = await moveIn(server);
      const accounts = join(out, 'accounts.json');
      const stranger = { email: 'nobody@load.example.org', password };
      await writeFile(accounts, JSON.stringify([{ email, password }, stranger]));

      const { code, stderr } = await runLoad(
        ...['--users', '2', '--seconds', '4', '--ramp', '0', '--out', out, '--url', server.url, '--accounts', accounts],
      );

      const result = await resultOf();
      expect(result.server).toContain(server.url);
      expect(result.answers['sign_in 200']).toBeGreaterThanOrEqual(1);
      expect(result.answers['sign_in 401']).toBeGreaterThanOrEqual(1);
      expect(result.counted).toEqual(result.answers);
      expect(result.all.errors).toBeGreaterThanOrEqual(1);
      expect(stderr).toContain('sign_in was answered with 401 invalid_credentials');
      expect(code).toBe(1);
    } finally {
      await killServers();
      await database.drop();
    }
  });

  it('refuses what cannot be used, with code and field, before anything starts', async () => {
    expect(await runLoad('--users', 'many')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'invalid_option (--users): must be a whole number from 1 to 2000\n',
    });
  });

  it('explains itself', async () => {
    expect(await runLoad('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--accounts FILE') });
  });
});

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
