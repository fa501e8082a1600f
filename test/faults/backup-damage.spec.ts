import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openArchive, storeArchive } from '../../src/modules/backup/archive/archive.js';
import type { BackupError } from '../../src/modules/backup/backup.errors.js';
import { readManifest, writeManifest, type Manifest } from '../../src/modules/backup/manifest.js';
import { FolderTarget } from '../../src/modules/backup/targets/folder-target.js';
import { digestOf } from '../../src/modules/backup/targets/target.js';
import { newBackupPlace, type BackupPlace } from '../support/backup.js';
import { flipped, seeded } from '../support/faults/random.js';

const SAMPLES = 1000;
const SEED = Number(process.env['FAULT_SEED'] ?? '20261121');
const NAME = '000001-019a9c1e-0000-7000-8000-000000000001.dump.zst.age';

jest.setTimeout(300_000);

/** Bits flip on disks, and files end early: no such file is ever taken for a backup. */
describe(`${String(SAMPLES)} flipped bits and truncations`, () => {
  let place: BackupPlace;
  let folder: string;
  let archive: Manifest['archive'];
  let stored: Buffer;

  beforeAll(async () => {
    place = await newBackupPlace();
    folder = await mkdtemp(join(tmpdir(), 'family-assistant-damage-'));
    const target = new FolderTarget(folder);
    const plain = randomBytes(90_000); // more than one piece of age
    const written = await storeArchive(target, NAME, chunksOf(plain), {
      recipients: [place.key.recipient],
      signal: new AbortController().signal,
    });
    archive = { name: NAME, ...written };
    stored = await readFile(join(folder, NAME));
    expect(await digestOf(openArchive(target, { archive }, [place.key.identity]))).toMatchObject({ size: 90_000 });
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await place.drop();
  });

  test('anywhere in an archive are found, each as damage', async () => {
    const random = seeded(SEED);
    const target = new FolderTarget(folder);
    const missed: string[] = [];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      // The header is a thousandth of it: every third sample is there.
      const at = Math.floor(random() * (sample % 3 === 0 ? 250 : stored.length));
      const damaged = sample % 5 === 4 ? stored.subarray(0, at) : flipped(stored, at, Math.floor(random() * 8));
      await writeFile(join(folder, NAME), damaged);
      const code = await digestOf(openArchive(target, { archive }, [place.key.identity])).then(
        () => 'believed',
        (error: unknown) => (error as BackupError).code,
      );
      if (code !== 'backup_archive_damaged') missed.push(`${code} at ${String(at)}`);
    }
    expect(missed).toEqual([]);
    process.stderr.write(`measured: ${String(SAMPLES)} damaged archives, ${String(SAMPLES - missed.length)} found\n`);
  });

  test('anywhere in a manifest are found', () => {
    const random = seeded(SEED + 1);
    const text = Buffer.from(writeManifest(manifestOf(archive)));
    expect(readManifest(text.toString())).toEqual(manifestOf(archive));
    const missed: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const at = Math.floor(random() * text.length);
      const damaged = sample % 5 === 4 ? text.subarray(0, at) : flipped(text, at, Math.floor(random() * 8));
      try {
        readManifest(damaged.toString());
        missed.push(at);
      } catch (error) {
        expect((error as BackupError).code).toMatch(/^backup_manifest_(tampered|invalid)$/);
      }
    }
    expect(missed).toEqual([]);
  });
});

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

const manifestOf = (archive: Manifest['archive']): Manifest => ({
  format: 1,
  id: '019a9c1e-0000-7000-8000-000000000001',
  sequence: 1,
  day: 0,
  created_at: '2026-11-21T03:17:00.000Z',
  snapshot_at: '2026-11-21T03:17:00.000Z',
  source: {
    kind: 'postgresql',
    system_identifier: '7440000000000000000',
    lsn: '0/1',
    server_version: 170_005,
    client_version: '17.5',
    app_version: '0.1.0',
    extensions: { vector: '0.8.0' },
    migrations: ['Foundation1763700000000'],
  },
  tables: [{ name: 'public.users', rows: 3, hash: '1:2' }],
  probes: { search: 'a' },
  archive,
  recipients: ['age1'],
  previous: null,
});
