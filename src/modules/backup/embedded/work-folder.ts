import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finishSwap, isSwapPlanned, lockDataFolder } from '../../../platform/database/index.js';
import { toBackupError } from '../backup.errors.js';

/** Folder of copies that are being made or tried, beside the database: on the same disk, for the same user. */
const WORK = 'backup-work';

/**
 * A new folder for one work. What earlier works have left is deleted: only one runs at a time. A restore that was
 * interrupted is finished before, for what it left is the database.
 * @throws BackupError; DatabaseSetupError where that cannot be finished
 */
export async function newWorkFolder(dataDir: string, name: string): Promise<{ path: string; remove(): Promise<void> }> {
  if (isSwapPlanned(dataDir)) await finishAlone(dataDir);
  const parent = join(dataDir, WORK);
  const path = join(parent, name);
  try {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    for (const left of await readdir(parent)) await rm(join(parent, left), { recursive: true, force: true });
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    throw toBackupError(error);
  }
  return { path, remove: () => rm(path, { recursive: true, force: true }).catch(() => undefined) };
}

/** Deletes what a work that was killed has left: a plain copy of the database. */
export const sweepWork = (dataDir: string): Promise<void> =>
  isSwapPlanned(dataDir) ? Promise.resolve() : rm(join(dataDir, WORK), { recursive: true, force: true });

/** No server may be starting on the folder meanwhile, which would do the same. */
async function finishAlone(dataDir: string): Promise<void> {
  const release = lockDataFolder(dataDir);
  try {
    await finishSwap(dataDir);
  } finally {
    release();
  }
}
