import { chmod, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { DatabaseConfig } from '../../../platform/config/index.js';
import {
  finishSwap,
  isSwapPlanned,
  planSwap,
  withOwner,
  type EmbeddedClone,
  type Engine,
} from '../../../platform/database/index.js';
import { BackupError, toBackupError } from '../backup.errors.js';
import type { Manifest } from '../manifest.js';
import type { Scratch } from '../scratch.js';
import type { Chunks } from '../targets/target.js';
import { INNER } from './embedded-snapshot.js';
import { isFull, openClone } from './open-clone.js';
import { newWorkFolder } from './work-folder.js';

/** Files of an embedded database in a folder of their own, opened in a thread. */
export class EmbeddedScratch implements Scratch {
  private clone: EmbeddedClone | undefined;

  private constructor(
    private readonly dataDir: string,
    private readonly work: { readonly path: string; remove(): Promise<void> },
  ) {}

  static async create(dataDir: string): Promise<EmbeddedScratch> {
    return new EmbeddedScratch(dataDir, await newWorkFolder(dataDir, 'restore'));
  }

  get place(): { readonly engine: Engine } {
    if (!this.clone) throw new BackupError('backup_failed', 'the copy is not open');
    return { engine: this.clone };
  }

  async fill(content: () => Chunks, _manifest: Manifest, signal: AbortSignal): Promise<void> {
    try {
      // Absolute paths and those that lead out of the folder are left out by the library; then files are missing.
      await pipeline(content(), extract({ cwd: this.work.path, strict: true }), { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw toBackupError(error, (await isFull(this.work.path)) ? 'backup_disk_full' : 'restore_failed');
    }
    await chmod(this.folder, 0o700).catch(() => {
      throw new BackupError('restore_failed', 'no database in the archive');
    });
    this.clone = await openClone(this.folder, 'backup_engine_differs');
  }

  async migrate(): Promise<readonly string[]> {
    return withOwner(new DatabaseConfig(), this.place.engine, (migrator) => migrator.up());
  }

  async swapIn(): Promise<string | null> {
    await this.clone?.close();
    this.clone = undefined;
    await rm(join(this.folder, 'postmaster.pid'), { force: true });
    await syncAll(this.folder);
    const kept = await planSwap(this.dataDir, this.folder);
    await finishSwap(this.dataDir);
    return kept;
  }

  async drop(): Promise<void> {
    await this.clone?.close();
    // A swap that could not be finished still needs it: the next start tries again.
    if (!isSwapPlanned(this.dataDir)) await this.work.remove();
  }

  private get folder(): string {
    return join(this.work.path, INNER);
  }
}

/** Brings every file to the disk: from now on it is the only one. */
async function syncAll(folder: string): Promise<void> {
  for (const entry of ['.', ...(await readdir(folder, { recursive: true }))]) {
    const handle = await open(join(folder, entry), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
