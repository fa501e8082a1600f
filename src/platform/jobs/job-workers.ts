import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DatabaseConfig, JobsConfig, ServerConfig } from '../config/index.js';
import { isDatabaseUnavailable } from '../database/index.js';
import { HealthRegistry, type Finding } from '../health/index.js';
import { JobMetrics } from './job-metrics.js';
import { JobRegistry } from './job-registry.js';
import { JobStore } from './job-store.js';
import { QueueWorker } from './queue-worker.js';
import { ScheduleStore } from './schedule-store.js';
import { ScheduleWorker } from './schedule-worker.js';

/** How often what has expired is removed, in milliseconds. */
const UPKEEP_INTERVAL = 60_000;
const DEAD_LETTER_DAYS = 90;

/**
 * The workers of this process, from the start of the application to its end. Jobs that this process queues wake them at
 * once; what other processes queue, retries and schedules are found by one small query per `JOBS_POLL_INTERVAL`,
 * however many queues there are.
 */
@Injectable()
export class JobWorkers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private readonly stop = new AbortController();
  private readonly closing = new AbortController();
  private queues: ReadonlyMap<string, QueueWorker> = new Map();
  private schedules: ReadonlyMap<string, ScheduleWorker> = new Map();
  private polling: Promise<void> | undefined;
  /** Milliseconds by a clock that nobody sets. */
  private polledAt = 0;
  private cleanedAt = -Infinity;

  constructor(
    private readonly config: JobsConfig,
    private readonly server: ServerConfig,
    private readonly database: DatabaseConfig,
    private readonly registry: JobRegistry,
    private readonly store: JobStore,
    private readonly scheduleStore: ScheduleStore,
    private readonly metrics: JobMetrics,
    private readonly health: HealthRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.registry.close();
    const { jobs, schedules } = this.registry;
    if (!this.config.enabled || jobs.length + schedules.length === 0) return;
    const { store, metrics } = this;
    const settings = { store, metrics, leaseTime: this.config.lease * 1000, stop: this.stop.signal };
    this.queues = new Map(
      jobs.map((job) => [job.type.name, new QueueWorker(job.type, (...args) => job.work(...args), settings)]),
    );
    this.schedules = new Map(
      schedules.map((schedule) => [schedule.id, new ScheduleWorker(schedule, this.scheduleStore, settings)]),
    );
    // Nobody else can have the embedded database open, so whoever held a lease is gone.
    if (this.database.isEmbedded) await store.endLeases();
    if (schedules.length > 0) await this.scheduleStore.keep(schedules, new Date());
    this.polledAt = performance.now();
    this.health.register({ name: 'jobs', isOptional: true, check: () => this.check() });
    this.polling = this.poll();
  }

  /** Before the database is closed: what runs finishes within its time, or is given back. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing.abort();
    const patience = Math.min(this.config.drainTimeout, this.server.shutdownTimeout / 2);
    const late = setTimeout(() => {
      this.stop.abort();
    }, patience * 1000);
    await Promise.all([...this.queues.values(), ...this.schedules.values()].map((worker) => worker.close()));
    clearTimeout(late);
    await this.polling;
  }

  /** Tells that a job may be due in a queue. */
  wake(queue: string): void {
    this.queues.get(queue)?.wake();
  }

  /** Tells that a schedule may be due. */
  wakeSchedule(id: string): void {
    this.schedules.get(id)?.wake();
  }

  private async poll(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        const due = await this.store.due([...this.queues.keys()], [...this.schedules.keys()]);
        this.polledAt = performance.now();
        for (const queue of due.queues) this.wake(queue);
        for (const id of due.schedules) this.wakeSchedule(id);
        await this.cleanUp();
      } catch (error) {
        if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'the queue could not be looked at');
      }
      await sleep(this.config.pollInterval, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  private async cleanUp(): Promise<void> {
    if (performance.now() - this.cleanedAt < UPKEEP_INTERVAL) return;
    this.cleanedAt = performance.now();
    await this.store.removeExpired(DEAD_LETTER_DAYS);
    await this.scheduleStore.bringBack(this.registry.schedules, new Date(), this.config.lease * 1000);
    if (this.database.isEmbedded) await this.store.vacuum();
  }

  private check(): Finding {
    const age = Math.round(performance.now() - this.polledAt);
    return { isUp: age < 10_000 + 3 * this.config.pollInterval, details: { looked_ms_ago: age } };
  }
}
