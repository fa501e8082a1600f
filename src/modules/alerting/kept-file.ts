import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A small file of JSON that is replaced as a whole: what is read is an old state or a new one, never a part. Written
 * beside the event loop; of states that come while one is written only the last is.
 */
export class KeptFile {
  private next: { readonly text: string } | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly path: string) {}

  /** @returns undefined where there is none. @throws SyntaxError for one that is no JSON, and errors of the file system */
  async read(): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.path, 'utf8')) as unknown;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Resolves when this state, or a later one, is on the disk. @throws errors of the file system */
  write(state: unknown): Promise<void> {
    this.next = { text: JSON.stringify(state) };
    const mine = this.last.then(() => this.writeNext());
    this.last = mine.catch(() => undefined);
    return mine;
  }

  private async writeNext(): Promise<void> {
    const state = this.next;
    if (!state) return; // written with an earlier one
    this.next = undefined;
    try {
      await this.replace(state.text);
    } catch (error) {
      this.next ??= state;
      throw error;
    }
  }

  private async replace(text: string): Promise<void> {
    const folder = dirname(this.path);
    // Another process may have the same folder: nobody writes into the file of somebody else.
    const partial = `${this.path}.${randomUUID()}.partial`;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      const handle = await open(partial, 'wx', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(partial, this.path);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw error;
    }
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
