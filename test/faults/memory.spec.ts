import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Environment } from '../../src/platform/config/index.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { Provider } from '../support/embedding/provider.js';
import { ensureBuilt, killServers, moveIn, ServerProcess, serversControl, until } from '../support/process.js';
import { checkMemory, MemoryLedger } from './memory-ledger.js';

/** How often a test kills: 3 times in the ordinary run, 20 in `make test-faults`. */
const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? '3');
const SEED = Number(process.env['FAULT_SEED'] ?? '20261121');
const CLI = join(import.meta.dirname, '../../dist/src/cli/main.js');

const SETTINGS: Environment = {
  EMBEDDINGS: 'local',
  EMBEDDINGS_MODEL: join(import.meta.dirname, '../support/embedding/tiny-model'),
  ACCESS_TOKEN_TTL: '3600',
  JOBS_POLL_INTERVAL: '100',
  JOBS_LEASE: '2',
};

const control = serversControl();

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(120_000 + ROUNDS * 60_000);

/**
 * What was acknowledged is there after any crash: found by its words, with its vector, its facts read once, turns
 * numbered without gaps, and no operation half done.
 */
describe('kill -9 under memory at work', () => {
  let database: TestDatabase;
  let ledger: MemoryLedger;
  let env: Environment;

  beforeEach(async () => {
    database = await newDatabase();
    ledger = new MemoryLedger(SEED);
    env = { ...database.env, ...SETTINGS };
  });
  afterEach(async () => {
    await killServers();
    await database.drop();
  });

  test(`${String(ROUNDS)} times the server`, async () => {
    let server = await ServerProcess.start(env);
    const resident = await moveIn(server);
    await ledger.begin(server, resident);
    for (let round = 1; round <= ROUNDS; round += 1) {
      await ledger.writeUntil(server, ledger.count + 5 + ledger.chance(40), () => server.kill());
      server = await ServerProcess.start(env);
      await ledger.verify(server);
    }
    await ledger.settled(server);
    await server.stop();
    await checkMemory(env, ledger);
  });

  // The embedded database has no other process that could be killed.
  if (control) {
    test(`${String(ROUNDS)} times PostgreSQL`, async () => {
      const server = await ServerProcess.start(env);
      const resident = await moveIn(server);
      await ledger.begin(server, resident);
      for (let round = 1; round <= ROUNDS; round += 1) {
        await ledger.writeUntil(server, ledger.count + 5 + ledger.chance(40), () => control('pg-kill'));
        await control('pg-start');
        await until('the server is ready again', async () => (await server.fetch('/health/ready')).ok);
        await ledger.verify(server);
      }
      expect(server.hasEnded).toBe(false);
      await ledger.settled(server);
      await server.stop();
      await checkMemory(env, ledger);
    });

    test(`${String(ROUNDS)} times Redis: not one write fails`, async () => {
      const server = await ServerProcess.start(env);
      const resident = await moveIn(server);
      await ledger.begin(server, resident);
      for (let round = 1; round <= ROUNDS; round += 1) {
        const isAway = control('redis-kill');
        await ledger.write(server, 5 + ledger.chance(20));
        await isAway;
        await ledger.verify(server);
        await control('redis-start');
        await ledger.write(server, 5);
      }
      await ledger.verify(server);
      await ledger.settled(server);
      await server.stop();
      await checkMemory(env, ledger);
    });
  }

  test(`${String(ROUNDS)} times reembed: it goes on where it was, and switches once`, async () => {
    const provider = await Provider.start();
    try {
      const first = await ServerProcess.start(env);
      const resident = await moveIn(first);
      await ledger.begin(first, resident);
      await ledger.write(first, 200 + ROUNDS * 70);
      await ledger.settled(first);
      await first.stop();
      const other = {
        ...env,
        EMBEDDINGS: 'openai',
        EMBEDDINGS_URL: provider.url,
        EMBEDDINGS_MODEL: 'two',
        EMBEDDINGS_DIMENSIONS: '2',
        EMBEDDINGS_BATCH: '16',
      };
      // Beside a running server where the database can be shared.
      const server = control ? await ServerProcess.start(env) : undefined;
      for (let round = 1; round <= ROUNDS; round += 1) {
        const command = new Reembed(other);
        const enough = provider.requests.length + 1 + ledger.chance(4);
        await until('it is at work', () => provider.requests.length >= enough || command.hasEnded);
        await command.kill();
        if (server) await ledger.write(server, 3);
      }
      const last = new Reembed(other);
      if (server) {
        await until('it is at work', () => last.text.includes('progress'));
        const second = new Reembed(other);
        await until('one of them ends', () => second.hasEnded);
        // It is refused, or comes when nothing is left to do.
        expect(second.code === 0 || second.text.includes('reembedding_in_progress')).toBe(true);
        await ledger.verify(server);
      }
      await until('it ends', () => last.hasEnded);
      expect({ code: last.code, text: last.text }).toMatchObject({
        code: 0,
        text: expect.stringContaining('"event":"done"'),
      });
      await server?.stop();
      const after = await ServerProcess.start({ ...other });
      await ledger.settled(after);
      await ledger.verify(after);
      await after.stop();
      await checkMemory(other, ledger, 'two@2');
    } finally {
      await provider.stop();
    }
  });
});

/** The command `reembed` as a process of its own. */
class Reembed {
  text = '';
  code: number | null = null;
  hasEnded = false;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  constructor(env: Environment) {
    ensureBuilt();
    this.child = spawn(process.execPath, [CLI, 'reembed'], {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.text += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.text += text));
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        this.code = code;
        this.hasEnded = true;
        resolve();
      });
    });
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
