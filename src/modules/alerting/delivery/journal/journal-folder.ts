import * as files from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock, unlock } from 'fs-native-extensions';
import { decodeLines, type Decoded } from './line.js';

/** The calls that a journal makes; the ones of Node unless a test breaks them. */
export type JournalFs = Pick<typeof files, 'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'link'>;

/** Processes that may share a folder of data at one time. */
const INSTANCES = 16;
const JOURNAL = 'journal.jsonl';
const PARTIAL = 'journal.partial';
const DAMAGED = 'journal.damaged';
const LOCK = 'lock';

/** Every place is in use by another process. */
export class JournalLocked extends Error {
  readonly code = 'locked';
}

/**
 * The folder of one journal, `DATA_DIR/alerting/NUMBER`: locked by one process at a time, by a lock of the kernel's that
 * ends with it. Readable by the server's user alone.
 */
export class JournalFolder {
  private constructor(
    private readonly fs: JournalFs,
    private readonly path: string,
    private readonly lock: FileHandle,
  ) {}

  /**
   * Takes the first place that no other process has.
   * @throws JournalLocked when there is none; whatever the file system says
   */
  static async claim(parent: string, fs: JournalFs = files): Promise<JournalFolder> {
    await fs.mkdir(parent, { recursive: true, mode: 0o700 });
    for (let number = 1; number <= INSTANCES; number += 1) {
      const folder = await JournalFolder.at(join(parent, String(number)), fs);
      if (folder) return folder;
    }
    throw new JournalLocked('other processes have all places');
  }

  /** Those left behind by processes that have ended and that nobody has taken over. */
  async orphans(parent: string): Promise<JournalFolder[]> {
    const found: JournalFolder[] = [];
    for (const name of await this.fs.readdir(parent)) {
      const path = join(parent, name);
      if (!/^\d{1,2}$/.test(name) || path === this.path) continue;
      const folder = await JournalFolder.at(path, this.fs);
      if (folder) found.push(folder);
    }
    return found;
  }

  private static async at(path: string, fs: JournalFs): Promise<JournalFolder | undefined> {
    await fs.mkdir(path, { recursive: true, mode: 0o700 });
    const lock = await fs.open(join(path, LOCK), 'a', 0o600);
    if (tryLock(lock.fd)) return new JournalFolder(fs, path, lock);
    await lock.close();
    return undefined;
  }

  /** All records that are there; none in a new folder. */
  async read(): Promise<Decoded> {
    try {
      return decodeLines(await this.fs.readFile(join(this.path, JOURNAL), 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { records: [], damaged: 0 };
      throw error;
    }
  }

  /**
   * Puts a new journal in the place of the one that is there, at once and durably.
   * @returns its file, open to append
   */
  async replace(text: string): Promise<FileHandle> {
    const partial = join(this.path, PARTIAL);
    await this.fs.rm(partial, { force: true });
    const file = await this.fs.open(partial, 'ax', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
      await this.fs.rename(partial, join(this.path, JOURNAL));
      await this.sync();
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Keeps the journal as it is for those who want to see what was damaged; the last one of these only. */
  async keepDamaged(): Promise<void> {
    const copy = join(this.path, DAMAGED);
    await this.fs.rm(copy, { force: true });
    await this.fs.link(join(this.path, JOURNAL), copy);
  }

  /** Deletes the journal: another one holds what was in it. */
  async clear(): Promise<void> {
    await this.fs.rm(join(this.path, JOURNAL), { force: true });
    await this.sync();
  }

  async release(): Promise<void> {
    unlock(this.lock.fd);
    await this.lock.close();
  }

  /** A renamed file survives a power cut only when its folder has been synced. */
  private async sync(): Promise<void> {
    const handle = await this.fs.open(this.path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
