/** A counter after it was raised. */
export interface Count {
  readonly count: number;
  /** Seconds until the window ends, rounded up. */
  readonly resetIn: number;
}

/** Failures of one kind, and how long the next try has to wait. */
export interface Penalty {
  readonly failures: number;
  /** Seconds until the next try is allowed; 0 when it is. */
  readonly wait: number;
}

/** Where limits are counted: in Redis for several instances, in the process otherwise. Each call is atomic. */
export interface LimitStore {
  /** Raises the counter of a fixed window of `window` seconds that begins with its first hit. */
  hit(key: string, window: number): Promise<Count> | Count;
  /** Failures under this key, without changing them. */
  penalty(key: string): Promise<Penalty> | Penalty;
  /** Records a failure; after `free` of them each one doubles the wait, up to `longest` seconds. Forgotten after a day. */
  fail(key: string, free: number, longest: number): Promise<Penalty> | Penalty;
  /** Forgets the failures. */
  forgive(key: string): Promise<void> | void;
}

export const PENALTY_MEMORY = 86_400;

/** Wait after a number of failures: none while they are free, then 1, 2, 4, ... seconds. */
export const waitAfter = (failures: number, free: number, longest: number): number =>
  failures < free ? 0 : Math.min(longest, 2 ** Math.min(failures - free, 30));
