import { Inject, Injectable } from '@nestjs/common';
import { TransactionRunner } from '../database/index.js';

/** A job that has failed for good. */
export interface DeadLetter {
  readonly id: string;
  readonly queue: string;
  readonly payload: object;
  readonly key: string | null;
  readonly attempts: number;
  /** Class and SQLSTATE of the last error; `abandoned` when its processes died. */
  readonly error: string | null;
  readonly createdAt: Date;
  readonly diedAt: Date;
}

/** Which dead letters: those with these ids, or all of a queue. */
export type DeadLetterChoice = { readonly ids: readonly string[] } | { readonly queue: string };

/** Jobs that have used up their retries: to be looked at, run again, or thrown away. Kept for 90 days. */
@Injectable()
export class DeadLetters {
  constructor(@Inject(TransactionRunner) private readonly runner: TransactionRunner) {}

  /** A page in the order in which the jobs were queued. @param after id of the last one seen */
  list({ queue, after, limit = 100 }: { queue?: string; after?: string; limit?: number } = {}): Promise<DeadLetter[]> {
    return this.runner.query<DeadLetter>({ name: 'jobs.dead', text: LIST }, [queue ?? null, after ?? null, limit]);
  }

  /** How many there are in each queue that has any. */
  counts(): Promise<{ queue: string; jobs: number }[]> {
    const text = 'SELECT queue, count(*)::int AS jobs FROM jobs.dead_letter GROUP BY queue';
    return this.runner.query({ name: 'jobs.dead_counts', text }, []);
  }

  /** Queues them again, with all their attempts; returns how many. Workers see them at their next look. */
  async replay(choice: DeadLetterChoice): Promise<number> {
    return (await this.runner.query({ name: 'jobs.dead_replay', text: REPLAY }, valuesOf(choice))).length;
  }

  /** Throws them away; returns how many. */
  async discard(choice: DeadLetterChoice): Promise<number> {
    return (await this.runner.query({ name: 'jobs.dead_discard', text: DISCARD }, valuesOf(choice))).length;
  }
}

const valuesOf = (choice: DeadLetterChoice): unknown[] => ('ids' in choice ? [choice.ids, null] : [null, choice.queue]);

const LIST = `
  SELECT id, queue, payload, key, attempts, error, created_at AS "createdAt", died_at AS "diedAt" FROM jobs.dead_letter
  WHERE ($1::text IS NULL OR queue = $1) AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`;

const DISCARD = 'DELETE FROM jobs.dead_letter WHERE id = ANY ($1::uuid[]) OR queue = $2 RETURNING id';

/** One whose key is waiting needs no second job: the waiting one begins after this. */
const REPLAY = `
  WITH raised AS (DELETE FROM jobs.dead_letter WHERE id = ANY ($1::uuid[]) OR queue = $2 RETURNING *), added AS (
    INSERT INTO jobs.job (id, queue, payload, key, priority, due_at, origin, created_at)
    SELECT id, queue, payload, key, priority, now(), origin, created_at FROM raised
    ON CONFLICT (queue, key) WHERE state = 'waiting' AND key IS NOT NULL DO NOTHING
  ) SELECT id FROM raised`;
