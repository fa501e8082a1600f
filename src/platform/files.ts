import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts a text in the place of a file, at once and durably: after a crash there is the old one or the new one, whole. The
 * folder is made where there is none, and both are for their owner alone.
 * @throws errors of the file system; then nothing is left of it
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  // Another process may have the same folder: nobody writes into the file of somebody else.
  const partial = `${path}.${randomUUID()}.partial`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const file = await open(partial, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
  // A renamed file survives a power cut only when its folder has been synced.
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
