import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { isDatabaseUnavailable } from '../database/index.js';
import { uuidv7 } from '../ids.js';
import { failSpan } from '../observability/index.js';
import { nameOfError } from './job-errors.js';
import { runSchedule } from './job-origin.js';
import { underLease, type Ending } from './leased-run.js';
import type { WorkerSettings } from './queue-worker.js';
import { nextRun, type Schedule } from './schedule.js';
import type { ScheduleStore } from './schedule-store.js';

/** Runs one schedule in this process when it is due and no other process was first. */
export class ScheduleWorker {
  private readonly logger = new Logger('Schedules');
  private readonly outside = AsyncLocalStorage.snapshot();
  private running: Promise<void> | undefined;
  private isClosing = false;

  constructor(
    private readonly schedule: Schedule,
    private readonly schedules: ScheduleStore,
    private readonly settings: WorkerSettings,
  ) {}

  /** Tells that it may be due. */
  wake(): void {
    if (this.isClosing || this.running) return;
    this.running = this.outside(() => this.runIfDue()).finally(() => (this.running = undefined));
  }

  /** Begins nothing more; resolves when what runs has ended, by itself or by `stop`. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.running;
  }

  private async runIfDue(): Promise<void> {
    const { id } = this.schedule;
    const { leaseTime, metrics } = this.settings;
    const lease = uuidv7();
    try {
      const startedAt = await this.schedules.claim(id, lease, leaseTime);
      if (!startedAt) return;
      const started = performance.now();
      const ending = await runSchedule(id, lease, () => this.run(lease));
      metrics.ran(id, ending.outcome, 1, (performance.now() - started) / 1000);
      await this.finish(ending, lease, startedAt);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) this.logger.error({ err: error, schedule: id }, 'the schedule could not run');
    }
  }

  private async run(lease: string): Promise<Ending> {
    const { id, timeout } = this.schedule;
    const { leaseTime, stop } = this.settings;
    const renew = (): Promise<boolean> => this.schedules.renew(id, lease, leaseTime);
    const ending = await underLease({ timeout, leaseTime, renew, stop }, (signal) => this.schedule.execute({ signal }));
    if ('error' in ending) failSpan(ending.error);
    return ending;
  }

  private async finish(ending: Ending, lease: string, startedAt: Date): Promise<void> {
    const { id } = this.schedule;
    if (ending.outcome === 'lost') return;
    if (ending.outcome === 'given_back') return this.schedules.giveBack(id, lease);
    const error = 'error' in ending ? ending.error : undefined;
    if (error !== undefined) this.logger.error({ err: error, schedule: id }, 'the schedule failed');
    // From the later of both clocks: by one that is behind, the run just made would come again.
    const next = nextRun(this.schedule, new Date(Math.max(Date.now(), startedAt.getTime())));
    await this.schedules.finish(id, lease, ending.outcome, error === undefined ? null : nameOfError(error), next);
  }
}
