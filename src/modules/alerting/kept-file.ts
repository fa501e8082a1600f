import { readFile } from 'node:fs/promises';
import { replaceFile } from '../../platform/files.js';

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
      await replaceFile(this.path, state.text);
    } catch (error) {
      this.next ??= state;
      throw error;
    }
  }
}
