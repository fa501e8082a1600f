import { chmod, cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Environment } from '../../src/platform/config/index.js';
import { newBackupPlace, type BackupPlace } from '../support/backup.js';
import { cli, type Outcome } from '../support/cli.js';
import { startApp } from '../support/create-app.js';
import { asOwner, newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { as, newFirstAdmin, signIn } from '../support/factories.js';

// A limit for what hangs: each command is a process of its own.
jest.setTimeout(180_000);

type Line = Readonly<Record<string, unknown>>;

describe('what a restore and its sisters refuse, and what they say', () => {
  let place: BackupPlace;
  let database: TestDatabase;
  let env: Environment;
  let kept: string[];

  beforeEach(async () => {
    [place, database, kept] = [await newBackupPlace(), await newDatabase(), []];
    env = { ...database.env, ...place.env };
  });
  afterEach(async () => {
    for (const name of kept) await asOwner(process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '', `DROP DATABASE ${name}`);
    await database.drop();
    await place.drop();
  });

  async function run(...args: readonly string[]): Promise<ReadonlyMap<unknown, Line>> {
    const outcome = await cli(env, args);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    return saidIn(outcome);
  }

  function saidIn({ stdout }: Outcome): ReadonlyMap<unknown, Line> {
    const lines = stdout.split('\n').filter((line) => line !== '');
    const said = new Map(lines.map((line) => JSON.parse(line) as Line).map((line) => [line['event'], line]));
    const name = said.get('restored')?.['kept'];
    if (onPostgres && typeof name === 'string') kept.push(name);
    return said;
  }

  async function refused(code: string, ...args: readonly string[]): Promise<Outcome> {
    const outcome = await cli(env, args);
    expect(outcome.stderr).toContain(`(${code})`);
    expect(outcome.code).toBe(1);
    return outcome;
  }

  it('says which newer backups are left out, where the backup comes from, and where it went', async () => {
    env = { ...env, BACKUP_IDENTITY_FILE: '' };
    const identity = ['--identity', place.key.file];
    await run('backup', 'create');
    await refused('backup_none_verified', 'restore', 'latest-verified', '--replace', ...identity);
    await run('backup', 'verify', '1', ...identity);
    await run('backup', 'create');
    await run('backup', 'create');
    const [third = ''] = (await place.named('manifest.json')).slice(-1);
    await place.write(third, Buffer.from(`${(await place.read(third)).toString()} `));
    const said = await run('restore', 'latest-verified', '--replace', ...identity);
    expect(said.get('chosen')).toMatchObject({ sequence: 1, from: place.folder });
    expect(said.get('skipped')).toMatchObject({
      skipped: [
        { sequence: 2, lacks: 'verification' },
        { sequence: 3, lacks: 'a manifest that can be believed' },
      ],
    });
    expect(said.get('restored')?.['into']).toContain(
      onPostgres ? new URL(env['DATABASE_URL'] ?? '').pathname.slice(1) : env['DATA_DIR'],
    );
  });

  it('lets no backup change what it is to keep: migrations that are pending stay so', async () => {
    expect(await cli(env, ['migrate', 'down'])).toMatchObject({ code: 0 });
    await refused('migrations_pending', 'backup', 'create');
    expect(await place.files()).toEqual([]);
    const { stdout } = await cli(env, ['migrate', 'status']);
    expect(stdout).toContain('pending');
    expect(await cli(env, ['migrate', 'up'])).toMatchObject({ code: 0 });
    await run('backup', 'create');
  });

  it.each(['1', 'latestfoo'])('says that %s goes with no data directory', async (which) => {
    const outcome = await cli(env, ['restore', which, '--data-directory', join(place.folder, 'x')]);
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringMatching(/.+/) });
  });

  (onPostgres ? it.skip : it)('finishes what was interrupted before it fails, or a server starts', async () => {
    const start = (): ReturnType<typeof startApp> => startApp({ database, env: place.env });
    let app = await start();
    const { email } = await newFirstAdmin(app);
    await app.close();
    await run('backup', 'create');
    const data = env['DATA_DIR'] ?? '';
    const stranger = await place.newKey('stranger');
    // The power goes between the two renames.
    const plan = { next: 'backup-work/restore/database', kept: 'database.before-20261121031705' };
    await mkdir(join(data, 'backup-work/restore'), { recursive: true });
    await cp(join(data, 'database'), join(data, plan.next), { recursive: true });
    await rename(join(data, 'database'), join(data, plan.kept));
    await writeFile(join(data, 'swap.json'), JSON.stringify(plan));

    await refused('backup_wrong_key', 'restore', 'latest', '--replace', '--identity', stranger.file);

    app = await start();
    expect(await as(app, await signIn(app, email)).get('/auth/me')).toMatchObject({ status: 200 });
    await app.close();
    // Where neither is there, nobody begins anew.
    await rename(join(data, 'database'), join(data, 'elsewhere'));
    await writeFile(join(data, 'swap.json'), JSON.stringify(plan));
    await expect(start()).rejects.toMatchObject({ name: 'DatabaseSetupError' });
    expect(existsSync(join(data, 'database'))).toBe(false);
  });

  (onPostgres ? it.skip : it)(
    'leaves no plain copy behind: the next start deletes that of a work that was killed',
    async () => {
      const left = join(env['DATA_DIR'] ?? '', 'backup-work/present/database');
      await mkdir(left, { recursive: true });
      await (await startApp({ database, env: place.env })).close();
      expect(existsSync(left)).toBe(false);
    },
  );

  (onPostgres ? it : it.skip)('refuses at once while the server runs', async () => {
    await run('backup', 'create');
    const app = await startApp({ database, env: place.env });
    const outcome = await refused('restore_target_in_use', 'restore', 'latest-verified', '--replace');
    await app.close();
    expect(outcome.stdout).not.toContain('"compare"');
    expect(saidIn(await cli(env, ['restore', 'latest-verified', '--replace'])).has('restored')).toBe(true);
  });

  (onPostgres ? it : it.skip)(
    'restores into no other database than its own, whatever the address says besides',
    async () => {
      const owner = new URL(env['DATABASE_OWNER_URL'] ?? '');
      owner.search = `?dbname=${owner.pathname.slice(1)}`;
      env = { ...env, DATABASE_OWNER_URL: owner.href };
      await run('backup', 'create');
      expect(await place.named('verified.json')).toHaveLength(1);
    },
  );

  (onPostgres ? it : it.skip)(
    'does not blame a backup that was restored before for what the machine lacks',
    async () => {
      await run('backup', 'create');
      const bin = await mkdtemp(join(tmpdir(), 'family-assistant-bin-'));
      const real = env['BACKUP_PG_BIN'] ?? '';
      const fails = `cat >/dev/null; echo 'pg_restore: error: could not execute query: ERROR:  type "x" is missing' >&2; exit 1`;
      for (const [name, text] of [
        ['pg_dump', `exec ${real}/pg_dump "$@"`],
        ['pg_restore', `case "$*" in *--list*) exec ${real}/pg_restore "$@";; esac; ${fails}`],
      ] as const) {
        await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`);
        await chmod(join(bin, name), 0o755);
      }
      env = { ...env, BACKUP_PG_BIN: bin };
      await refused('restore_failed_here', 'backup', 'verify', '1');
      expect(await place.named('verified.json')).toHaveLength(1);
      const [receipt = ''] = await place.named('verified.json');
      await place.remove(receipt);
      await refused('restore_failed', 'backup', 'verify', '1');
      expect(await place.named('damaged.json')).toHaveLength(1);
      await rm(bin, { recursive: true });
    },
  );
});
