import { PENALTY_MEMORY, waitAfter, type Count, type LimitStore, type Penalty } from './limit-store.js';

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

  penalty(key: string): Penalty {
    const now = this.now();
    const entry = this.failed.get(key);
    if (!entry || entry.forgottenAt <= now) return { failures: 0, wait: 0 };
    return { failures: entry.failures, wait: Math.max(0, Math.ceil((entry.until - now) / 1000)) };
  }

  fail(key: string, free: number, longest: number): Penalty {
    const now = this.now();
    const failures = this.penalty(key).failures + 1;
    const wait = waitAfter(failures, free, longest);
    this.failed.delete(key);
    bound(this.failed);
    this.failed.set(key, { failures, until: now + wait * 1000, forgottenAt: now + PENALTY_MEMORY * 1000 });
    return { failures, wait };
  }

  forgive(key: string): void {
    this.failed.delete(key);
  }
}

function bound(table: Map<string, unknown>): void {
  if (table.size < CAPACITY) return;
  const oldest = table.keys().next();
  if (!oldest.done) table.delete(oldest.value);
}
