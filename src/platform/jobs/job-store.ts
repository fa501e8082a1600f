import { Inject, Injectable } from '@nestjs/common';
import { managerOf, TransactionRunner, type Transaction } from '../database/index.js';
import type { Job } from './job.js';
import type { JobOrigin } from './job-origin.js';

/** A job as it is queued. */
export interface NewJob {
  readonly id: string;
  readonly payload: object;
  readonly key: string | null;
  readonly priority: number;
  /** Milliseconds from now by the clock of the database, unless `dueAt` is given. */
  readonly delay: number;
  readonly dueAt: Date | null;
  readonly expiresAt: Date | null;
  readonly origin: JobOrigin | null;
}

/** A job that this process works on until its lease ends. */
export interface ClaimedJob extends Job {
  readonly origin: JobOrigin | null;
}

/** A job as operators see it: nothing of what it is about. */
export interface QueuedJob {
  readonly id: string;
  readonly queue: string;
  readonly state: 'waiting' | 'running' | 'retrying';
  /** How often it was started. */
  readonly attempts: number;
  /** Class and SQLSTATE of the last error. */
  readonly error: string | null;
  readonly createdAt: Date;
  /** Earliest start; of a running one the end of its lease. */
  readonly at: Date;
}

interface ClaimedRow {
  readonly id: string;
  readonly payload: Job['payload'];
  readonly attempts: number;
  readonly origin: JobOrigin | null;
  readonly place: string;
}

/**
 * The statements of the queue. A claimed job carries a lease, a new id per batch; each later statement names it, so who
 * was taken for dead and comes back changes nothing. A lease that has ended makes its job due like any other.
 */
@Injectable()
export class JobStore {
  constructor(@Inject(TransactionRunner) private readonly runner: TransactionRunner) {}

  /** Queues jobs within a transaction. One whose key is waiting already is merged with it. */
  async add(tx: Transaction, queue: string, jobs: readonly NewJob[]): Promise<void> {
    await managerOf(tx).query(ADD, [queue, JSON.stringify(jobs)]);
  }

  async payloads<Payload extends object>(tx: Transaction, queue: string): Promise<Payload[]> {
    const rows = await managerOf(tx).query<{ payload: Payload }[]>('SELECT payload FROM jobs.job WHERE queue = $1', [
      queue,
    ]);
    return rows.map(({ payload }) => payload);
  }

  /** Claims the jobs that are first in line, for `leaseTime` milliseconds. */
  async claim(queue: string, lease: string, limit: number, leaseTime: number): Promise<ClaimedJob[]> {
    const rows = await this.query<ClaimedRow>('claim', CLAIM, [queue, limit, lease, leaseTime]);
    return rows
      .toSorted((one, other) => Number(one.place) - Number(other.place))
      .map(({ id, payload, attempts, origin }) => ({ id, payload, attempt: attempts, origin }));
  }

  /** Keeps a claim for another `leaseTime` milliseconds; false when any of it is lost. */
  async renew(ids: readonly string[], lease: string, leaseTime: number): Promise<boolean> {
    const rows = await this.query('renew', RENEW, [ids, lease, leaseTime]);
    return rows.length === ids.length;
  }

  async complete(ids: readonly string[], lease: string): Promise<void> {
    await this.query('complete', COMPLETE, [ids, lease]);
  }

  /** The same within a transaction; false when any of the jobs is lost. */
  async completeWithin(tx: Transaction, ids: readonly string[], lease: string): Promise<boolean> {
    const [rows] = await managerOf(tx).query<[unknown[], number]>(COMPLETE, [ids, lease]);
    return rows.length === ids.length;
  }

  /** Back into the queue after a failure, each after its delay in milliseconds. */
  async retry(ids: readonly string[], lease: string, delays: readonly number[], error: string): Promise<void> {
    await this.query('retry', RETRY, [ids, lease, delays, error]);
  }

  /** Back into the queue at once, as if the attempt had not been made. */
  async giveBack(ids: readonly string[], lease: string): Promise<void> {
    await this.query('give_back', GIVE_BACK, [ids, lease]);
  }

  /** Back into the queue for so many milliseconds, as if the attempt had not been made; like any job that nobody has begun. */
  async postpone(ids: readonly string[], lease: string, delay: number): Promise<void> {
    await this.query('postpone', POSTPONE, [ids, lease, delay]);
  }

  /** Makes dead letters of jobs. */
  async bury(ids: readonly string[], lease: string, error: string): Promise<void> {
    await this.query('bury', BURY, [ids, lease, error]);
  }

  /** Those of the queues and of the schedules in which something is due. */
  async due(
    queues: readonly string[],
    schedules: readonly string[],
  ): Promise<{ queues: string[]; schedules: string[] }> {
    const rows = await this.query<{ queue: string | null; schedule: string | null }>('due', DUE, [queues, schedules]);
    return {
      queues: rows.flatMap(({ queue }) => queue ?? []),
      schedules: rows.flatMap(({ schedule }) => schedule ?? []),
    };
  }

  /** Ends every lease: for a process that knows that it is the only one. */
  async endLeases(): Promise<void> {
    await this.query('end_leases', END_LEASES, []);
    await this.query('end_schedule_leases', END_SCHEDULE_LEASES, []);
  }

  /** Removes jobs that have expired before anybody began them, and dead letters that nobody has looked after. */
  async removeExpired(deadLetterDays: number): Promise<void> {
    await this.query('remove_expired', REMOVE_EXPIRED, []);
    await this.query('remove_dead', REMOVE_DEAD, [deadLetterDays]);
  }

  /** Gives the space of removed jobs back and counts the rest. A server does so by itself, the embedded database does not. */
  async vacuum(): Promise<void> {
    await this.query('vacuum', 'VACUUM (ANALYZE) jobs.job', []);
  }

