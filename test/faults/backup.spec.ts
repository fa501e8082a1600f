import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { BackupRuns } from '../../src/modules/backup/backup-runs.service.js';
import type { BackupError } from '../../src/modules/backup/backup.errors.js';
import { HouseholdBackups } from '../../src/modules/backup/household.service.js';
import { readManifest, writeManifest, type Manifest } from '../../src/modules/backup/manifest.js';
import type { Environment } from '../../src/platform/config/index.js';
import { newBackupPlace, type BackupPlace } from '../support/backup.js';
import { cli, type Outcome } from '../support/cli.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asOwner, newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { asIdentity } from '../support/factories.js';
import { ensureBuilt, until } from '../support/process.js';

// A limit for what hangs; backups start other programs, on a machine that may be busy.
jest.setTimeout(300_000);

const NEVER = new AbortController().signal;
const quiet = (): void => undefined;

let place: BackupPlace;
let database: TestDatabase;
let server: TestApp | undefined;

beforeEach(async () => {
  place = await newBackupPlace();
  database = await newDatabase();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await database.drop();
  await place.drop();
});

async function start(env: Environment = {}): Promise<TestApp> {
  server = await startApp({ database, env: { ...place.env, BACKUP_IDENTITY_FILE: '', JOBS_ENABLED: 'false', ...env } });
  return server;
}

/** Makes a backup; its code where it fails. */
async function backUp(app: TestApp): Promise<string> {
  return app.app
    .get(BackupRuns)
    .createNow('command', NEVER, quiet)
    .then(
      () => 'made',
      (error: unknown) => (error as BackupError).code,
    );
}

async function manifests(): Promise<Manifest[]> {
  const names = await place.named('manifest.json');
  return Promise.all(names.map(async (name) => readManifest((await place.read(name)).toString())));
}

/** Files that belong to no backup with a manifest. */
async function orphans(): Promise<string[]> {
  const ids = (await manifests()).map(({ id }) => id);
  return (await place.files()).filter((name) => !ids.some((id) => name.includes(id)));
}

const states = (app: TestApp): Promise<{ state: string; error: string | null }[]> =>
  asIdentity(app, 'SELECT state, error FROM backup.run ORDER BY id', []);

