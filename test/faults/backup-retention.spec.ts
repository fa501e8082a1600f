import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  isVerified,
  noteDamaged,
  noteVerified,
  readCatalog,
  type CatalogEntry,
} from '../../src/modules/backup/catalog.js';
import { baseName, sha256, writeManifest, type Manifest } from '../../src/modules/backup/manifest.js';
import { retain } from '../../src/modules/backup/retain.js';
import { nextDay } from '../../src/modules/backup/retention.policy.js';
import { uuidv7 } from '../../src/platform/ids.js';
import { BackupWorld } from '../support/faults/backup-world.js';
import { oneOf } from './backup/kind.js';
import { seeded } from '../support/faults/random.js';
import { measured } from '../support/measure.js';

const ROUNDS = Math.min(10, Number(process.env['FAULT_ROUNDS'] ?? '1'));
const SEED = Number(process.env['FAULT_SEED'] ?? '20261121');
const RULES = { daily: 7, weekly: 5, monthly: 12, days: 30 };
const DAY = 86_400_000;
const YEAR = 365 * DAY;
const DAYS = 40;

// A limit for what hangs, on a machine that may be busy.
jest.setTimeout(120_000 + ROUNDS * 60_000);

/** What became of the backup of a day. */
type Fate = 'verified' | 'unverified' | 'damaged' | 'cut off' | 'none';

describe('retention, day by day', () => {
  let world: BackupWorld;

  beforeEach(async () => {
    world = await BackupWorld.open('folder');
  });
  afterEach(async () => {
    await world.reset();
    await world.close();
  });

  const catalog = async (): Promise<readonly CatalogEntry[]> => (await readCatalog(world.target)).entries;
  const outside = (entries: readonly CatalogEntry[]): CatalogEntry[] => entries.filter(({ trashed }) => !trashed);

  /** A backup is made today, as a server would; what is in it does not matter. */
  async function make(fate: Fate): Promise<void> {
    if (fate === 'none') return;
    const last = (await catalog()).at(-1);
    if (!last) throw new Error('no chain');
    const id = uuidv7();
    const { sequence } = last.manifest;
    const bytes = randomBytes(100);
    const name = `${baseName({ sequence: sequence + 1, id })}.dump.zst.age`;
    const manifest: Manifest = {
      ...last.manifest,
      id,
      sequence: sequence + 1,
      day: nextDay({ day: last.manifest.day, time: Date.parse(last.manifest.created_at) }, Date.now()),
      created_at: new Date().toISOString(),
      archive: { name, size: bytes.length, sha256: sha256(bytes) },
      previous: { sequence, sha256: last.sha256 },
    };
    await world.put(name, fate === 'cut off' ? bytes.subarray(0, 50) : bytes);
    await world.put(`${baseName(manifest)}.manifest.json`, Buffer.from(writeManifest(manifest)));
    const made = (await catalog()).at(-1);
    if (made && fate === 'verified')
      await noteVerified(world.target, made, { at: new Date().toISOString(), opened_by: [], seconds: 1 });
    if (fate === 'damaged') await noteDamaged(world.target, manifest, 'backup_archive_damaged');
  }

  const expire = async (): Promise<void> => {
    await retain(world.target, await readCatalog(world.target), RULES, 0);
  };

  test(`${String(DAYS)} days of failures: the last two that were verified stay, and can be restored`, async () => {
    const random = seeded(SEED);
    let deleted = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round > 0) await world.reset();
      const bad = oneOf<readonly Fate[]>(
        [['none'], ['unverified'], ['damaged', 'cut off'], ['none', 'unverified', 'damaged', 'cut off']],
        random,
      );
      for (let day = 1; day <= DAYS; day += 1) {
        world.setClock(day * DAY + (random() < 0.1 ? oneOf([YEAR, -YEAR], random) : 0));
        await make(bad[Math.floor(random() * bad.length)] ?? 'none');
        await expire();
        const proved = outside(await catalog()).filter(isVerified);
        deleted += 2 - proved.filter(({ manifest }) => manifest.sequence <= 2).length;
      }
      expect(deleted).toBe(0);
      jest.useRealTimers();
      await world.forget();
      expect(await world.verify(round % 2 === 0 ? 1 : 2)).toBe('verified');
    }
    measured('retention', { 'days of failures': ROUNDS * DAYS, 'last verified deleted': deleted });
  });

  test(`${String(DAYS)} good days: thirty of them, weeks and months are kept; the trash is emptied after 72 hours`, async () => {
    for (let day = 1; day <= DAYS; day += 1) {
      world.setClock(day * DAY);
      await make('verified');
      await expire();
    }
    const entries = await catalog();
    const days = (list: readonly CatalogEntry[]): number[] => [...new Set(list.map(({ manifest }) => manifest.day))];
    const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
    expect(days(outside(entries))).toEqual(range(DAYS - 29, DAYS));
    expect(days(entries.filter(({ trashed }) => trashed))).toEqual(range(DAYS - 32, DAYS - 30));
    const names = (await world.target.list()).map(({ name }) => name);
    expect(names.filter((name) => !entries.some(({ manifest }) => name.startsWith(baseName(manifest))))).toEqual([]);
  });

  test('after a clock that was a year ahead for a day, the days go on', async () => {
    for (let day = 1; day <= DAYS; day += 1) {
      world.setClock(day * DAY + (day === 5 ? YEAR : 0));
      await make('verified');
      await expire();
    }
    const entries = await catalog();
    // The jump and the way back are a day each, as any other; and nothing of the last thirty days is gone.
    expect(entries.at(-1)?.manifest.day).toBe(DAYS);
    expect(outside(entries).length).toBe(30);
  });
});
