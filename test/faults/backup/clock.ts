import { readManifest, writeManifest } from '../../../src/modules/backup/manifest.js';
import type { BackupWorld } from '../../support/faults/backup-world.js';
import { oneOf, type Kind } from './kind.js';

const YEAR = 365 * 86_400_000;

/** The next backup is the third of the chain, its day is at most one later, and nothing was refused or deleted. */
async function goesOn(world: BackupWorld): Promise<string> {
  const made = await world.backUp();
  const [name = ''] = (await world.place.named('manifest.json')).slice(-1);
  const { sequence, day } = readManifest((await world.place.read(name)).toString());
  const refused = await world.recorded('backup.retention');
  return sequence === 3 && day <= 1 && refused.length === 0 ? made : `${made} ${String(sequence)} ${String(day)}`;
}

/** The clock is not to be believed. */
export const CLOCK_KINDS: readonly Kind[] = [
  {
    name: 'the clock is a year ahead, or a year behind',
    code: 'made',
    inject: (world, random) => {
      world.withoutKey();
      world.setClock(oneOf([YEAR, -YEAR], random));
      return goesOn(world);
    },
  },
  {
    name: 'the newest manifest is of next year, or of the year before',
    code: 'made',
    inject: async (world, random) => {
      world.withoutKey();
      const off = oneOf([YEAR, -YEAR], random);
      const created_at = new Date(Date.now() + off).toISOString();
      const manifest = { ...world.manifest(2), created_at };
      const name = world.nameOf(2, 'manifest.json');
      await world.damage(name, Buffer.from(writeManifest(manifest)));
      await world.forget();
      return goesOn(world);
    },
  },
];
