import { constants, createReadStream } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { BackupError, toTargetError } from '../backup.errors.js';
import { digestOf, Hashing, isSame, type Chunks, type Digest, type Target } from './target.js';

/** Folder in the folder, for what is being written: from an append-only one nothing can be renamed. */
const PARTIAL = '.partial';
/** Milliseconds after which nobody writes to a file any more. */
const ABANDONED = 86_400_000;
/** What an append-only folder says, and one of somebody else's. */
const DENIED: readonly string[] = ['EPERM', 'EACCES'];
const FILE = /^[0-9][\w.-]*$/;
/** Whoever may write to the folder must not lead this process to files elsewhere by a link. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A folder, best on another disk. Its files can be read by the server's user alone, and are encrypted anyway. */
export class FolderTarget implements Target {
  readonly description: string;

  constructor(private readonly folder: string) {
    this.description = folder;
  }

  async write(name: string, chunks: Chunks, signal: AbortSignal): Promise<Digest> {
    const path = this.pathOf(name);
    const partial = this.partialOf(name);
    await this.makeFolders();
    try {
      if (await exists(path)) throw new BackupError('backup_name_taken', name);
      const written = await writeThrough(partial, chunks, signal);
      const stored = await digestOf(createReadStream(partial, { signal }), signal);
      if (!isSame(written, stored)) throw new BackupError('backup_target_lies', name);
      signal.throwIfAborted();
      await publish(partial, path);
      await syncFolder(this.folder);
      return written;
    } catch (error) {
      throw toTargetError(error);
    } finally {
      await rm(partial, { force: true }).catch(() => undefined);
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
    const names = await namesIn(this.folder);
    const sizes = await Promise.all(names.map((name) => sizeOf(join(this.folder, name))));
    return names.flatMap((name, at) => {
      const size = sizes[at];
      return size === undefined ? [] : [{ name, size }];
    });
  }

  async unfinished(): Promise<readonly string[]> {
    await this.refuseLinked();
    return namesIn(join(this.folder, PARTIAL));
  }

  async delete(name: string): Promise<void> {
    try {
      await this.refuseLinked();
      await rm(this.partialOf(name), { force: true });
      await unlink(this.pathOf(name));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      if (DENIED.includes(codeOf(error) ?? '')) throw new BackupError('backup_target_keeps', name, { cause: error });
      throw toTargetError(error);
    }
  }

  /** What a process that was killed has left goes here, for nobody knows its names. */
  private async makeFolders(): Promise<void> {
    const folder = join(this.folder, PARTIAL);
    try {
      await this.refuseLinked();
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const name of await namesIn(folder)) {
        const left = await lstat(join(folder, name)).catch(() => undefined);
        if (left?.isFile() && Date.now() - left.mtimeMs > ABANDONED) await rm(join(folder, name), { force: true });
      }
    } catch (error) {
      throw toTargetError(error);
    }
  }

  /** @throws BackupError `backup_target_linked` where files would be written and deleted in another folder */
  private async refuseLinked(): Promise<void> {
    const found = await lstat(join(this.folder, PARTIAL)).catch(() => undefined);
    if (found && !found.isDirectory())
      throw new BackupError('backup_target_linked', `${join(this.folder, PARTIAL)} is no folder`);
  }

  private partialOf(name: string): string {
    return join(this.folder, PARTIAL, basename(this.pathOf(name)));
  }

  private pathOf(name: string): string {
    if (!FILE.test(name)) throw new BackupError('backup_manifest_invalid', 'not the name of a file');
    return join(this.folder, name);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => FILE.test(name));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []; // made with the first backup
    throw toTargetError(error);
  }
}

async function writeThrough(path: string, chunks: Chunks, signal: AbortSignal): Promise<Digest> {
  const hashing = new Hashing();
  await rm(path, { force: true }); // one's own, of before
  const file = await open(path, NEW_FILE, 0o600);
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

/** Gives a file its name: at once, and never that of another, but on file systems without links. */
async function publish(partial: string, path: string): Promise<void> {
  try {
    await link(partial, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new BackupError('backup_name_taken', basename(path));
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'].includes(codeOf(error) ?? '')) throw error;
    await rename(partial, path);
  }
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
