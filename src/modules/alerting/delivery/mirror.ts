import { pauseAfter } from './backoff.js';
import type { Clock } from './clock.js';
import type { Ledger } from './ledger.js';
import type { AlertHistorySink } from './ports.js';

/** Entries at one time. */
const BATCH = 100;
/** Longest wait for them to be stored, and pauses after failures, in milliseconds. */
const LIMIT = 10_000;
const PAUSE = { base: 1000, most: 60_000 };

/** Tells history what happened, as fast as history takes it. */
export class Mirror {
  private isBusy = false;
  private failures = 0;
  private dueMono = 0;

  constructor(
    private readonly ledger: Ledger,
    private readonly sink: AlertHistorySink,
    private readonly clock: Clock,
  ) {}

  /** Stores the next entries, when there are any and it is time to. */
  async tick(): Promise<void> {
    const batch = [...this.ledger.book.history.waiting(BATCH)];
    const last = batch.at(-1);
    if (this.isBusy || !last || this.clock.now().mono < this.dueMono) return;
    this.isBusy = true;
    try {
      await this.store(batch.map(({ entry }) => entry));
      void this.ledger.enter([{ t: 'stored', number: last.number }]);
      this.failures = 0;
    } catch {
      this.failures += 1;
      this.dueMono = this.clock.now().mono + pauseAfter(this.failures, PAUSE);
    } finally {
      this.isBusy = false;
    }
  }

  private async store(entries: Parameters<AlertHistorySink['store']>[0]): Promise<void> {
    const ending = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        ending.abort();
        reject(new Error('history takes too long'));
      }, LIMIT);
    });
    try {
      await Promise.race([this.sink.store(entries, ending.signal), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
