import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { BackupError } from '../../src/modules/backup/backup.errors.js';
import { noteTrashed, noteVerified, purge, readCatalog, type CatalogEntry } from '../../src/modules/backup/catalog.js';
import { HouseholdBackups } from '../../src/modules/backup/household.service.js';
import { baseName, sha256, writeManifest } from '../../src/modules/backup/manifest.js';
import { retain } from '../../src/modules/backup/retain.js';
import { RunsRepository, type RunRow, type Summary } from '../../src/modules/backup/runs.repository.js';
import type { Target } from '../../src/modules/backup/targets/target.js';
import { BackupWorld, codeOf } from '../support/faults/backup-world.js';
import { flipped } from '../support/faults/random.js';

const LONG_AGO = { at: '1970-01-01T00:00:00.000Z', head: 0 };
const YEAR = 365 * 86_400_000;
const NEVER = new AbortController().signal;
const RULES = { daily: 7, weekly: 5, monthly: 12, days: 30 };

// A limit for what hangs: a backup starts other programs, on a machine that may be busy.
jest.setTimeout(180_000);

describe('what is stored, and what the database remembers', () => {
  let world: BackupWorld;

  beforeAll(async () => {
    world = await BackupWorld.open('folder');
  });
  afterEach(() => world.reset());
  afterAll(() => world.close());

  const idOf = (which: 1 | 2): string => world.manifest(which).id;
  const filesOf = async (which: 1 | 2): Promise<string[]> =>
    (await world.place.files()).filter((name) => name.includes(idOf(which)));
  const rowOf = async (which: 1 | 2): Promise<RunRow | undefined> =>
    world.server.app.get(RunsRepository).find(idOf(which));
  const summary = (): Promise<Summary> => world.server.app.get(RunsRepository).summary();
  const forget = (...ids: string[]): Promise<string> =>
    codeOf(
      world.runs.forget(ids, NEVER).then((forgotten) => {
        if (ids.length > 0) expect(forgotten).toEqual(ids);
      }),
      'forgotten',
    );
  const newest = async (): Promise<CatalogEntry | undefined> => (await readCatalog(world.target)).entries.at(-1);

  test('a restored database does not delete the backup from which it comes, whose manifest cannot be believed', async () => {
    world.withoutKey();
    const before = await filesOf(1);
    const name = world.nameOf(1, 'manifest.json');
    await world.damage(name, flipped(world.original(name), 100, 0));
    await world.forget();
    expect(await world.backUp()).toBe('made');
    expect(await filesOf(1)).toEqual(before);
    expect((await newest())?.manifest.sequence).toBe(3);
    // Its run has failed, and has stored nothing as far as the database knows: it is no fault that stays for ever.
    expect(await rowOf(1)).toMatchObject({ state: 'failed', stored: null });
    // The job of that run, which the restored queue still holds, makes no second one of the same id.
    expect(await codeOf(world.runs.create(idOf(1), NEVER), 'made')).toBe('backup_manifest_tampered');
    expect(await filesOf(1)).toEqual(before);
  });

  test('a database that goes while its backups are looked at is told by a code, and hides nothing that was found', async () => {
    const gone = (): Promise<never> =>
      Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    const runs = world.server.app.get(RunsRepository);
    world.undo(() => jest.restoreAllMocks());
    jest.spyOn(runs, 'known').mockImplementationOnce(gone);
    expect(await world.reread()).toBe('backup_database_lost');
    await world.damage(world.nameOf(2, '.age'), flipped(world.original(world.nameOf(2, '.age')), 3000, 0));
    jest.spyOn(runs, 'notVerified').mockImplementationOnce(gone);
    expect(await world.verify(2)).toBe('backup_archive_damaged');
  });

  test('one database does not take the backups of another for its own', async () => {
    const before = await world.place.files();
    await world.ask('DELETE FROM backup.run');
    expect(await world.backUp()).toBe('backup_target_foreign');
    expect(await world.reread()).toBe('backup_target_foreign');
    expect(await world.place.files()).toEqual(before);
    const rows = await world.ask<{ error: string }>('SELECT error FROM backup.run');
    expect(rows).toEqual([{ error: 'backup_target_foreign' }]);
  });

  test('notes of the trash that retention did not leave delete nothing, with or without a key', async () => {
    world.withoutKey();
    for (const which of [1, 2] as const) {
      await rm(join(world.place.folder, world.nameOf(which, 'verified.json')));
      await noteTrashed(world.target, world.manifest(which), LONG_AGO);
    }
    for (const sequence of [3, 4, 5]) {
      expect(await world.backUp()).toBe('made');
      expect((await newest())?.manifest.sequence).toBe(sequence);
    }
    for (const which of [1, 2] as const) {
      expect(await filesOf(which)).toContain(world.nameOf(which, '.age'));
      expect(await rowOf(which)).toMatchObject({ stored: 'present' });
    }
  });

  test('two whole backups stay outside the trash before any of it goes, verified or not', async () => {
    await rm(join(world.place.folder, world.nameOf(1, 'verified.json')));
    await noteTrashed(world.target, world.manifest(1), { ...LONG_AGO, head: -9 });
    const kept = await retain(world.target, await readCatalog(world.target), RULES, 0);
    expect(kept).toEqual({ trashed: [], purged: [] });
    world.withoutKey();
    expect(await world.backUp()).toBe('made');
    const { purged } = await retain(world.target, await readCatalog(world.target), RULES, 0);
    expect(purged.map(({ manifest }) => manifest.id)).toEqual([idOf(1)]);
    expect(await filesOf(1)).toEqual([]);
  });

  test('whatever interrupts the deleting of a backup, the rest goes the next time', async () => {
    for (let at = 0; at < 4; at += 1) {
      await world.reset();
      await noteTrashed(world.target, world.manifest(1), LONG_AGO);
      let left = at;
      const away: Target = {
        description: 'goes away in the middle',
        write: (...args) => world.target.write(...args),
        read: (...args) => world.target.read(...args),
        list: () => world.target.list(),
        unfinished: () => world.target.unfinished(),
        delete: (name) =>
          left-- > 0 ? world.target.delete(name) : Promise.reject(new BackupError('backup_target_away')),
      };
      expect(await codeOf(purge(away, world.manifest(1)), 'purged')).toBe('backup_target_away');
      const found = (await readCatalog(world.target)).entries.find(({ manifest }) => manifest.id === idOf(1));
      // An archive is there only with all that leads to it.
      if ((await filesOf(1)).includes(world.nameOf(1, '.age'))) expect(found?.trashed).toEqual(LONG_AGO);
      if (found) await purge(world.target, found.manifest);
      expect((await filesOf(1)).filter((name) => !/\.(trash|verified)\.json$/.test(name))).toEqual([]);
    }
  });

  test('what is gone for good is forgotten by command, and retention goes on; what comes back counts again', async () => {
    world.withoutKey();
    const files = await filesOf(2);
    const bytes = await Promise.all(files.map((name) => readFile(join(world.place.folder, name))));
    for (const name of files) await world.take(name);
    expect(await world.backUp()).toBe('made');
    expect(await world.recorded('backup.retention')).toEqual(['backup_manifest_missing']);
    expect((await summary()).missing).toBe(1);
    expect(await forget(idOf(1))).toBe('backup_still_stored');
    expect(await forget('019a9c1e-0000-7000-8000-00000000dead')).toBe('backup_not_found');
    expect(await forget(idOf(2))).toBe('forgotten');
    expect((await summary()).missing).toBe(0);
    expect(await world.recorded('backup.forgotten')).toHaveLength(1);
    expect(await world.backUp()).toBe('made');
    expect(await world.recorded('backup.retention')).toHaveLength(1);
    for (const [at, name] of files.entries()) await writeFile(join(world.place.folder, name), bytes[at] ?? '');
    expect(await world.reread()).toBe('read');
    expect(await rowOf(2)).toMatchObject({ stored: 'present', verification: 'verified' });
  });

  test('all that are missing are forgotten at once; a damaged one stays forgotten, and its files stay', async () => {
    world.withoutKey();
    for (const name of await filesOf(1)) await world.take(name);
    const archive = world.nameOf(2, '.age');
    await world.damage(archive, world.original(archive).subarray(1));
    expect(await world.backUp()).toBe('made');
    expect(await summary()).toMatchObject({ missing: 1, damaged: 1 });
    expect(await forget()).toBe('forgotten');
    expect(await summary()).toMatchObject({ missing: 0, damaged: 1 });
    expect(await forget(idOf(2))).toBe('forgotten');
    const left = await filesOf(2);
    expect(await world.backUp()).toBe('made');
    expect(await summary()).toMatchObject({ missing: 0, damaged: 0 });
    expect(await filesOf(2)).toEqual(left);
  });

  test('a manifest that can be read again is no fault any more', async () => {
    const name = world.nameOf(2, 'manifest.json');
    await world.damage(name, flipped(world.original(name), 100, 0));
    expect(await world.reread()).toBe('read');
    expect(await rowOf(2)).toMatchObject({ stored: 'damaged', verification_error: 'backup_manifest_tampered' });
    await world.put(name, world.original(name));
    expect(await world.reread()).toBe('read');
    expect(await rowOf(2)).toMatchObject({ stored: 'present', verification: 'verified', verification_error: null });
    expect(await summary()).toMatchObject({ missing: 0, damaged: 0, last_verification_error: null });
  });

  test('nothing is remembered as of a time to come, and an end that is said to be is no newest one', async () => {
    const later = new Date(Date.now() + YEAR).toISOString();
    const text = writeManifest({ ...world.manifest(2), snapshot_at: later });
    await world.damage(world.nameOf(2, 'manifest.json'), Buffer.from(text));
    const proof = { at: later, opened_by: [], seconds: 1 };
    await noteVerified(world.target, { manifest: world.manifest(2), sha256: sha256(text) }, proof);
    await world.forget();
    expect(await world.reread()).toBe('read');
    const { last_success_at: made, last_verified_at: proved, now } = await summary();
    expect([made, proved].map((time) => time !== null && time <= now)).toEqual([true, true]);
    await world.ask(
      `INSERT INTO backup.run (id, cause, state, error, finished_at) VALUES
         (gen_random_uuid(), 'command', 'failed', 'backup_disk_full', now() + interval '1 year')`,
    );
    expect((await summary()).last_error).toBeNull();
  });

  test('a name with a number that no chain comes to leads nobody astray', async () => {
    world.withoutKey();
    const junk = baseName({ sequence: 999_999_999_999, id: '019a9c1e-0000-7000-8000-00000000dead' });
    await world.place.write(`${junk}.manifest.json`, Buffer.from('junk'));
    for (const sequence of [3, 4]) {
      expect(await world.backUp()).toBe('made');
      expect((await newest())?.manifest.sequence).toBe(sequence);
    }
  });

  test('that another one is at work is no failure of backups', async () => {
    const told = await world.server.app.get(HouseholdBackups).alone(NEVER, () => world.backUp());
    expect(told).toBe('backup_running');
    expect(await world.ask(`SELECT id FROM backup.run WHERE state <> 'succeeded'`)).toEqual([]);
    expect(await world.recorded('backup.failed')).toEqual([]);
  });

  test('the daily reading comes to each of them, whatever day the chain has', async () => {
    await world.forget();
    for (const which of [1, 2] as const) {
      const [before] = await unread();
      expect(before).toBe(idOf(which));
      expect(await world.reread()).toBe('read');
    }
    expect(await unread()).toEqual([]);
  });

  async function unread(): Promise<string[]> {
    const { entries } = await readCatalog(world.target);
    const rows = await world.ask<{ id: string }>('SELECT id FROM backup.run WHERE reread_at IS NOT NULL');
    const read = new Set(rows.map(({ id }) => id));
    return entries.map(({ manifest }) => manifest.id).filter((id) => !read.has(id));
  }
});
