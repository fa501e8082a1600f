import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { isDatabaseUnavailable, type Transaction } from '../database/index.js';
import { uuidv7 } from '../ids.js';
import { failSpan } from '../observability/index.js';
import { Hopeless, Postponed, retryDelay, RunEnded, type BatchContext, type JobType, type Work } from './job.js';
import type { JobMetrics } from './job-metrics.js';
import { runFrom } from './job-origin.js';
import type { ClaimedJob, JobStore } from './job-store.js';
import { nameOfError } from './job-errors.js';
import { underLease, type Ending } from './leased-run.js';

/** What all workers of a process share. */
export interface WorkerSettings {
  readonly store: JobStore;
  readonly metrics: JobMetrics;
  /** Milliseconds for which a claim holds without being renewed. */
  readonly leaseTime: number;
  /** Aborted when running work can be waited for no longer. */
  readonly stop: AbortSignal;
}

/** Works on one queue in this process: `wake` starts up to `concurrency` loops, each of which ends at an empty queue. */
export class QueueWorker {
  private readonly logger = new Logger('Jobs');
  private readonly loops = new Set<Promise<void>>();
  private running = 0;
  /** A loop that a request wakes is not part of that request: nothing of it may show in its log lines. */
  private readonly outside = AsyncLocalStorage.snapshot();
  private wakes = 0;
  private isClosing = false;

  constructor(
    private readonly type: JobType,
    private readonly work: Work<object>,
    private readonly settings: WorkerSettings,
  ) {}

  /** Tells that a job may be due. */
  wake(): void {
    this.wakes += 1;
    if (this.isClosing || this.running >= this.type.concurrency) return;
    this.running += 1;
    const loop = this.outside(() => this.workWhileDue()).finally(() => this.loops.delete(loop));
    this.loops.add(loop);
  }

  /** Begins nothing more; resolves when what runs has ended, by itself or by `stop`. */
  async close(): Promise<void> {
    this.isClosing = true;
    await Promise.all(this.loops);
  }

  private async workWhileDue(): Promise<void> {
    const { store, leaseTime } = this.settings;
    const { name, batchSize } = this.type;
    try {
      while (!this.isClosing) {
        const { wakes } = this;
        const lease = uuidv7();
        const jobs = await store.claim(name, lease, batchSize, leaseTime);
        if (jobs.length === 0 && wakes === this.wakes) return;
        if (jobs.length === batchSize) this.wake(); // there may be more, for others
        if (jobs.length > 0) await this.workOn(jobs, lease);
      }
    } catch (error) {
      // The next look at the queue tries again, and health tells of a database that is away.
      if (!isDatabaseUnavailable(error)) this.logger.error({ err: error, queue: name }, 'no jobs could be claimed');
    } finally {
      this.running -= 1; // here and not a moment later, when a wake could have gone unheard
    }
  }

  private async workOn(claimed: readonly ClaimedJob[], lease: string): Promise<void> {
    // Began its last attempt and never ended it: it may be what kills the process.
    const lost = claimed.filter(({ attempt }) => attempt > this.type.retryLimit + 1);
    const jobs = claimed.filter((job) => !lost.includes(job));
    const started = performance.now();
    try {
      if (lost.length > 0) await this.bury(lost, lease, 'abandoned');
      if (jobs.length === 0) return;
      await runFrom(this.type.name, jobs, lease, async () => {
        const ending = await this.run(jobs, lease);
        const milliseconds = performance.now() - started;
        const outcome = isPostponed(ending) ? 'postponed' : ending.outcome;
        this.settings.metrics.ran(this.type.name, outcome, jobs.length, milliseconds / 1000);
        this.logger.debug({ outcome, duration_ms: Math.round(milliseconds * 100) / 100 }, 'jobs have run');
      });
    } catch (error) {
      // The outcome could not be stored: the lease ends, and the jobs run again.
      this.logger.warn({ err: error, queue: this.type.name }, 'jobs could not be ended; they will run again');
    }
  }

  private async run(jobs: readonly ClaimedJob[], lease: string): Promise<Ending> {
    const { store, leaseTime, stop } = this.settings;
    const ids = jobs.map(({ id }) => id);
    let isComplete = false;
    const complete = async (tx: Transaction): Promise<void> => {
      if (!(await store.completeWithin(tx, ids, lease))) throw new RunEnded('lost');
      isComplete = true;
    };
    const renew = async (): Promise<boolean> => isComplete || store.renew(ids, lease, leaseTime);
    const ending = await underLease({ timeout: this.type.timeout, leaseTime, renew, stop }, (signal) => {
      const context: BatchContext = { signal, complete };
      return this.work(jobs, context);
    });
    await this.store(ending, jobs, ids, lease);
    return ending;
  }

  private async store(
    ending: Ending,
    jobs: readonly ClaimedJob[],
    ids: readonly string[],
    lease: string,
  ): Promise<void> {
    const { store } = this.settings;
    const { name: queue } = this.type;
    if (isPostponed(ending)) return store.postpone(ids, lease, ending.error.delay);
    switch (ending.outcome) {
      case 'succeeded':
        return store.complete(ids, lease);
      case 'given_back':
        return store.giveBack(ids, lease);
      case 'lost':
        this.logger.warn({ queue, jobs: ids }, 'jobs were taken over by another process');
        return;
      default:
        return this.retryOrBury(ending.error, jobs, lease);
    }
  }

  private async retryOrBury(error: unknown, jobs: readonly ClaimedJob[], lease: string): Promise<void> {
    const { name: queue, retryLimit, backoff } = this.type;
    const isLast = ({ attempt }: ClaimedJob): boolean => attempt > retryLimit || error instanceof Hopeless;
    const last = jobs.filter((job) => isLast(job));
    failSpan(error);
    const others = jobs.filter((job) => !isLast(job));
    if (others.length > 0) {
      const delays = others.map(({ attempt }) => retryDelay(backoff, attempt, Math.random()));
      this.logger.warn({ err: error, queue, jobs: others.map(({ id }) => id) }, 'jobs failed; they will be retried');
      await this.settings.store.retry(
        others.map(({ id }) => id),
        lease,
        delays,
        nameOfError(error),
      );
    }
    if (last.length > 0) await this.bury(last, lease, nameOfError(error), error);
  }

  private async bury(jobs: readonly ClaimedJob[], lease: string, reason: string, error?: unknown): Promise<void> {
    const { name: queue } = this.type;
    const ids = jobs.map(({ id }) => id);
    this.logger.error({ ...(error === undefined ? {} : { err: error }), reason, queue, jobs: ids }, 'jobs are dead');
    await this.settings.store.bury(ids, lease, reason);
    this.settings.metrics.died(queue, ids.length);
  }
}

const isPostponed = (ending: Ending): ending is Ending & { readonly error: Postponed } =>
  ending.outcome === 'failed' && ending.error instanceof Postponed;
