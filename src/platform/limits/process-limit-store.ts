import { FAILURE_MEMORY, waitAfter, type Attempt, type Bucket, type Count, type LimitStore } from './limit-store.js';

interface Window {
  count: number;
  endsAt: number;
}

interface Failures {
  failures: number;
  until: number;
  forgottenAt: number;
}

/** Bound of each table, so that made-up addresses cannot fill the memory; the oldest entries go first. */
const CAPACITY = 100_000;

/** Counts within this process. */
export class ProcessLimitStore implements LimitStore {
  private readonly windows = new Map<string, Window>();
  private readonly failed = new Map<string, Failures>();

  constructor(private readonly now: () => number = Date.now) {}

  hit(key: string, window: number): Count {
    const now = this.now();
    let current = this.windows.get(key);
    if (!current || current.endsAt <= now) {
      this.windows.delete(key);
      current = { count: 0, endsAt: now + window * 1000 };
      bound(this.windows);
      this.windows.set(key, current);
    }
    current.count += 1;
    return { count: current.count, resetIn: Math.ceil((current.endsAt - now) / 1000) };
  }

  attempt(buckets: readonly Bucket[], longest: number): Attempt {
    const now = this.now();
    const waits = buckets.filter(({ holdsBack }) => holdsBack).map(({ key }) => this.failuresOf(key, now).until - now);
    const wait = Math.max(0, ...waits);
    if (wait > 0) return { wait: Math.ceil(wait / 1000), marks: [] };
    const marks = buckets.map(({ key, free }) => {
      const failures = this.failuresOf(key, now).failures + 1;
      const until = now + waitAfter(failures, free, longest) * 1000;
      this.failed.delete(key);
      bound(this.failed);
      this.failed.set(key, { failures, until, forgottenAt: now + FAILURE_MEMORY * 1000 });
      return until;
    });
    return { wait: 0, marks };
  }

  takeBack(key: string, mark: number): void {
    const entry = this.failed.get(key);
    if (!entry) return;
    entry.failures = Math.max(0, entry.failures - 1);
    if (entry.until === mark) entry.until = 0;
  }

  forgive(key: string): void {
    this.failed.delete(key);
  }

  private failuresOf(key: string, now: number): Pick<Failures, 'failures' | 'until'> {
    const entry = this.failed.get(key);
    return entry && entry.forgottenAt > now ? entry : { failures: 0, until: 0 };
  }
}

function bound(table: Map<string, unknown>): void {
  if (table.size < CAPACITY) return;
  const oldest = table.keys().next();
  if (!oldest.done) table.delete(oldest.value);
}
