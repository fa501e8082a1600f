import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FolderTarget } from '../../src/modules/backup/targets/folder-target.js';
import { newLockedBucket } from '../support/append-only.js';
import { newBackupPlace, type BackupPlace } from '../support/backup.js';
import { cli, type Outcome } from '../support/cli.js';
import { newDatabase } from '../support/database.js';

// A limit for what hangs: each command is a process of its own.
jest.setTimeout(180_000);

describe('backup copy', () => {
  let made: BackupPlace;
  let place: BackupPlace;
  let other: BackupPlace;
  let file: string;

  beforeAll(async () => {
    made = await newBackupPlace();
    const database = await newDatabase();
    const create = (): Promise<Outcome> => cli({ ...database.env, ...made.env }, ['backup', 'create']);
    expect([await create(), await create()]).toMatchObject([{ code: 0 }, { code: 0 }]);
    await database.drop();
  });
  beforeEach(async () => {
    [place, other] = [await newBackupPlace(), await newBackupPlace()];
    await cp(made.folder, place.folder, { recursive: true });
    file = join(place.folder, '../elsewhere.env');
    await writeFile(file, `BACKUP_FOLDER=${other.folder}\n`);
  });
  afterEach(async () => {
    await other.drop();
    await place.drop();
  });
  afterAll(() => made.drop());

  const copy = (to = file): Promise<Outcome> => cli({ BACKUP_FOLDER: place.folder }, ['backup', 'copy', '--to', to]);
  const contents = (of: BackupPlace): Promise<[string, string][]> =>
    of
      .files()
      .then((names) =>
        Promise.all(
          names.map(async (name): Promise<[string, string]> => [name, (await of.read(name)).toString('hex')]),
        ),
      );

  it('brings over what is not there yet, byte by byte, and goes on where it was interrupted', async () => {
    expect(await copy()).toMatchObject({ code: 0, stderr: '' });
    expect(await contents(other)).toEqual(await contents(place));
    // As after an interruption: the archive of the second one is there, its manifest and note are not.
    for (const name of (await other.files()).filter((each) => each.startsWith('000002') && each.endsWith('.json')))
      await other.remove(name);
    expect(await copy()).toMatchObject({ code: 0, stderr: '' });
    expect(await contents(other)).toEqual(await contents(place));
    const again = await copy();
    expect(again.stdout).toContain('"files":0,"backups":2');
  });

  it('deletes nothing over there, so that it works where nothing can be deleted', async () => {
    const bucket = await newLockedBucket(join(other.folder, '../s3'));
    try {
      const settings = { ...bucket.env };
      await writeFile(
        file,
        Object.entries(settings)
          .map(([name, value]) => `${name}=${String(value)}\n`)
          .join(''),
      );
      expect(await copy()).toMatchObject({ code: 0, stderr: '' });
      for (const name of await place.files()) await place.remove(name);
      expect((await copy()).stdout).toContain('"backups":0');
      expect(bucket.refused()).toBe(0);
      const list = await cli(bucket.env, ['backup', 'list']);
      expect(list.stdout.trim().split('\n')).toHaveLength(2);
    } finally {
      await bucket.drop();
    }
  });

  it('leaves behind what is damaged or was tampered with, says so, and brings the rest', async () => {
    const [archive = ''] = (await place.files()).filter((name) => name.endsWith('.age'));
    const bytes = await place.read(archive);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await place.write(archive, bytes);
    const damaged = await copy();
    expect(damaged.code).toBe(1);
    expect(damaged.stderr).toContain('(backup_archive_damaged)');
    expect(await other.named('manifest.json')).toHaveLength(1);
    expect(await other.files()).not.toContain(archive);
    const [manifest = ''] = await place.named('manifest.json');
    await place.write(manifest, Buffer.from((await place.read(manifest)).toString().replace('"rows": 0', '"rows": 7')));
    expect((await copy()).stderr).toContain('(backup_manifest_tampered)');
  });

  it('makes nothing verified over there but what is the same, and leaves alone what was found damaged there', async () => {
    expect(await copy()).toMatchObject({ code: 0 });
    const [first = '', second = ''] = (await other.files()).filter((name) => name.endsWith('.age'));
    for (const archive of [first, second]) {
      const bytes = await other.read(archive);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await other.write(archive, bytes);
    }
    // One was found damaged where it is, of the other nobody knows; neither has a receipt there.
    for (const name of await other.named('verified.json')) await other.remove(name);
    await other.write(first.replace(/\..*/, '.damaged.json'), Buffer.from('{"code":"backup_archive_damaged"}'));
    const before = await contents(other);
    for (let time = 0; time < 2; time += 1) {
      const { code, stdout, stderr } = await copy();
      expect(code).toBe(1);
      expect(stderr).toContain('(backup_archive_damaged)');
      expect(stdout).toContain('"backups":0');
      expect(await contents(other)).toEqual(before);
    }
  });

  it('touches nothing of somebody else there, and asks for another place', async () => {
    const [archive = ''] = (await place.files()).filter((name) => name.endsWith('.age'));
    await new FolderTarget(other.folder).write('0.txt', once('x'), new AbortController().signal);
    await other.write(archive, Buffer.from('theirs'));
    expect((await copy()).stderr).toContain('(backup_name_taken)');
    expect(await readFile(join(other.folder, archive), 'utf8')).toBe('theirs');
    await writeFile(file, `BACKUP_FOLDER=${place.folder}\n`);
    expect(await copy()).toMatchObject({ code: 2 });
    await writeFile(file, 'BACKUP_SCHEDULE=0 0 * * *\n');
    expect(await copy()).toMatchObject({ code: 2 });
    expect(await copy('/nowhere.env')).toMatchObject({ code: 2 });
  });
});

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}
