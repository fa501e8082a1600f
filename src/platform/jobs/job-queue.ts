import { Injectable } from '@nestjs/common';
import { CommitWatch, type Transaction } from '../database/index.js';
import { uuidv7 } from '../ids.js';
import type { JobType } from './job.js';
import { sendFrom } from './job-origin.js';
import { JobStore, type NewJob } from './job-store.js';
import { JobWorkers } from './job-workers.js';

export interface JobOptions {
  /**
   * Merges with a job of the same key that nobody has begun yet: one run for many changes. That one keeps its place,
   * takes this payload and the earlier start; with `startAfter` it runs once per that time at most.
   */
  readonly key?: string;
  /** A moment, or milliseconds from now. */
  readonly startAfter?: Date | number;
  /** Higher ones first; 0 unless given, from -32768 to 32767. */
  readonly priority?: number;
  /** A job that nobody has begun by then is removed without a trace. */
  readonly expiresAt?: Date;
}

export interface NewJobOf<Payload extends object> extends JobOptions {
  readonly payload: Payload;
}

/** Rows of one statement. */
const CHUNK = 1000;

/**
 * Queues jobs within the transaction that writes what they are about: both are there, or neither is.
 *
 * A job with a key is locked until the transaction ends, so queue last, and jobs of several keys at once: their order
 * is then the same in every transaction, and none blocks another.
 */
@Injectable()
export class JobQueue {
  constructor(
    private readonly store: JobStore,
    private readonly commits: CommitWatch,
    private readonly workers: JobWorkers,
  ) {}

  /** Queues one job. It begins some milliseconds after the commit, where this process works on its queue. */
  enqueue<Payload extends object>(
    tx: Transaction,
    type: JobType<Payload>,
    payload: Payload,
    options: JobOptions = {},
  ): Promise<void> {
    return this.enqueueAll(tx, type, [{ payload, ...options }]);
  }

  /** What the jobs of one kind are about that wait, run or will be tried again; not those that have failed for good. */
  unfinished<Payload extends object>(tx: Transaction, type: JobType<Payload>): Promise<Payload[]> {
    return this.store.payloads<Payload>(tx, type.name);
  }

  /** Queues many jobs of one kind, in this order. Of several with one key the last counts. */
  async enqueueAll<Payload extends object>(
    tx: Transaction,
    type: JobType<Payload>,
    jobs: readonly NewJobOf<Payload>[],
  ): Promise<void> {
    if (jobs.length === 0) return;
    const rows = jobs.map<Omit<NewJob, 'origin'>>(({ payload, key, startAfter = 0, priority = 0, expiresAt }) => ({
      id: uuidv7(),
      payload,
      key: key ?? null,
      priority,
      delay: typeof startAfter === 'number' ? startAfter : 0,
      dueAt: typeof startAfter === 'number' ? null : startAfter,
      expiresAt: expiresAt ?? null,
    }));
    const distinct = [...new Map(rows.map((row) => [row.key ?? row.id, row])).values()];
    const ids = distinct.map(({ id }) => id);
    await sendFrom(type.name, ids, async (origin) => {
      for (let start = 0; start < distinct.length; start += CHUNK) {
        const chunk = distinct.slice(start, start + CHUNK).map((row) => ({ ...row, origin }));
        await this.store.add(tx, type.name, chunk);
      }
    });
    this.commits.afterCommit(tx, `jobs ${type.name}`, () => {
      this.workers.wake(type.name);
    });
  }
}
