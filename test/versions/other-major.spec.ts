import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Environment } from '../../src/platform/config/index.js';
import { newBackupPlace, type BackupPlace } from '../support/backup.js';
import { cli, type Outcome } from '../support/cli.js';
import { startApp } from '../support/create-app.js';
import { newPostgres, type TestDatabase } from '../support/database.js';
import { found, newFamily, newFirstAdmin, newMemory, type FamilyMember } from '../support/factories.js';

// A limit for what hangs: each command is a process of its own, and each database is migrated anew.
jest.setTimeout(180_000);

/** Servers of another major version, which `scripts/test-versions.sh` has started beside those of the tests. */
const OLDER = 'OLDER_';
const older = Object.fromEntries(
  Object.entries(process.env)
    .filter(([name]) => name.startsWith(OLDER))
    .map(([name, value]) => [name.slice(OLDER.length), value]),
);
const between = older['TEST_DATABASE_URL'] === undefined ? describe.skip : describe;

between('backups from one major version of PostgreSQL to another', () => {
  let place: BackupPlace;
  let before: TestDatabase;
  let after: TestDatabase;

  beforeEach(async () => {
    place = await newBackupPlace();
    before = await newPostgres(older);
    after = await newPostgres(process.env);
  });
  afterEach(async () => {
    await before.drop();
    await after.drop();
    await place.drop();
  });

  const run = (database: TestDatabase, args: readonly string[], settings: Environment = {}): Promise<Outcome> =>
    cli({ ...database.env, ...place.env, ...settings }, args);

  async function somethingKept(database: TestDatabase): Promise<FamilyMember> {
    const server = await startApp({ database, env: { REGISTRATION: 'open' } });
    try {
      await newFirstAdmin(server);
      const { parent } = await newFamily(server);
      await newMemory(server, parent, 'The spare key is under the blue flowerpot');
      await newMemory(server, parent, 'La abuela cumple años el 7 de mayo');
      return parent;
    } finally {
      await server.close();
    }
  }

  /** A restore makes the database that the settings name. */
  async function restored(database: TestDatabase, settings: Environment = {}): Promise<Outcome> {
    await database.drop();
    return run(database, ['restore', 'latest', '--identity', place.key.file], settings);
  }

  it('brings what an older server held back on a newer one, compared whole, and finds it', async () => {
    const parent = await somethingKept(before);
    expect(await run(before, ['backup', 'create'])).toMatchObject({ code: 0, stderr: '' });

    expect(await restored(after)).toMatchObject({ code: 0, stderr: '' });

    const server = await startApp({ database: after, env: { REDIS_URL: '' } });
    try {
      expect(await found(server, parent, 'blue flowerpot')).toHaveLength(1);
      expect(await found(server, parent, 'cumpleaños de la abuela')).not.toEqual([]);
    } finally {
      await server.close();
    }
  });

  it('does not go back to an older server', async () => {
    await somethingKept(after);
    expect(await run(after, ['backup', 'create'])).toMatchObject({ code: 0, stderr: '' });

    const refused = await restored(before);

    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('(backup_server_older)');
  });

  it('does not dump a newer server with an older client', async () => {
    await somethingKept(after);

    const refused = await run(after, ['backup', 'create'], { BACKUP_PG_BIN: older['TEST_PG_BIN'] });

    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('(backup_client_too_old)');
    expect(await place.named('manifest.json')).toEqual([]);
  });

  it('dumps, verifies and restores an older server with a newer client', async () => {
    const newer = { BACKUP_PG_BIN: process.env['TEST_PG_BIN'] };
    const parent = await somethingKept(before);
    expect(await run(before, ['backup', 'create'], newer)).toMatchObject({ code: 0, stderr: '' });
    expect(await place.named('verified.json')).toHaveLength(1);

    expect(await restored(before, newer)).toMatchObject({ code: 0, stderr: '' });

    const server = await startApp({ database: before, env: { REDIS_URL: '' } }); // it remembers
    try {
      expect(await found(server, parent, 'blue flowerpot')).toHaveLength(1);
    } finally {
      await server.close();
    }
  });
});
