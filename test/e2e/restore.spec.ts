import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HouseholdBackups } from '../../src/modules/backup/household.service.js';
import type { Environment } from '../../src/platform/config/index.js';
import { newBackup, newBackupPlace, type BackupPlace } from '../support/backup.js';
import { cli, type Outcome } from '../support/cli.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asOwner, newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { newDevice } from '../support/devices.js';
import { erase } from '../support/erasure.js';
import {
  as,
  asIdentity,
  byKey,
  newApiKey,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  nobody,
  problem,
  signIn,
} from '../support/factories.js';
import { until } from '../support/process.js';
import { whole } from '../support/sample.js';

// A limit for what hangs: each command is a process of its own.
jest.setTimeout(180_000);

type Line = Readonly<Record<string, unknown>>;

describe('a restore', () => {
  let place: BackupPlace;
  let database: TestDatabase;
  let env: Environment;
  let server: TestApp | undefined;
  let kept: string[];

  beforeEach(async () => {
    [place, database, kept] = [await newBackupPlace(), await newDatabase(), []];
    env = { ...database.env, ...place.env };
  });
  afterEach(async () => {
    await close();
    for (const name of kept) await asOwner(process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '', `DROP DATABASE ${name}`);
    await database.drop();
    await place.drop();
  });

  async function start(): Promise<TestApp> {
    server = await startApp({ database, env: { ...place.env, REGISTRATION: 'open' } });
    return server;
  }
  async function close(): Promise<void> {
    await server?.close();
    server = undefined;
  }

  /** Restores the newest backup, and gives what was said, by its event. */
  async function restore(...options: readonly string[]): Promise<ReadonlyMap<unknown, Line>> {
    const outcome = await cli(env, ['restore', 'latest-verified', ...options]);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    const lines = outcome.stdout.trim().split('\n');
    const said = new Map(lines.map((line) => JSON.parse(line) as Line).map((line) => [line['event'], line]));
    const name = said.get('restored')?.['kept'];
    if (onPostgres && typeof name === 'string') kept.push(name);
    return said;
  }

  it('ends what may have been taken back since, and names the accounts that were erased since', async () => {
    let app = await start();
    const admin = await newFirstAdmin(app);
    const family = await newFamily(app);
    const [leaving, gone] = [await newMember(app, family, 'grandparent'), await newMember(app, family, 'grandparent')];
    const device = await newDevice(app, family);
    const key = await newApiKey(app, family.parent, ['member:read']);
    await newInvitation(app, family, { role: 'parent' });
    const memberId = device.memberId;
    const { body: offer } = await as(app, family.parent).post<{ code: string }>('/auth/device-codes', {
      member_id: memberId,
    });
    await nobody(app).post('/auth/password/forgot', { email: admin.email });
    // By a clock that is ahead it has ended; it has not.
    await signIn(app, family.parent.email);
    await asIdentity(
      app,
      `UPDATE sessions SET expires_at = now() WHERE id = (SELECT id FROM sessions ORDER BY created_at DESC LIMIT 1) RETURNING id`,
      [],
    );
    await newBackup(app, admin);
    expect(await erase(app, leaving)).toMatchObject({ status: 202 });
    await asIdentity(app, 'DELETE FROM users WHERE id = $1 RETURNING id', [gone.userId]);
    await close();

    const said = await restore('--replace');

    expect(said.get('ended')).toMatchObject({
      devices: 1,
      device_codes: 1,
      invitations: 1,
      mail_links: expect.any(Number),
    });
    expect(said.get('ended')?.['sessions']).toBeGreaterThanOrEqual(5);
    const { accounts } = said.get('erased_since') as { accounts: string[] };
    expect(new Set(accounts)).toEqual(new Set([leaving.userId, gone.userId]));
    app = await start();
    expect(await asIdentity(app, 'SELECT id FROM sessions WHERE revoked_at IS NULL', [])).toEqual([]);
    expect(await as(app, family.parent).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    const { refreshToken: refresh_token } = family.parent;
    expect((await nobody(app).post('/auth/refresh', { refresh_token })).status).toBe(401);
    const unlock = { device_token: device.deviceToken, pin: '2580' };
    expect(await nobody(app).post('/auth/device/unlock', unlock)).toMatchObject(problem(403, 'device_locked'));
    const enrol = { code: offer.code, device_name: 'Another', pin: '2580' };
    expect((await nobody(app).post('/auth/device/enrol', enrol)).status).toBe(404);
    expect(await asIdentity(app, 'SELECT id FROM mail_tokens', [])).toEqual([]);
    const parent = await signIn(app, family.parent.email);
    const { body: open } = await as(app, parent).get<{ data: { status: string }[] }>('/family/invitations');
    expect(open.data.map(({ status }) => status)).toEqual(['accepted', 'accepted']);
    expect(await byKey(app, key.secret).get('/family/members')).toMatchObject({ status: 200 });
    expect(await as(app, parent).post(`/auth/devices/${device.deviceId}/approve`)).toMatchObject({ status: 200 });
    expect(await nobody(app).post('/auth/device/unlock', unlock)).toMatchObject({ status: 200 });
    const [event] = await asIdentity<{ details: Line }>(
      app,
      `SELECT details FROM audit_events WHERE action = 'backup.restored'`,
      [],
    );
    expect(event?.details).toMatchObject({ sequence: 1, devices: 1, invitations: 1 });
  });

  whole('leaves them open for a drill', async () => {
    const admin = await newFirstAdmin(await start());
    await newBackup(await restarted(), admin);
    await close();
    const said = await restore('--replace', '--keep-sessions');
    expect(said.has('ended')).toBe(false);
    expect(said.has('erased_since')).toBe(false);
    expect(await as(await start(), admin).get('/auth/me')).toMatchObject({ status: 200 });
  });

  it('says so when nobody can tell who was erased since: what is there may be what is damaged', async () => {
    await newBackup(await start(), await newFirstAdmin(await restarted()));
    await close();
    if (onPostgres) await asOwner(env['DATABASE_OWNER_URL'] ?? '', 'DROP TABLE users CASCADE');
    else await writeFile(join(env['DATA_DIR'] ?? '', 'database/global/pg_control'), 'nonsense');
    const said = await restore('--replace');
    expect(said.has('erased_unknown')).toBe(true);
    expect((await (await start()).http().get('/health/ready')).status).toBe(200);
  });

  whole('waits for no other work on the backups of the household: it is refused', async () => {
    const app = await start();
    await newBackup(app, await newFirstAdmin(app));
    const { signal } = new AbortController();
    const backups = app.app.get(HouseholdBackups);
    await until('the backup has ended', () => backups.alone(signal, () => Promise.resolve(true)).catch(() => false));
    const meanwhile = await backups.alone(signal, () => cli(env, ['restore', '1', '--replace']));
    expect(meanwhile.code).toBe(1);
    // The folder of an embedded database belongs to the server that runs.
    if (onPostgres) expect(meanwhile.stderr).toContain('(backup_running)');
    await close();
    await restore('--replace');
  });

  it('is done once when it is asked for twice at once', async () => {
    const app = await start();
    await newBackup(app, await newFirstAdmin(app));
    await close();
    if (onPostgres)
      await asOwner(
        process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '',
        `DROP DATABASE ${new URL(env['DATABASE_URL'] ?? '').pathname.slice(1)}`,
      );
    const machine = onPostgres ? env : { ...env, DATA_DIR: join(place.folder, '../machine') };
    const both = await Promise.all([1, 2].map(() => cli(machine, ['restore', 'latest'])));
    expect(both.map(({ code }) => code).toSorted()).toEqual([0, 1]);
    const [refused] = both.filter(({ code }) => code === 1) as [Outcome];
    if (onPostgres) expect(refused.stderr).toMatch(/\((backup_running|restore_target_not_empty)\)/);
  });

  /** The server that runs, whose first account is there. */
  async function restarted(): Promise<TestApp> {
    return server ?? start();
  }
});