  /** A page of all queues in the order in which the jobs were queued. @param after id of the last one seen */
  list({ after, limit }: { after?: string; limit: number }): Promise<QueuedJob[]> {
    return this.query('list', LIST, [after ?? null, limit]);
  }

  /** Jobs in each queue, running ones included. */
  depths(): Promise<{ queue: string; jobs: number }[]> {
    return this.query('depths', 'SELECT queue, count(*)::int AS jobs FROM jobs.job GROUP BY queue', []);
  }

  private query<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.runner.query<Row>({ name: `jobs.${name}`, text }, values);
  }
}

/**
 * Sorted by key, so that transactions which queue the same keys wait for each other instead of blocking each other.
 *
 * DO UPDATE rather than DO NOTHING because it locks the waiting job until this transaction ends: were the job begun
 * meanwhile, it would not see what this transaction writes, and nothing would be left to look at it afterwards.
 */
const ADD = `
  INSERT INTO jobs.job (id, queue, payload, key, priority, due_at, expires_at, origin)
  SELECT n.id, $1, n.payload, n.key, n.priority, coalesce(n."dueAt", now() + n.delay * interval '1 ms'),
    coalesce(n."expiresAt", 'infinity'), n.origin
  FROM jsonb_to_recordset($2::jsonb) AS n(id uuid, payload jsonb, key text, priority smallint, delay float8,
    "dueAt" timestamptz, "expiresAt" timestamptz, origin jsonb)
  ORDER BY n.key, n.id
  ON CONFLICT (queue, key) WHERE state = 'waiting' AND key IS NOT NULL DO UPDATE SET
    payload = excluded.payload, priority = greatest(job.priority, excluded.priority),
    due_at = least(job.due_at, excluded.due_at), expires_at = greatest(job.expires_at, excluded.expires_at),
    origin = excluded.origin`;

/** A batch is as small as its most often tried job asks: half as many per attempt. */
const CLAIM = `
  WITH due AS MATERIALIZED (
    SELECT id, priority, due_at, attempts FROM jobs.job
    WHERE queue = $1 AND due_at <= now() AND expires_at > now()
    ORDER BY priority DESC, due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
  ), line AS (
    SELECT id, row_number() OVER line AS place, max(attempts) OVER line AS tried FROM due
    WINDOW line AS (ORDER BY priority DESC, due_at, id)
  )
  UPDATE jobs.job SET state = 'running', lease = $3, due_at = now() + $4 * interval '1 ms', attempts = job.attempts + 1
  FROM line WHERE job.id = line.id AND place <= greatest(1, $2::int >> least(tried, 30))
  RETURNING job.id, job.payload, job.attempts, job.origin, line.place`;

const RENEW = `UPDATE jobs.job SET due_at = now() + $3 * interval '1 ms' WHERE id = ANY ($1) AND lease = $2 RETURNING id`;

const COMPLETE = `DELETE FROM jobs.job WHERE id = ANY ($1) AND lease = $2 RETURNING id`;

const RETRY = `
  UPDATE jobs.job SET state = 'retrying', lease = NULL, due_at = now() + failed.delay * interval '1 ms', error = $4
  FROM unnest($1::uuid[], $3::float8[]) AS failed(id, delay) WHERE job.id = failed.id AND job.lease = $2`;

const GIVE_BACK = `
  UPDATE jobs.job SET state = 'retrying', lease = NULL, due_at = now(), attempts = attempts - 1
  WHERE id = ANY ($1) AND lease = $2`;

/** One whose key is waiting by now is not needed any more. */
const POSTPONE = `
  WITH mine AS (
    SELECT id, row_number() OVER (PARTITION BY coalesce(key, id::text) ORDER BY id) > 1 OR EXISTS (
      SELECT FROM jobs.job twin WHERE twin.queue = job.queue AND twin.key = job.key AND twin.state = 'waiting'
    ) AS is_spare
    FROM jobs.job WHERE id = ANY ($1) AND lease = $2
  ), gone AS (DELETE FROM jobs.job USING mine WHERE job.id = mine.id AND mine.is_spare)
  UPDATE jobs.job SET state = 'waiting', lease = NULL, due_at = now() + $3 * interval '1 ms', attempts = attempts - 1
  FROM mine WHERE job.id = mine.id AND NOT mine.is_spare`;

const BURY = `
  WITH dead AS (DELETE FROM jobs.job WHERE id = ANY ($1) AND lease = $2 RETURNING *)
  INSERT INTO jobs.dead_letter (id, queue, payload, key, priority, attempts, error, origin, created_at)
  SELECT id, queue, payload, key, priority, attempts, $3, origin, created_at FROM dead`;

const DUE = `
  SELECT queue, NULL AS schedule FROM unnest($1::text[]) AS known(queue)
  WHERE EXISTS (SELECT FROM jobs.job WHERE job.queue = known.queue AND due_at <= now() AND expires_at > now())
  UNION ALL SELECT NULL, id FROM jobs.schedule WHERE id = ANY ($2) AND due_at <= now()`;

const END_LEASES = `UPDATE jobs.job SET state = 'retrying', lease = NULL, due_at = now() WHERE lease IS NOT NULL`;
const END_SCHEDULE_LEASES = 'UPDATE jobs.schedule SET lease = NULL, due_at = now() WHERE lease IS NOT NULL';

const REMOVE_EXPIRED = 'DELETE FROM jobs.job WHERE expires_at <= now() AND lease IS NULL';
const REMOVE_DEAD = `DELETE FROM jobs.dead_letter WHERE died_at < now() - $1 * interval '1 day'`;

const LIST = `
  SELECT id, queue, state, attempts, error, created_at AS "createdAt", due_at AS at FROM jobs.job
  WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2`;
