import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { newBackup, newBackupPlace, settled, type Backup, type BackupPlace } from '../support/backup.js';
import { cli, cliUnheard } from '../support/cli.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase } from '../support/database.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  newMemory,
  nobody,
  problem,
  type PageOf,
  type SignedIn,
  type TestFamily,
} from '../support/factories.js';
import { until } from '../support/process.js';

// A limit for what hangs: a backup starts other programs.
jest.setTimeout(180_000);

const UNKNOWN = '019a9c1e-0000-7000-8000-0000000000ff';

interface Status {
  readonly state: string;
  readonly can_verify: boolean;
  readonly last_verified_id: string | null;
  readonly head: number | null;
  readonly head_sha256: string | null;
  readonly recovery_point_seconds: number | null;
}

describe('backups of a server with a key', () => {
  let place: BackupPlace;
  let server: TestApp;
  let admin: SignedIn;
  let family: TestFamily;

  beforeAll(async () => {
    place = await newBackupPlace();
    server = await startApp({ env: { ...place.env, REGISTRATION: 'open' } });
    admin = await newFirstAdmin(server);
    family = await newFamily(server);
    await newMemory(server, family.parent, 'Grandma keeps the spare key under the blue flowerpot');
  });
  afterAll(async () => {
    await server.close();
    await place.drop();
  });

  const status = async (): Promise<Status> => (await as(server, admin).get<Status>('/backups/status')).body;

  it('are made, restored and compared, and say so', async () => {
    expect(await status()).toMatchObject({ state: 'none', can_verify: true, head: null, last_verified_id: null });

    const made = await newBackup(server, admin);

    expect(made).toMatchObject({ state: 'succeeded', verification: 'verified', error: null, stored: 'present' });
    expect(await status()).toMatchObject({ state: 'ok', last_verified_id: made.id, head: made.sequence });
    const { body } = await as(server, admin).get<PageOf<Backup>>('/backups');
    expect(body.data).toContainEqual(made);
    const events = await asIdentity<{ action: string }>(
      server,
      `SELECT action FROM audit_events WHERE target_id = $1 ORDER BY id`,
      [made.id],
    );
    expect(events.map(({ action }) => action)).toEqual(['backup.request', 'backup.created', 'backup.verified']);
  });

  it('hold nothing that can be read, and are files of their owner alone', async () => {
    await newBackup(server, admin);
    const names = await place.files();
    expect(
      names.filter((name) => !/^\d{6}-[0-9a-f-]{36}\.(manifest|verified)\.json$|\.(dump|tar)(\.zst)?\.age$/.test(name)),
    ).toEqual([]);
    for (const name of names) {
      const text = (await place.read(name)).toString('latin1');
      expect(text).not.toContain('flowerpot');
      expect(text).not.toContain(family.parent.email);
    }
  });

  it('make a chain: each one names the one before', async () => {
    await newBackup(server, admin);
    const last = await newBackup(server, admin);
    const manifests = await place.named('manifest.json');
    const [before, after] = await Promise.all(
      manifests.slice(-2).map(async (name) => (await place.read(name)).toString()),
    );
    const { head_sha256: head } = await status();
    const hash = (text = ''): string => createHash('sha256').update(text).digest('hex');
    expect(head).toBe(hash(after));
    expect(after).toContain(`"sha256": "${hash(before)}"`);
    expect(last.sequence).toBe(manifests.length);
  });

  it('are verified again when somebody asks', async () => {
    const made = await newBackup(server, admin);
    await place.remove((await place.named('verified.json')).at(-1) ?? '');
    expect(await as(server, admin).post(`/backups/${made.id}/verify`)).toMatchObject({
      status: 202,
      body: { id: made.id },
    });
    await until('a new receipt', async () =>
      (await place.named('verified.json')).some((name) => name.includes(made.id)),
    );
  });

  it('that were damaged at their place are found, and counted as verified no more', async () => {
    const made = await newBackup(server, admin);
    const name = (await place.files()).find((each) => each.includes(made.id) && each.endsWith('.age')) ?? '';
    const bytes = await place.read(name);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await place.write(name, bytes);
    expect(await as(server, admin).post(`/backups/${made.id}/verify`)).toMatchObject({ status: 202 });
    const after = await until('the damage is found', async () => {
      const { body } = await as(server, admin).get<Backup>(`/backups/${made.id}`);
      return body.verification === 'failed' && body;
    });
    expect(after).toMatchObject({ verification_error: 'backup_archive_damaged', stored: 'damaged' });
    expect((await status()).state).toBe('failing');
    const { last_verified_id: proved } = await status();
    expect(proved).not.toBe(made.id);
  });

  it('are a matter for operators and admins', async () => {
    const { parent } = family;
    for (const path of ['/backups', '/backups/status', `/backups/${UNKNOWN}`])
      expect(await as(server, parent).get(path)).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await as(server, parent).post('/backups')).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await nobody(server).post('/backups')).toMatchObject(problem(401, 'unauthenticated'));
  });

  it('that there are not, or that were not made, are refused with their codes', async () => {
    const operator = as(server, admin);
    expect(await operator.get(`/backups/${UNKNOWN}`)).toMatchObject(problem(404, 'backup_not_found'));
    expect(await operator.post(`/backups/${UNKNOWN}/verify`)).toMatchObject(problem(404, 'backup_not_found'));
    expect(await operator.get('/backups/nonsense')).toMatchObject(problem(400, 'validation_failed', 'id'));
    expect(await operator.get('/backups?limit=0')).toMatchObject(problem(400, 'validation_failed', 'limit'));
  });

  it('are told to Prometheus and to health', async () => {
    await newBackup(server, admin);
    const { text } = await server.http().get('/metrics');
    for (const name of [
      'backup_last_success_timestamp_seconds',
      'backup_last_verified_timestamp_seconds',
      'restore_drill_seconds',
    ])
      expect(Number(new RegExp(`^family_assistant_${name} (\\S+)$`, 'm').exec(text)?.[1])).toBeGreaterThan(0);
    expect(text).toMatch(/^family_assistant_backup_rpo_seconds \d/m);
    const health = await server.http().get('/health').set('authorization', admin.bearer);
    expect((health.body as { components: object }).components).toHaveProperty('backup.state', 'failing');
  });
});

