import { statfs } from 'node:fs/promises';
import { EmbeddedClone } from '../../../platform/database/index.js';
import { BackupError, type BackupErrorCode } from '../backup.errors.js';

/** Bytes that the engine needs to open a copy: it writes a segment of its log. */
const NEEDED = 16 << 20;

/**
 * Opens a copy of the files of an embedded database.
 * @param otherwise what it means that they cannot be opened
 * @throws BackupError `backup_disk_full`, or that
 */
export function openClone(folder: string, otherwise: BackupErrorCode): Promise<EmbeddedClone> {
  return EmbeddedClone.open(folder).catch(async (cause: unknown) => {
    throw new BackupError((await isFull(folder)) ? 'backup_disk_full' : otherwise, undefined, { cause });
  });
}

/** Neither the engine nor the archive says why it could not write; that the disk is full can be told from outside. */
export async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < NEEDED;
}
