/** A counter after it was raised. */
export interface Count {
  readonly count: number;
  /** Seconds until the window ends, rounded up. */
  readonly resetIn: number;
}

/** Where the failures of one kind are counted. */
export interface Bucket {
  readonly key: string;
  /** Failures that cost nothing; each one after them doubles the wait. */
  readonly free: number;
  /** Whether its wait holds this attempt back; it counts the attempt in any case. */
  readonly holdsBack: boolean;
}

/** What became of an attempt. */
export interface Attempt {
  /** Seconds until the next one is allowed, rounded up; 0 when this one is. */
  readonly wait: number;
  /** Of each bucket, when its wait ends (milliseconds since 1970): to take this attempt back by. Empty when refused. */
  readonly marks: readonly number[];
}

/** Where limits are counted: in Redis for several instances, in the process otherwise. Each call is atomic. */
export interface LimitStore {
  /** Raises the counter of a fixed window of `window` seconds that begins with its first hit. */
  hit(key: string, window: number): Promise<Count> | Count;
  /**
   * Counts an attempt as failed in all buckets, before its outcome is known, so that no two slip through at once; unless a
   * bucket has to wait: then nothing is counted. After the free failures each one doubles the wait, up to `longest`
   * seconds. Forgotten after a day.
   */
  attempt(buckets: readonly Bucket[], longest: number): Promise<Attempt> | Attempt;
  /** The attempt was none of the failures: lowers the counter, and ends the wait that it began. */
  takeBack(key: string, mark: number): Promise<void> | void;
  /** Forgets the failures. */
  forgive(key: string): Promise<void> | void;
}

/** Seconds for which failures are remembered. */
export const FAILURE_MEMORY = 86_400;

/** Wait after a number of failures: none while they are free, then 1, 2, 4, ... seconds. */
export const waitAfter = (failures: number, free: number, longest: number): number =>
  failures < free ? 0 : Math.min(longest, 2 ** Math.min(failures - free, 30));
