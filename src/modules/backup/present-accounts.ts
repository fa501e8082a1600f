import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedClone } from '../../platform/database/index.js';
import { Connection, type Place } from './connection.repository.js';
import { INNER } from './embedded/embedded-snapshot.js';
import { newWorkFolder } from './embedded/work-folder.js';
import type { Household } from './exclusive.js';
import { ownerOf } from './postgresql/places.js';
import { RestoredRepository, type Account } from './restored.repository.js';

/**
 * Accounts of the database that a restore is about to put aside; null where there is none, or it cannot be read: it may
 * be the very thing that is damaged.
 */
export async function presentAccounts({ database, dataDir }: Household): Promise<readonly Account[] | null> {
  try {
    return await (database.isEmbedded ? ofFolder(dataDir) : accountsAt(ownerOf(database)));
  } catch {
    return null;
  }
}

/** Of a copy: opening the files would change them, and they are kept as they are. */
async function ofFolder(dataDir: string): Promise<readonly Account[] | null> {
  const current = join(dataDir, INNER);
  if (!existsSync(current)) return null;
  const work = await newWorkFolder(dataDir, 'present');
  let clone: EmbeddedClone | undefined;
  try {
    const folder = join(work.path, INNER);
    await cp(current, folder, { recursive: true });
    await rm(join(folder, 'postmaster.pid'), { force: true });
    clone = await EmbeddedClone.open(folder);
    return await accountsAt({ engine: clone });
  } finally {
    await clone?.close();
    await work.remove();
  }
}

async function accountsAt(place: Place): Promise<readonly Account[]> {
  const connection = await Connection.open(place);
  return new RestoredRepository(connection).accounts().finally(() => connection.close());
}

/** Accounts that were erased, or asked for it, since the backup: a restore has brought them back. */
export function erasedSince(present: readonly Account[], restored: readonly Account[]): readonly string[] {
  const stays = new Set(present.filter(({ is_leaving: isLeaving }) => !isLeaving).map(({ id }) => id));
  return restored.filter(({ id, is_leaving: isLeaving }) => !isLeaving && !stays.has(id)).map(({ id }) => id);
}
