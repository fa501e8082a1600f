/** How a caller got a connection: at once, after waiting for somebody else's, or not within the time limit. */
export type Acquisition = 'immediate' | 'waited' | 'exhausted';

type Listener = (acquisition: Acquisition, seconds: number) => void;

/** Waits that are kept for the 95th percentile, and for how many milliseconds. */
const KEPT = 1024;
const WINDOW = 300_000;

/** How long callers of a pool wait: counted since the start, and measured over the last five minutes. */
export class PoolWaits {
  /** Callers that got no connection within the time limit, since the start. */
  exhausted = 0;
  /** Pairs of time and wait, the oldest overwritten first; milliseconds by a clock that nobody sets, and seconds. */
  private readonly times = new Float64Array(KEPT).fill(-Infinity);
  private readonly waits = new Float64Array(KEPT);
  private next = 0;
  private gotAt = -Infinity;
  private listener: Listener | undefined;

  /** Asks to be told of each acquisition, for the metrics. */
  onAcquisition(listener: Listener): void {
    this.listener = listener;
  }

  /** A caller that has waited so many seconds. @param now in milliseconds */
  record(acquisition: Acquisition, seconds: number, now = performance.now()): void {
    if (acquisition === 'exhausted') this.exhausted += 1;
    else this.gotAt = now;
    this.times[this.next] = now;
    this.waits[this.next] = seconds;
    this.next = (this.next + 1) % KEPT;
    this.listener?.(acquisition, seconds);
  }

  /**
   * Whether somebody got a connection within so many milliseconds. One that is handed on has answered what it was asked
   * before, so a pool that is too small is told from a database that is away.
   */
  hasMovedWithin(milliseconds: number, now = performance.now()): boolean {
    return now - this.gotAt <= milliseconds;
  }

  /** The 95th percentile (nearest rank) of the waits of the last five minutes, of the newest 1024 at most; 0 without any. */
  p95(now = performance.now()): number {
    const recent = this.waits.filter((_wait, at) => now - (this.times[at] ?? 0) <= WINDOW).toSorted();
    return recent[Math.ceil(recent.length * 0.95) - 1] ?? 0;
  }
}
