import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';

/**
 * The disk of the data. With a database elsewhere, too, the journal of alerts and the backups are in `DATA_DIR`; before
 * anything is in it there is the disk of the server itself.
 * @throws what the file system says
 */
export async function statDataDisk(dataDir: string): Promise<StatsFs> {
  try {
    return await statfs(dataDir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return statfs('.');
  }
}
