import type { FileHandle } from 'node:fs/promises';
import { encodeLine } from './line.js';
import type { JournalFolder } from './journal-folder.js';

/** The journal takes nothing at present. `code` says why: of the system, `timeout`, or `closed`. */
export class JournalDown extends Error {
  constructor(readonly code: string) {
    super(`the journal is down: ${code}`);
  }
}

/** How many times longer than what it says a journal may be. */
const COMPACT_RATIO = 4;

interface Waiting {
  readonly done: () => void;
  readonly failed: (error: JournalDown) => void;
}

/** What stands for everything that was ever said, at this moment. */
export type Snapshot = () => Iterable<object>;

/**
 * An append-only file of records. Who appends at the same time shares one `fsync`, which runs beside the event loop. After
 * the first failure, or an operation that takes too long, nothing is written to this file any more: what an `fsync` that
 * has failed left on the disk, nobody knows. `begin` starts again with a new one.
 */
export class Journal {
  private folder: JournalFolder | undefined;
  private file: FileHandle | undefined;
  private lines: string[] = [];
  private waiting: Waiting[] = [];
  private isWriting = false;
  private isBeginning = false;
  private hung: Promise<unknown> | undefined;
  private size = 0;
  private base = 0;
  private fault: string | undefined = 'closed';

  /**
   * @param limit of one operation, in milliseconds
   * @param compactAfter bytes after which the file is written anew
   */
  constructor(
    private readonly limit: number,
    private readonly compactAfter: number,
    private readonly snapshot: Snapshot,
    private readonly onDown: (code: string) => void,
  ) {}

  /** Why it takes nothing; undefined while it does. */
  get error(): string | undefined {
    return this.fault;
  }

  /** Whether records can be appended: also while a new file is being begun. */
  get isTaking(): boolean {
    return this.fault === undefined || this.isBeginning;
  }

  /**
   * Runs an operation on the disk within the limit. One that hangs keeps a thread of Node's pool, so there is never a
   * second one beside it: names could not be looked up any more.
   * @param discard gives back what comes of an operation that was given up
   * @throws JournalDown
   */
  async within<T>(operation: () => Promise<T>, discard?: (late: T) => Promise<void>): Promise<T> {
    if (this.hung) throw new JournalDown('timeout');
    const running = operation();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.hung = running.then(discard).then(this.unhang, this.unhang);
        reject(new JournalDown('timeout'));
      }, this.limit);
    });
    try {
      return await Promise.race([running, late]);
    } catch (error) {
      throw error instanceof JournalDown ? error : new JournalDown(codeOf(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Starts a new file with the snapshot, and takes records from now on.
   * @throws JournalDown
   */
  async begin(folder: JournalFolder): Promise<void> {
    const old = this.file;
    this.folder = folder;
    // What is appended from here on comes after the snapshot.
    this.isBeginning = true;
    try {
      await this.rewrite();
      this.fault = undefined;
    } catch (error) {
      this.refuseWaiting(codeOf(error));
      throw error;
    } finally {
      this.isBeginning = false;
    }
    if (old) await this.within(() => old.close()).catch(() => undefined);
    void this.write();
  }

  /**
   * Appends records, in the order of the calls.
   * @returns when they are on the disk, and all that was appended before
   * @throws JournalDown
   */
  append(records: readonly object[]): Promise<void> {
    if (!this.isTaking) return Promise.reject(new JournalDown(this.fault ?? 'closed'));
    for (const record of records) this.lines.push(encodeLine(record));
    return new Promise<void>((done, failed) => {
      this.waiting.push({ done, failed });
      void this.write();
    });
  }

  /** Finishes what was appended, and takes nothing more. */
  async close(): Promise<void> {
    if (this.fault === undefined) await this.append([]).catch(() => undefined);
    this.fault = 'closed';
    this.refuseWaiting('closed');
    const { file } = this;
    this.file = undefined;
    if (file && !this.hung) await this.within(() => file.close()).catch(() => undefined);
  }

  private readonly unhang = (): void => {
    this.hung = undefined;
  };

  private async write(): Promise<void> {
    if (this.isWriting) return;
    this.isWriting = true;
    try {
      while (this.waiting.length > 0 && this.fault === undefined) await this.writeBatch();
    } finally {
      this.isWriting = false;
    }
  }

  private async writeBatch(): Promise<void> {
    const text = this.lines.join('');
    const batch = this.waiting;
    const { file } = this;
    this.lines = [];
    this.waiting = [];
    try {
      if (this.size > Math.max(this.compactAfter, COMPACT_RATIO * this.base)) {
        await this.rewrite(); // holds what stands in `text`
        if (file) await this.within(() => file.close()).catch(() => undefined);
      } else if (text !== '' && file) {
        await this.within(async () => {
          await file.appendFile(text);
          await file.datasync();
        });
        this.size += Buffer.byteLength(text);
      }
      for (const { done } of batch) done();
    } catch (error) {
      this.waiting = [...batch, ...this.waiting];
      this.fail(codeOf(error));
    }
  }

  private async rewrite(): Promise<void> {
    const { folder } = this;
    if (!folder) throw new JournalDown('closed');
    const text = Array.from(this.snapshot(), encodeLine).join('');
    this.file = await this.within(
      () => folder.replace(text),
      (late) => late.close(),
    );
    this.base = Buffer.byteLength(text);
    this.size = this.base;
  }

  private fail(code: string): void {
    if (this.fault !== undefined) return;
    this.fault = code;
    this.refuseWaiting(code);
    this.onDown(code);
  }

  private refuseWaiting(code: string): void {
    const { waiting } = this;
    this.waiting = [];
    this.lines = [];
    for (const { failed } of waiting) failed(new JournalDown(code));
  }
}

/** What the system calls a failure; its message stays out, as it holds paths. */
export function codeOf(error: unknown): string {
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : 'unknown';
}
