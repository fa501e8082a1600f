import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toBackupError } from '../backup.errors.js';

/** Folder of copies that are being made or tried, beside the database: on the same disk, for the same user. */
const WORK = 'backup-work';

/** A new folder for one work. What earlier works have left is deleted: only one runs at a time. */
export async function newWorkFolder(dataDir: string, name: string): Promise<{ path: string; remove(): Promise<void> }> {
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
