import { Injectable } from '@nestjs/common';
import { Counter, Gauge, type Histogram } from 'prom-client';
import { inTimeForScrape, Metrics } from '../observability/index.js';
import { JobRegistry } from './job-registry.js';
import { DeadLetters } from './dead-letters.js';
import { JobStore } from './job-store.js';
import type { Ending } from './leased-run.js';

/** Metrics of the queue. The gauges ask the database when Prometheus asks; with that away they have no values. */
@Injectable()
export class JobMetrics {
  private readonly jobs: Counter;
  private readonly durations: Histogram;

  constructor(
    metrics: Metrics,
    private readonly registry: JobRegistry,
    private readonly store: JobStore,
    private readonly deadLetters: DeadLetters,
  ) {
    const registers = [metrics.registry];
    this.jobs = new Counter({
      name: 'family_assistant_jobs_total',
      help: 'Jobs and schedules by how a run of them ended',
      labelNames: ['queue', 'outcome'],
      registers,
    });
    this.durations = metrics.histogram('job_duration_seconds', 'Duration of a batch of jobs or a schedule', ['queue']);
    const gauge = (name: string, help: string, read: () => Promise<{ queue: string; jobs: number }[]>): void => {
      new Gauge({
        name: `family_assistant_${name}`,
        help,
        labelNames: ['queue'],
        registers,
        collect: async function () {
          await fill(this, read);
        },
      });
    };
    gauge('queue_depth', 'Jobs waiting, running or to be retried', () => this.depths());
    gauge('dead_letters', 'Jobs that failed for good', () => this.deadLetters.counts());
  }

  /** A run that has ended. @param seconds it took */
  ran(queue: string, outcome: Ending['outcome'] | 'postponed', jobs: number, seconds: number): void {
    this.jobs.labels(queue, outcome).inc(jobs);
    this.durations.labels(queue).observe(seconds);
  }

  /** Jobs that became dead letters. */
  died(queue: string, jobs: number): void {
    this.jobs.labels(queue, 'dead').inc(jobs);
  }

  /** Empty queues as well, so that an alert sees a number and not its absence. */
  private async depths(): Promise<{ queue: string; jobs: number }[]> {
    return [...this.registry.jobs.map(({ type }) => ({ queue: type.name, jobs: 0 })), ...(await this.store.depths())];
  }
}

async function fill(gauge: Gauge, read: () => Promise<{ queue: string; jobs: number }[]>): Promise<void> {
  gauge.reset();
  const counts = await inTimeForScrape(read()).catch(() => []);
  for (const { queue, jobs } of counts) gauge.set({ queue }, jobs);
}
