import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Environment } from '../../src/platform/config/index.js';
import { scratchPrefixOf } from '../../src/modules/backup/postgresql/postgres-scratch.js';
import { newBackupPlace, type Backup, type BackupPlace } from '../support/backup.js';
import { cli } from '../support/cli.js';
import { asOwner, newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { seeded } from '../support/faults/random.js';
import { measured } from '../support/measure.js';
import { ensureBuilt, killServers, moveIn, ServerProcess, until, type Answer } from '../support/process.js';

const ROUNDS = Math.min(10, Number(process.env['FAULT_ROUNDS'] ?? '1'));
const SEED = Number(process.env['FAULT_SEED'] ?? '20261121');
/** A killed server's job is taken over after two seconds. */
const JOBS = { JOBS_POLL_INTERVAL: '100', JOBS_LEASE: '2', JOBS_DRAIN_TIMEOUT: '0' };

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(120_000 + ROUNDS * 120_000);

let place: BackupPlace;
let database: TestDatabase;
let env: Environment;

beforeEach(async () => {
  place = await newBackupPlace();
  database = await newDatabase();
  env = { ...database.env, ...place.env };
});
afterEach(async () => {
  await killServers();
  await database.drop();
  await place.drop();
});

/** What `backup list` says, row by row. */
async function list(): Promise<Record<string, unknown>[]> {
  const { stdout, code } = await cli(env, ['backup', 'list']);
  expect(code).toBe(0);
  const rows = stdout.split('\n').filter((line) => line !== '');
  return rows.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event !== 'none');
}

/** Files that belong to no backup, and copies of the database that nobody works on. */
async function leftovers(): Promise<string[]> {
  const manifests = await place.named('manifest.json');
  const ids = manifests.map((name) => name.slice(0, -'.manifest.json'.length));
  const files = (await place.files()).filter((name) => !ids.some((id) => name.startsWith(id)));
  // Others at work on the same PostgreSQL have copies of theirs.
  const owner = database.env['DATABASE_OWNER_URL'] ?? '';
  const prefix = onPostgres ? scratchPrefixOf(new URL(owner).pathname.slice(1)) : '';
  const copies = onPostgres
    ? (await asOwner(owner, DATABASES)).rows
        .map(({ datname }) => String(datname))
        .filter((name) => name.startsWith(prefix))
    : await readdir(join(database.env['DATA_DIR'] ?? '', 'backup-work')).catch(() => []);
  return [...files, ...copies];
}
const DATABASES = 'SELECT datname FROM pg_database';

describe('kill -9', () => {
  test('at every stage of a backup: what is listed is whole, the next one is made, nothing else is left', async () => {
    const stages = ['snapshot', 'dump', 'manifest', 'restore', 'compare', 'migrate', 'search'];
    const random = seeded(SEED);
    // Each stage costs some starts of a process: the ordinary run does some of them.
    const chosen = ROUNDS > 1 ? stages : stages.filter((_, at) => at === 1 || at === 3 || random() < 0.15);
    for (const stage of chosen) {
      await killAt(stage);
      for (const row of await list()) expect(row).toMatchObject({ event: 'backup', whole: true, verified: false });
    }
    const before = (await list()).length;
    expect(await cli(env, ['backup', 'create'])).toMatchObject({ code: 0, stderr: '' });
    const rows = await list();
    expect(rows).toHaveLength(before + 1);
    expect(rows.at(-1)).toMatchObject({ whole: true, verified: true });
    expect(await leftovers()).toEqual([]);
    measured('kill -9 in a backup', { stages: chosen.length, 'left over': 0 });
  });
});

/** Runs a command and kills it when it says that a stage has begun. */
async function killAt(stage: string): Promise<void> {
  ensureBuilt();
  const main = join(import.meta.dirname, '../../dist/src/cli/main.js');
  const child = spawn(process.execPath, [main, 'backup', 'create'], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  let hasEnded = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes(`"phase":"${stage}"`)) child.kill('SIGKILL');
  });
  child.once('close', () => (hasEnded = true));
  await until('it has ended', () => hasEnded);
  expect(said).toContain(`"phase":"${stage}"`);
}

describe('a server that ends in the middle of a backup', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s: it is made after the start, and nothing else is left',
    async (signal) => {
      const random = seeded(SEED);
      let server = await ServerProcess.start({ ...env, ...JOBS });
      const { token } = await moveIn(server);
      for (let round = 0; round < ROUNDS; round += 1) {
        const asked = (await server.call('POST', '/backups', { token })) as Answer<Backup>;
        expect(asked.status).toBe(202);
        const { id } = asked.body;
        const read = async (): Promise<Backup & { phase: string | null }> =>
          ((await server.call('GET', `/backups/${id}`, { token })) as Answer<Backup & { phase: string | null }>).body;
        const isInCopy = random() < 0.5;
        await until('it is in the middle', async () => {
          const { state, phase, verification } = await read();
          return isInCopy ? state === 'running' && phase !== null : verification === 'pending';
        });
        server.signal(signal);
        await server.ended;
        server = await ServerProcess.start({ ...env, ...JOBS });
        const made = await until('it is made and verified', async () => {
          const backup = await read();
          return backup.verification === 'verified' && backup;
        });
        expect(made).toMatchObject({ state: 'succeeded', error: null, stored: 'present' });
      }
      await server.stop();
      expect(await list()).toHaveLength(ROUNDS);
      expect(await leftovers()).toEqual([]);
    },
  );
});
