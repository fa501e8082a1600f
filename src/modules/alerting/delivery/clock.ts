/** What time it is, in milliseconds. */
export interface Instant {
  /** Only ever forward, from an arbitrary beginning, whatever is done to the clock: for pauses and limits. */
  readonly mono: number;
  /** Since 1970: for people, and for what must mean something to the next process. */
  readonly wall: number;
}

/** Where the time comes from. */
export abstract class Clock {
  abstract now(): Instant;
}

/** The machine's. */
export class SystemClock extends Clock {
  override now(): Instant {
    return { mono: performance.now(), wall: Date.now() };
  }
}

/** When on the monotonic clock something was that another process noted by the wall's; a clock that was set back makes it now. */
export const monoOf = (at: number, { mono, wall }: Instant): number => mono - Math.max(0, wall - at);
