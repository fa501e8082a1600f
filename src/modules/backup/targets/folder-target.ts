import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { BackupError, toTargetError } from '../backup.errors.js';
import { digestOf, Hashing, isSame, type Chunks, type Digest, type Target } from './target.js';

const PARTIAL = '.partial';
const FILE = /^[0-9][\w.-]*$/;

/** A folder, best on another disk. Its files can be read by the server's user alone, and are encrypted anyway. */
export class FolderTarget implements Target {
  readonly description: string;

  constructor(private readonly folder: string) {
    this.description = folder;
  }

  async write(name: string, chunks: Chunks, signal: AbortSignal): Promise<Digest> {
    const path = this.pathOf(name);
    const partial = `${path}${PARTIAL}`;
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      if (await exists(path)) throw new BackupError('backup_name_taken', name);
      const written = await writeThrough(partial, chunks, signal);
      const stored = await digestOf(createReadStream(partial, { signal }), signal);
      if (!isSame(written, stored)) throw new BackupError('backup_target_lies', name);
      signal.throwIfAborted();
      await rename(partial, path);
      await syncFolder(this.folder);
      return written;
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw toTargetError(error);
    }
  }

  async read(name: string, signal?: AbortSignal): Promise<Readable> {
    let handle: FileHandle;
    try {
      handle = await open(this.pathOf(name), 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw new BackupError('backup_archive_missing', name);
      throw toTargetError(error);
    }
    return handle.createReadStream(signal ? { signal } : {});
  }

  async list(): Promise<readonly { readonly name: string; readonly size: number }[]> {
    const names = (await this.names()).filter((name) => !name.endsWith(PARTIAL));
    const sizes = await Promise.all(names.map((name) => sizeOf(join(this.folder, name))));
    return names.flatMap((name, at) => {
      const size = sizes[at];
      return size === undefined ? [] : [{ name, size }];
    });
  }

  async unfinished(): Promise<readonly string[]> {
    return (await this.names()).filter((name) => name.endsWith(PARTIAL)).map((name) => name.slice(0, -PARTIAL.length));
  }

  async delete(name: string): Promise<void> {
    try {
      await rm(this.pathOf(name), { force: true });
      await rm(`${this.pathOf(name)}${PARTIAL}`, { force: true });
    } catch (error) {
      throw toTargetError(error);
    }
  }

  private async names(): Promise<string[]> {
    try {
      return (await readdir(this.folder)).filter((name) => FILE.test(name));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []; // made with the first backup
      throw toTargetError(error);
    }
  }

  private pathOf(name: string): string {
    if (!FILE.test(name)) throw new BackupError('backup_manifest_invalid', 'not the name of a file');
    return join(this.folder, name);
  }
}

async function writeThrough(path: string, chunks: Chunks, signal: AbortSignal): Promise<Digest> {
  const hashing = new Hashing();
  const file = await open(path, 'w', 0o600);
  try {
    for await (const chunk of hashing.through(chunks)) {
      signal.throwIfAborted();
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hashing.digest();
}

/** A renamed file survives a power cut only when its folder has been synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  );

const exists = async (path: string): Promise<boolean> => (await sizeOf(path)) !== undefined;
