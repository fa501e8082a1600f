import type { JournalFs } from './journal/journal-folder.js';
import { JournalFolder } from './journal/journal-folder.js';
import { codeOf, Journal, JournalDown } from './journal/journal.js';
import { pauseAfter } from './backoff.js';
import { Book } from './book.js';
import { monoOf, type Clock } from './clock.js';
import { JOURNAL_VERSION, type JournalRecord } from './records.js';

type Unstamped<R> = R extends unknown ? Omit<R, 'at'> : never;
/** A record before it is known when. */
export type Entry = Unstamped<JournalRecord>;

/** Says what happens to the journal; `code` and numbers alone, no contents. */
export interface LedgerLog {
  down(code: string): void;
  up(): void;
  damaged(lines: number): void;
}

export interface LedgerOptions {
  /** Where journals are. */
  readonly parent: string;
  readonly clock: Clock;
  /** Longest operation on the disk, in milliseconds. */
  readonly limit: number;
  /** Bytes after which the journal is written anew. */
  readonly compactAfter: number;
  readonly log: LedgerLog;
  readonly fs?: JournalFs | undefined;
  /** Told when something was read that this process did not know. */
  readonly onRead: () => void;
}

const REOPEN = { base: 1000, most: 60_000 };

/**
 * The book, and its journal. What is entered counts at once; whether it is safe from a crash, a promise says. Without a
 * journal the book goes on in memory, and the journal that is opened later begins with all that is in it.
 */
export class Ledger {
  readonly book = new Book();
  damagedLines = 0;
  private readonly journal: Journal;
  private claiming: Promise<JournalFolder> | undefined;
  private claimed: JournalFolder | undefined;
  private folder: JournalFolder | undefined;
  private orphans: JournalFolder[] = [];
  private opening: Promise<void> | undefined;
  private failures = 0;
  private retryAt = 0;
  private openError: string | undefined;
  private isClosed = false;

  constructor(private readonly options: LedgerOptions) {
    const { limit, compactAfter, clock, log } = options;
    this.journal = new Journal(
      limit,
      compactAfter,
      () => this.book.snapshot(clock.now().wall),
      (code) => {
        log.down(code);
        this.postpone();
      },
    );
  }

  /** Why nothing is safe from a crash at present; undefined while it is. */
  get error(): string | undefined {
    return this.journal.error === 'closed' ? (this.openError ?? 'closed') : this.journal.error;
  }

  /** Opens the journal, or goes on without. */
  open(): Promise<void> {
    this.opening ??= this.tryOpen().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  /** Tries again to open a journal that is down, when it is time to. */
  async tick(): Promise<void> {
    if (this.isClosed || this.error === undefined || this.options.clock.now().mono < this.retryAt) return;
    await this.open();
  }

  /** Enters records, which count at once. @returns whether they are on the disk, and all that was entered before */
  async enter(entries: readonly Entry[]): Promise<boolean> {
    const { mono, wall } = this.options.clock.now();
    const records = entries.map((entry): JournalRecord => ({ ...entry, at: wall }));
    for (const record of records) this.book.apply(record, mono);
    if (!this.journal.isTaking && this.opening) {
      await this.opening; // whose file begins with what is in the book by then
      return this.error === undefined;
    }
    return this.journal.append(records).then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.opening;
    await this.journal.close();
    const held = [...this.orphans.splice(0), ...(this.claimed ? [this.claimed] : [])];
    for (const folder of held) await this.journal.within(() => folder.release()).catch(() => undefined);
  }

  private async tryOpen(): Promise<void> {
    const { log } = this.options;
    const wasKnown = this.openError ?? this.journal.error;
    try {
      const folder = this.folder ?? (await this.takeOver());
      await this.journal.begin(folder);
      this.openError = undefined;
      this.failures = 0;
      if (wasKnown !== 'closed') log.up();
      await this.clearOrphans();
    } catch (error) {
      const code = codeOf(error);
      if (code !== wasKnown) log.down(code);
      this.openError = code;
      this.postpone();
    }
  }

  private postpone(): void {
    this.failures += 1;
    this.retryAt = this.options.clock.now().mono + pauseAfter(this.failures, REOPEN);
  }

  /** Reads what earlier processes have left, once. */
  private async takeOver(): Promise<JournalFolder> {
    const { parent, fs, onRead } = this.options;
    // One claim only: a second one would find the place taken, by this process.
    const claim = (this.claiming ??= JournalFolder.claim(parent, fs));
    const folder = await this.journal
      .within(() => claim)
      .catch((error: unknown) => {
        if (codeOf(error) !== 'timeout') this.claiming = undefined;
        throw error;
      });
    this.claimed = folder;
    const before = await this.read(folder);
    const releaseAll = async (late: readonly JournalFolder[]): Promise<void> => {
      for (const one of late) await one.release();
    };
    const orphans = await this.journal.within(() => folder.orphans(parent), releaseAll).catch(() => []);
    for (const orphan of orphans) {
      try {
        before.absorb(await this.read(orphan));
        this.orphans.push(orphan);
      } catch {
        await this.journal.within(() => orphan.release()).catch(() => undefined); // another process may have more luck
      }
    }
    this.book.absorb(before);
    this.folder = folder;
    onRead();
    return folder;
  }

  private async read(folder: JournalFolder): Promise<Book> {
    const { clock, log } = this.options;
    const { records, damaged } = await this.journal.within(() => folder.read());
    const book = new Book();
    const now = clock.now();
    for (const record of records as JournalRecord[]) {
      if (record.t === 'version' && record.version > JOURNAL_VERSION) throw new JournalDown('version');
      book.apply(record, monoOf(record.at, now));
    }
    if (damaged > 0) {
      this.damagedLines += damaged;
      log.damaged(damaged);
      await this.journal.within(() => folder.keepDamaged()).catch(() => undefined);
    }
    return book;
  }

  /** Their contents are in this process's own journal by now. */
  private async clearOrphans(): Promise<void> {
    for (const orphan of this.orphans.splice(0)) {
      await this.journal.within(() => orphan.clear()).catch(() => undefined);
      await this.journal.within(() => orphan.release()).catch(() => undefined);
    }
  }
}
