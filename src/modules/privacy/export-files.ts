import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { ServerConfig } from '../../platform/config/index.js';

const PARTIAL = '.partial';
/** Milliseconds after which a file that nobody has finished is one that nobody will: longer than a job may take. */
const ABANDONED = 2 * 3_600_000;

/** The folder of copies below `DATA_DIR`: readable by the server's user alone, under names that nobody can guess. */
@Injectable()
export class ExportFiles {
  private readonly folder: string;

  constructor({ dataDir }: ServerConfig) {
    this.folder = join(dataDir, 'exports');
  }

  /** Writes a file; it has its name only when it is whole. @returns its name and its size in bytes */
  async write(fill: (file: FileHandle) => Promise<void>): Promise<{ name: string; size: number }> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const name = `${randomBytes(24).toString('hex')}.zip`;
    const partial = join(this.folder, `${name}${PARTIAL}`);
    try {
      const file = await open(partial, 'wx', 0o600);
      try {
        await fill(file);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, join(this.folder, name));
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return { name, size: (await stat(join(this.folder, name))).size };
  }

  /** Undefined where the file is not there: another server has made it, in a folder of its own. */
  async read(name: string): Promise<Readable | undefined> {
    const path = join(this.folder, name);
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    return isThere ? createReadStream(path) : undefined;
  }

  async delete(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(join(this.folder, name), { force: true });
  }

  /** Deletes what nobody can fetch any more. @returns how many files */
  async deleteAllBut(known: ReadonlySet<string>): Promise<number> {
    const names = await readdir(this.folder).catch(() => []);
    const stale: string[] = [];
    for (const name of names.filter((each) => !known.has(each))) if (await this.isAbandoned(name)) stale.push(name);
    await this.delete(stale);
    return stale.length;
  }

  /** A file has its name some moments before its row knows it. */
  private async isAbandoned(name: string): Promise<boolean> {
    const age = await stat(join(this.folder, name)).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    return age > (name.endsWith(PARTIAL) ? ABANDONED : 60_000);
  }
}
