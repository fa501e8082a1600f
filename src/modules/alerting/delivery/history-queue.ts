import type { HistoryEntry } from './ports.js';

/** Entries that wait at most; beyond them the oldest go. */
const MOST = 10_000;

export interface Numbered {
  readonly number: number;
  readonly entry: HistoryEntry;
}

/** What history has yet to take, in order. */
export class HistoryQueue {
  /** The number of the entry to come. */
  next = 1;
  /** Entries that went untaken because there were too many. */
  dropped = 0;
  private readonly entries = new Map<number, HistoryEntry>();

  get size(): number {
    return this.entries.size;
  }

  add(entry: HistoryEntry): void {
    this.put(this.next, entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size <= MOST || oldest === undefined) return;
    this.entries.delete(oldest);
    this.dropped += 1;
  }

  put(number: number, entry: HistoryEntry): void {
    this.entries.set(number, entry);
    this.next = Math.max(this.next, number + 1);
  }

  /** All up to a number are stored elsewhere. */
  stored(number: number): void {
    for (const one of this.entries.keys()) {
      if (one > number) break;
      this.entries.delete(one);
    }
  }

  restore(next: number, dropped: number): void {
    this.next = next;
    this.dropped = dropped;
  }

  /** The oldest first, so many at most. */
  *waiting(most = Number.POSITIVE_INFINITY): Generator<Numbered> {
    let left = most;
    for (const [number, entry] of this.entries) {
      if (left-- <= 0) return;
      yield { number, entry };
    }
  }

  /** Adds another's entries, under numbers of its own. */
  absorb(other: HistoryQueue): void {
    for (const entry of other.entries.values()) this.add(entry);
    this.dropped += other.dropped;
  }
}
