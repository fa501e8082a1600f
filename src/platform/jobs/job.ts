import type { Transaction } from '../database/index.js';

/** What a job is about, flat: ids and numbers. Never content, which would outlive its erasure in the queue. */
export type Flat<Payload> = { readonly [Field in keyof Payload]: Scalar | readonly Scalar[] };
type Scalar = string | number | boolean | null;

/** Pause before each retry: `base * 2^(n-1)` before the n-th one, at most `max`; times in milliseconds. */
export interface Backoff {
  readonly base: number;
  readonly max: number;
}

/** A kind of job. Made by `defineJob`; its work is registered at start, see `JobRegistry`. */
export interface JobType<Payload extends object = object> {
  /** Name of the queue, such as `memory.embed`. */
  readonly name: string;
  /** Batches that one process works on at the same time. */
  readonly concurrency: number;
  /** Most jobs that one call of the work gets. A batch that failed is retried in halves, so one bad job is found. */
  readonly batchSize: number;
  /** Retries after the first attempt; then the job becomes a dead letter. The death of a process counts as an attempt. */
  readonly retryLimit: number;
  readonly backoff: Backoff;
  /** Longest run of one batch, in milliseconds; it counts as failed after that. */
  readonly timeout: number;
  /** Never set: carries the type of the payload. */
  readonly payload?: Payload;
}

/** One job, as its work sees it. */
export interface Job<Payload extends object = object> {
  readonly id: string;
  readonly payload: Payload;
  /** 1 at the first attempt. */
  readonly attempt: number;
}

/**
 * Does a batch of jobs; if it throws, all of them are retried. Runs at least once per job, so it must not matter when
 * it runs again: two jobs of one key can even run at the same time, so lock what must not be done twice at once.
 */
export type Work<Payload extends object> = (jobs: readonly Job<Payload>[], context: BatchContext) => Promise<void>;

/** Defines a kind of job. The defaults suit short work on the database. */
export function defineJob<Payload extends Flat<Payload> & object>(
  options: Pick<JobType, 'name'> & Partial<Omit<JobType, 'name' | 'payload'>>,
): JobType<Payload> {
  const type = {
    concurrency: 1,
    batchSize: 1,
    retryLimit: 8,
    backoff: { base: 1000, max: 600_000 },
    timeout: 60_000,
    ...options,
  };
  if (!/^[a-z][a-z0-9._-]{0,99}$/.test(type.name)) throw new RangeError(`not a name of a queue: ${type.name}`);
  for (const count of [type.concurrency, type.batchSize, type.timeout]) {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`${type.name}: not a positive whole number`);
  }
  return type;
}

/**
 * Milliseconds before the next attempt, spread by a fifth so that what failed together is not retried together.
 * @param attempt that has failed, from 1
 * @param random in [0, 1)
 */
export function retryDelay({ base, max }: Backoff, attempt: number, random: number): number {
  return Math.round(Math.min(base * 2 ** (attempt - 1), max) * (0.9 + 0.2 * random));
}

/** What runs now, to its work. */
export interface JobContext {
  /** Aborted when the time is up, the lease is lost or the process stops; long work ends then. The reason is a `RunEnded`. */
  readonly signal: AbortSignal;
}

/** The same to the work of a batch of jobs. */
export interface BatchContext extends JobContext {
  /**
   * Ends the jobs in the transaction that stores what they have done, so that both happen once. Without it they end
   * after the work has returned.
   * @throws RunEnded when another process has taken them over; the transaction must fail then
   */
  complete(tx: Transaction): Promise<void>;
}

/** Why work is to end early. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
  constructor(readonly outcome: 'timed_out' | 'lost' | 'given_back') {
    super(`the run has ended: ${outcome}`);
  }
}

/** Thrown by work that no retry will mend: its jobs become dead letters at once. */
export class Hopeless extends Error {
  override readonly name: string = 'Hopeless';
}

/** What a job's work throws when its time has not come: its batch waits so long, as if the attempt had not been made. */
export class Postponed extends Error {
  override readonly name = 'Postponed';
  /** @param delay milliseconds from now */
  constructor(readonly delay: number) {
    super('the job waits for its time');
  }
}