describe('backups of a server without a private key', () => {
  it('are made, and say plainly that nobody has seen them restored', async () => {
    const place = await newBackupPlace();
    const server = await startApp({ env: { ...place.env, BACKUP_IDENTITY_FILE: '' } });
    try {
      const admin = await newFirstAdmin(server);
      const made = await newBackup(server, admin);
      expect(made).toMatchObject({ state: 'succeeded', verification: 'no_key' });
      expect((await as(server, admin).get('/backups/status')).body).toMatchObject({
        state: 'not_verified',
        can_verify: false,
      });
      expect(await as(server, admin).post(`/backups/${made.id}/verify`)).toMatchObject(
        problem(409, 'backup_no_identity'),
      );
    } finally {
      await server.close();
      await place.drop();
    }
  });
});

describe('a server without recipients', () => {
  it('makes no backups, and says so', async () => {
    const server = await startApp();
    try {
      const admin = await newFirstAdmin(server);
      expect(await as(server, admin).post('/backups')).toMatchObject(problem(409, 'backups_off'));
      expect((await as(server, admin).get('/backups/status')).body).toMatchObject({ state: 'off', target: null });
    } finally {
      await server.close();
    }
  });
});

describe('a server whose backups another process makes', () => {
  it('makes none, and watches over those', async () => {
    const server = await startApp({ env: { BACKUP_ELSEWHERE: 'verified', BACKUP_MAX_AGE: '5' } });
    try {
      const admin = await newFirstAdmin(server);
      expect(await as(server, admin).post('/backups')).toMatchObject(problem(409, 'backups_off'));
      expect((await as(server, admin).get('/backups/status')).body).toMatchObject({
        state: 'none',
        can_verify: true,
        target: null,
      });
      const { text } = await server.http().get('/metrics');
      expect(text).toMatch(/^family_assistant_backup_max_age_seconds 18000$/m);
      const health = await server.http().get('/health').set('authorization', admin.bearer);
      expect((health.body as { components: object }).components).toHaveProperty('backup.state', 'none');
    } finally {
      await server.close();
    }
  });
});

describe('a backup that fails', () => {
  it('says by its code why, and leaves nothing', async () => {
    const place = await newBackupPlace();
    const other = await place.newKey('other');
    const server = await startApp({ env: { ...place.env, BACKUP_IDENTITY_FILE: other.file } });
    try {
      const admin = await newFirstAdmin(server);
      const { body } = await as(server, admin).post<Backup>('/backups');
      const ended = await settled(server, admin, body.id);
      expect(ended).toMatchObject({
        state: 'succeeded',
        verification: 'failed',
        verification_error: 'backup_wrong_key',
      });
      expect(await place.named('verified.json')).toEqual([]);
    } finally {
      await server.close();
      await place.drop();
    }
  });
});

describe('the command that makes a backup', () => {
  it('finishes it when nobody reads its output to the end', async () => {
    const place = await newBackupPlace();
    const database = await newDatabase();
    try {
      expect(await cliUnheard({ ...database.env, ...place.env }, ['backup', 'create'])).toBe(0);
      expect(await place.named('verified.json')).toHaveLength(1);
    } finally {
      await database.drop();
      await place.drop();
    }
  });

  it('gives up what is gone for good, and says what it has given up', async () => {
    const place = await newBackupPlace();
    const database = await newDatabase();
    const env = { ...database.env, ...place.env, BACKUP_IDENTITY_FILE: '' };
    try {
      expect(await cli(env, ['backup', 'create'])).toMatchObject({ code: 0 });
      for (const name of await place.files()) await place.remove(name);
      expect((await cli(env, ['backup', 'forget', UNKNOWN])).stderr).toContain('(backup_not_found)');
      const { code, stdout } = await cli(env, ['backup', 'forget', 'missing']);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('"event":"forgotten"') });
    } finally {
      await database.drop();
      await place.drop();
    }
  });
});
