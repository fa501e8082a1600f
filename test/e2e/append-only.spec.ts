import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HouseholdBackups } from '../../src/modules/backup/household.service.js';
import { noteDamaged, noteTrashed, noteVerified, readCatalog } from '../../src/modules/backup/catalog.js';
import { retain } from '../../src/modules/backup/retain.js';
import type { Environment } from '../../src/platform/config/index.js';
import { newLockedBucket, newLockedFolder, type AppendOnlyPlace } from '../support/append-only.js';
import { newBackup, newBackupPlace, type BackupPlace } from '../support/backup.js';
import { cli } from '../support/cli.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asIdentity, newFirstAdmin } from '../support/factories.js';
import { until } from '../support/process.js';
import { isSampled } from '../support/sample.js';

// A limit for what hangs: a backup starts other programs.
jest.setTimeout(180_000);

const KINDS = ['folder', 'bucket'] as const;
const DAY = 86_400_000;
const RULES = { daily: 7, weekly: 5, monthly: 12, days: 30 };

describe.each(isSampled ? KINDS.slice(1) : KINDS)('a %s that keeps what it has', (kind) => {
  let root: string;
  let keys: BackupPlace;
  let locked: AppendOnlyPlace | undefined;
  let server: TestApp;
  let env: Environment;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'family-assistant-locked-'));
    keys = await newBackupPlace();
    locked = kind === 'folder' ? await newLockedFolder(root) : await newLockedBucket(join(root, 's3'));
    env = { ...keys.env, ...locked?.env };
    server = await startApp({ env });
  });
  afterEach(async () => {
    await server.close();
    await locked?.drop();
    await keys.drop();
    await rm(root, { recursive: true, force: true });
  });

  it('takes backups, their proofs and what is found against them; what is old is not deleted, and said so', async () => {
    if (!locked) return; // such a folder cannot be had here
    const admin = await newFirstAdmin(server);
    const first = await newBackup(server, admin);
    const second = await newBackup(server, admin);
    for (const made of [first, second]) expect(made).toMatchObject({ state: 'succeeded', verification: 'verified' });
    const { target } = server.app.get(HouseholdBackups);
    const [one] = (await readCatalog(target)).entries;
    if (!one) throw new Error('there is no backup');
    await expect(target.delete(one.manifest.archive.name)).rejects.toMatchObject({ code: 'backup_target_keeps' });

    // The newer note counts, whichever it is.
    const isDamaged = async (): Promise<boolean | undefined> => (await readCatalog(target)).entries[0]?.isDamaged;
    await noteDamaged(target, one.manifest, 'backup_archive_damaged');
    expect(await isDamaged()).toBe(true);
    await noteVerified(target, one, { at: one.manifest.created_at, opened_by: [], seconds: 1 });
    expect(await isDamaged()).toBe(false);
    await noteDamaged(target, one.manifest, 'backup_archive_damaged');
    expect(await isDamaged()).toBe(true);
    const list = await cli({ ...server.database.env, ...env }, ['backup', 'list']);
    expect(list.stdout.trim().split('\n')).toHaveLength(2);

    // One that has been in the trash long enough stays, and the next backup is made all the same.
    await noteTrashed(target, one.manifest, { at: new Date(Date.now() - 4 * DAY).toISOString(), head: -3 });
    await asIdentity(server, `UPDATE backup.run SET stored = 'trash' WHERE id = $1`, [one.manifest.id]);
    const third = await newBackup(server, admin);
    expect(third).toMatchObject({ state: 'succeeded', verification: 'verified', sequence: 3 });
    const faults = await until('retention has said so', async () => {
      const rows = await asIdentity<{ fault: string }>(
        server,
        `SELECT details->>'fault' AS fault FROM audit_events WHERE action = 'backup.retention'`,
        [],
      );
      return rows.length > 0 && rows;
    });
    expect(new Set(faults.map(({ fault }) => fault))).toEqual(new Set(['backup_target_keeps']));
    const catalog = await readCatalog(target);
    expect(catalog.entries).toHaveLength(3);
    expect(catalog.faults).toEqual([]);
    expect((await retain(target, catalog, RULES, 0)).fault).toMatchObject({ code: 'backup_target_keeps' });
    expect(locked.refused()).toBeGreaterThan(0);
  });
});