describe('a backup that cannot be made leaves nothing, and its own code', () => {
  test('the target is no folder', async () => {
    await writeFile(place.folder, '');
    const app = await start();
    expect(await backUp(app)).toBe('backup_target_away');
    expect(await states(app)).toEqual([{ state: 'failed', error: 'backup_target_away' }]);
  });

  test('the disk is full at a tenth, at half, at 99 %', async () => {
    const app = await start();
    expect(await backUp(app)).toBe('made');
    const [{ archive }] = (await manifests()) as [Manifest];
    for (const name of await place.files()) await place.remove(name);
    for (const part of [0.1, 0.5, 0.99]) {
      // Whole pages: of what fits less than that is left.
      const size = Math.max(4096, Math.floor((archive.size * part) / 4096) * 4096);
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(size)}`, 'tmpfs', place.folder]);
      try {
        expect(await backUp(app)).toBe('backup_disk_full');
        expect(await place.files()).toEqual([]);
      } finally {
        execFileSync('umount', [place.folder]);
      }
    }
    expect(await backUp(app)).toBe('made');
    expect(await orphans()).toEqual([]);
  });

  test('two at once: one is made, the other is told', async () => {
    const app = await start();
    const outcomes = await Promise.all([backUp(app), backUp(app)]);
    expect(outcomes.toSorted()).toEqual(['backup_running', 'made']);
    expect(await manifests()).toHaveLength(1);
  });

  test('it is stopped in the middle', async () => {
    const app = await start();
    for (const phase of ['snapshot', 'dump', 'manifest']) {
      const stop = new AbortController();
      const made = app.app.get(BackupRuns).createNow('command', stop.signal, (now) => {
        if (now === phase) stop.abort();
      });
      await expect(made).rejects.toMatchObject({ code: 'backup_cancelled' });
      expect(await place.files()).toEqual([]);
    }
    expect(await backUp(app)).toBe('made');
  });

  const onServer = onPostgres ? test : test.skip;

  onServer('of pg_dump: it dies, is older than the server, is not there', async () => {
    const bin = await mkdtemp(join(tmpdir(), 'family-assistant-bin-'));
    const fake = async (name: string, script: string): Promise<void> => {
      await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, name), 0o755);
    };
    const real = process.env['TEST_PG_BIN'] ?? '';
    try {
      const app = await start({ BACKUP_PG_BIN: bin });
      expect(await backUp(app)).toBe('backup_client_missing');
      await fake('pg_restore', `exec ${real}/pg_restore "$@"`);
      await fake('pg_dump', 'echo "pg_dump (PostgreSQL) 12.3"');
      expect(await backUp(app)).toBe('backup_client_too_old');
      const version = '[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit';
      await fake('pg_dump', `${version}; head -c 100000 /dev/zero; kill -9 $$`);
      expect(await backUp(app)).toBe('backup_dump_failed');
      await fake('pg_dump', `${version}; head -c 100000 /dev/zero; exit 1`);
      expect(await backUp(app)).toBe('backup_dump_failed');
      expect(await place.files()).toEqual([]);
      expect((await states(app)).map(({ error }) => error)).toEqual([
        'backup_client_missing',
        'backup_client_too_old',
        'backup_dump_failed',
        'backup_dump_failed',
      ]);
    } finally {
      await rm(bin, { recursive: true });
    }
  });

  onServer('of the login: row-level security would filter, or it may not read', async () => {
    const superuser = process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '';
    const owner = database.env['DATABASE_OWNER_URL'] ?? '';
    const role = `fa_blind_${createHash('sha256').update(owner).digest('hex').slice(0, 8)}`;
    await asOwner(superuser, `CREATE ROLE ${role} LOGIN BYPASSRLS PASSWORD 'blind'`);
    try {
      const app = await start({ BACKUP_DATABASE_URL: owner });
      expect(await backUp(app)).toBe('backup_role_filtered');
      await app.close();
      const blind = Object.assign(new URL(owner), { username: role, password: 'blind' }).href;
      expect(await backUp(await start({ BACKUP_DATABASE_URL: blind }))).toBe('backup_role_denied');
      expect(await place.files()).toEqual([]);
    } finally {
      await asOwner(superuser, `DROP ROLE ${role}`);
    }
  });
});

describe('what is stored is in doubt', () => {
  test('the newest manifest is gone: the chain goes on behind it, and nothing is deleted', async () => {
    const app = await start();
    await backUp(app);
    await backUp(app);
    const [first, second] = await place.named('manifest.json');
    const text = await place.read(second ?? '');
    await place.remove(second ?? '');
    expect(await backUp(app)).toBe('made');
    const last = (await manifests()).at(-1);
    expect(last?.sequence).toBe(3);
    expect(last?.previous).toEqual({ sequence: 2, sha256: createHash('sha256').update(text).digest('hex') });
    const events = await asIdentity<{ fault: string }>(
      app,
      `SELECT details->>'fault' AS fault FROM audit_events WHERE action = 'backup.retention'`,
      [],
    );
    expect(events).toContainEqual({ fault: 'backup_manifest_missing' });
    expect(await place.named('manifest.json')).toContain(first);
  });

  test('a half-written backup is none', async () => {
    const app = await start();
    await backUp(app);
    const [archive = ''] = (await place.files()).filter((name) => name.endsWith('.age'));
    const other = archive.replace('000001', '000002').replace(/-[0-9a-f]{12}\./, '-0123456789ab.');
    await place.write(other, (await place.read(archive)).subarray(0, 1000));
    await place.write(`${other}.partial`, Buffer.from('x'));
    expect((await list()).map(({ event }) => event)).toEqual(['backup']);
  });

  test('it was tampered with: nothing of it is restored', async () => {
    const app = await start();
    await backUp(app);
    await backUp(app);
    const [first = '', second = ''] = await place.named('manifest.json');
    const [one = '', two = ''] = [await place.read(first), await place.read(second)].map(String);
    const forge = (text: string, change: (manifest: Manifest) => object): Buffer =>
      Buffer.from(writeManifest({ ...readManifest(text), ...change(readManifest(text)) }));
    const codeOf = async (which: string): Promise<string> => (await verify(which)).stderr;
    await app.close();
    server = undefined;

    await place.write(first, Buffer.from(one.replace('"rows": 0', '"rows": 7')));
    expect(await codeOf('1')).toContain('(backup_manifest_tampered)');
    await place.write(
      first,
      forge(one, ({ tables }) => ({ tables: tables.slice(1) })),
    );
    expect(await codeOf('1')).toContain('(backup_manifest_tampered)'); // the next one knows it
    await place.write(
      second,
      forge(two, ({ tables }) => ({ tables: tables.slice(1) })),
    );
    expect(await codeOf('2')).toContain('(backup_restored_differs)');
    const changed = ({ source }: Manifest): object => ({ source: { ...source, migrations: ['Of2099'] } });
    await place.write(second, forge(two, changed));
    expect(await codeOf('2')).toContain('(backup_schema_newer)');
    const foreign = ({ source }: Manifest): object => ({
      source: { ...source, kind: onPostgres ? 'embedded' : 'postgresql' },
    });
    await place.write(second, forge(two, foreign));
    expect(await codeOf('2')).toContain('(backup_engine_differs)');
    await place.write(first, Buffer.from(one));
    await place.write(
      second,
      forge(two, () => ({ archive: readManifest(one).archive })),
    );
    expect(await codeOf('2')).toContain('(backup_restored_differs)'); // another backup in its place
    await place.write(second, Buffer.from(two));
    await place.remove(readManifest(two).archive.name);
    expect(await codeOf('2')).toContain('(backup_archive_missing)');
    expect(await place.named('verified.json')).toEqual([]);
  });

  test('the key does not fit, can be read by others, or is none', async () => {
    const app = await start();
    await backUp(app);
    await app.close();
    server = undefined;
    const other = await place.newKey('other');
    expect((await verify('latest', other.file)).stderr).toContain('(backup_wrong_key)');
    await chmod(other.file, 0o644);
    expect((await verify('latest', other.file)).stderr).toContain('(backup_identity_unreadable)');
    await writeFile(place.key.file, 'AGE-SECRET-KEY-1NONSENSE\n');
    expect((await verify('latest')).stderr).toContain('(backup_identity_invalid)');
    expect((await verify('latest', '/nowhere.key')).stderr).toContain('(backup_identity_unreadable)');
  });
});

describe('kill -9', () => {
  test('at every stage of a backup: what is listed is whole, the next one is made, nothing else is left', async () => {
    const env = { ...database.env, ...place.env };
    const stages = onPostgres
      ? ['snapshot', 'dump', 'restore', 'compare']
      : ['snapshot', 'dump', 'restore', 'compare', 'migrate'];
    for (const stage of stages) {
      await killAt(env, ['backup', 'create'], stage);
      for (const row of await list()) expect(row).toMatchObject({ event: 'backup', whole: true });
    }
    const before = (await list()).length;
    const made = await cli(env, ['backup', 'create']);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const rows = await list();
    expect(rows).toHaveLength(before + 1);
    expect(rows.at(-1)).toMatchObject({ whole: true, verified: true });
    const own = (await orphans()).filter((name) => !name.endsWith('.partial'));
    expect(own).toEqual([]);
    const app = await start();
    const interrupted = (await states(app)).filter(({ state }) => state !== 'succeeded');
    expect(new Set(interrupted.map(({ error }) => error))).toEqual(new Set(['backup_interrupted']));
    await app.app.get(HouseholdBackups).alone(NEVER, () => Promise.resolve());
  });
});

/** Runs a command and kills it when it says that a stage has begun. */
async function killAt(env: Environment, args: readonly string[], stage: string): Promise<void> {
  ensureBuilt();
  const main = join(import.meta.dirname, '../../dist/src/cli/main.js');
  const child = spawn(process.execPath, [main, ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  let hasEnded = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.once('close', () => (hasEnded = true));
  await until(`${stage} has begun`, () => said.includes(`"phase":"${stage}"`) || hasEnded);
  child.kill('SIGKILL');
  await until('it has ended', () => hasEnded);
  expect(said).toContain(`"phase":"${stage}"`);
}

/** What `backup list` says, row by row. */
async function list(): Promise<Record<string, unknown>[]> {
  const { stdout, code } = await cli({ ...database.env, ...place.env }, ['backup', 'list']);
  expect(code).toBe(0);
  const rows = stdout.split('\n').filter((line) => line !== '');
  return rows.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event !== 'none');
}

const verify = (which: string, identity = place.key.file): Promise<Outcome> =>
  cli({ ...database.env, ...place.env }, ['backup', 'verify', which, '--identity', identity]);
