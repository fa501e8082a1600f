import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Environment } from '../../src/platform/config/index.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { serversControl, until } from '../support/process.js';

/** How often a test kills: 4 times in the ordinary run, 20 in `make test-faults`. */
const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? '4');
const ROOT = join(import.meta.dirname, '../..');
const SETTINGS = { JOBS_POLL_INTERVAL: '100', JOBS_LEASE: '2', DATABASE_CONNECT_TIMEOUT: '1000', NODE_ENV: 'test' };

const control = serversControl();

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(60_000 + ROUNDS * 60_000);

/** A job that was queued with its data is done whatever crashes; and done once where it ends with its result. */
describe('kill -9 while jobs are queued and done', () => {
  let database: TestDatabase;
  let actor: Actor | undefined;

  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(async () => {
    await actor?.kill();
    await database.drop();
  });

  /** Finishes what is left, and compares. */
  async function verify(asked: readonly number[], queued: readonly number[]): Promise<void> {
    actor = new Actor(database.env, 'drain');
    const last = actor;
    await until('the rest is done', () => last.hasEnded);
    const done = last.numbers('done');
    const came = new Set(done);
    expect(queued.filter((n) => !came.has(n))).toEqual([]);
    expect(done).toHaveLength(came.size);
    const known = new Set(asked);
    expect(done.filter((n) => !known.has(n))).toEqual([]);
  }

  test(`${String(ROUNDS)} times the server: every queued job is done, and once`, async () => {
    const asked: number[] = [];
    const queued: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      actor = new Actor(database.env, 'write', round * 1_000_000);
      const writer = actor;
      const enough = 20 + Math.floor(Math.random() * 200);
      await until('enough is queued', () => writer.numbers('queued').length >= enough);
      await writer.kill();
      asked.push(...writer.numbers('asked'));
      queued.push(...writer.numbers('queued'));
    }
    expect(queued.length).toBeGreaterThanOrEqual(ROUNDS * 20);
    await verify(asked, queued);
  });

  // The embedded database has no other process that could be killed.
  if (control) {
    test(`${String(ROUNDS)} times PostgreSQL: every queued job is done, and once`, async () => {
      actor = new Actor(database.env, 'write', 0);
      const writer = actor;
      for (let round = 1; round <= ROUNDS; round += 1) {
        const enough = writer.numbers('queued').length + 20 + Math.floor(Math.random() * 200);
        await until('enough is queued', () => writer.numbers('queued').length >= enough);
        await control('pg-kill');
        await control('pg-start');
      }
      expect(writer.hasEnded).toBe(false);
      await writer.kill();
      await verify(writer.numbers('asked'), writer.numbers('queued'));
    });
  }
});

/** The other process, and what it has said. */
class Actor {
  hasEnded = false;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private text = '';

  constructor(env: Environment, mode: 'write' | 'drain', firstNumber = 0) {
    const hooks = join(ROOT, 'scripts/ts-hooks.mjs');
    const file = join(import.meta.dirname, 'jobs.process.ts');
    this.child = spawn(process.execPath, ['--import', hooks, file, mode, String(firstNumber)], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...SETTINGS, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.text += text));
    this.ended = new Promise((resolve) => {
      this.child.once('close', () => {
        this.hasEnded = true;
        resolve();
      });
    });
  }

  /** The numbers after a word, of whole lines only. */
  numbers(word: string): number[] {
    return this.text
      .slice(0, this.text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line.startsWith(`${word} `))
      .flatMap((line) => line.slice(word.length).trim().split(' ').map(Number));
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
