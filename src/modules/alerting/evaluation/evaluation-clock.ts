/** The clocks of the machine; a test has others. */
export abstract class Clocks {
  /** What time it is: milliseconds since 1970, set by people and by time servers. */
  abstract wall(): number;
  /** Milliseconds that only grow, at the pace of time. */
  abstract steady(): number;
}

export class SystemClocks extends Clocks {
  wall(): number {
    return Date.now();
  }
  steady(): number {
    return performance.now();
  }
}

/** A difference below this is drift, or a late read. Milliseconds. */
const TOLERANCE = 2000;

/**
 * The time of evaluations. It only grows between two readings. When the wall clock was set, `jump` says by how much: what is
 * remembered is moved by it, so that windows and waiting times neither stand still nor end at once.
 */
export class EvaluationClock {
  private lead: number | undefined;
  private last = -Infinity;

  constructor(private readonly clocks: Clocks) {}

  read(): { now: number; jump: number } {
    const wall = Math.round(this.clocks.wall());
    const lead = wall - this.clocks.steady();
    const moved = lead - (this.lead ?? lead);
    const isJump = Math.abs(moved) > TOLERANCE;
    const jump = isJump ? Math.round(moved) : 0;
    // Drift is followed little by little, so that it never adds up to a jump.
    this.lead = lead;
    const now = Math.max(wall, this.last + jump + 1);
    this.last = now;
    return { now, jump };
  }
}
