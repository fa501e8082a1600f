import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Metrics } from '../observability/index.js';
import { quantileOf, type Bucket } from './quantile.js';

/** Milliseconds from one sample to the next. */
const MINUTE = 60_000;
/** Samples that are kept. */
export const HISTORY_MINUTES = 60;

/** What asks every few seconds says nothing of how the server serves. */
const MACHINES = /^\/(health|ready|metrics|status)(\/|$)/;

/** The requests of a minute, or of as long as it took until the next sample. */
export interface Minute {
  /** Requests per minute. */
  readonly rate: number;
  /** How many of them were answered with a status of 500 or more. */
  readonly failed: number;
  /** The same per minute. */
  readonly failureRate: number;
  /** Seconds within which 95 % of them were answered; undefined without any. */
  readonly p95: number | undefined;
}

interface Totals {
  /** Of the monotonic clock, in milliseconds: one that is set may not make minutes long or negative. */
  readonly at: number;
  readonly requests: number;
  readonly failures: number;
  readonly buckets: readonly Bucket[];
}

/**
 * Requests of this process in the last hour, minute by minute. A sample reads the metrics that are counted anyway, so a
 * request costs nothing more.
 */
@Injectable()
export class RequestHistory implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Status');
  private readonly samples: Minute[] = [];
  private before: Totals | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly metrics: Metrics) {}

  onApplicationBootstrap(): void {
    this.sampleNow();
    this.timer = setInterval(() => {
      this.sampleNow();
    }, MINUTE);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The newest last; empty until a minute after the start. */
  minutes(): readonly Minute[] {
    return this.samples;
  }

  /** Adds what has happened since the last time. */
  async sample(): Promise<void> {
    const now = await this.read();
    const { before } = this;
    this.before = now;
    if (!before || now.at <= before.at) return;
    this.samples.push(between(before, now));
    if (this.samples.length > HISTORY_MINUTES) this.samples.shift();
  }

  private sampleNow(): void {
    this.sample().catch((error: unknown) => {
      this.logger.error({ err: error }, 'the requests of the last minute could not be read');
    });
  }

  private async read(): Promise<Totals> {
    const at = performance.now();
    const buckets = new Map<number, number>();
    let requests = 0;
    let failures = 0;
    for (const { labels, value } of await this.valuesOf('family_assistant_requests_total')) {
      requests += value;
      if (Number(labels['status']) >= 500) failures += value;
    }
    for (const { labels, value, metricName } of await this.valuesOf('family_assistant_request_duration_seconds')) {
      if (!metricName?.endsWith('_bucket')) continue;
      const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
      buckets.set(bound, (buckets.get(bound) ?? 0) + value);
    }
    const sorted = [...buckets].map(([bound, count]) => ({ bound, count })).sort((one, two) => one.bound - two.bound);
    return { at, requests, failures, buckets: sorted };
  }

  private async valuesOf(name: string): Promise<Value[]> {
    const metric = this.metrics.registry.getSingleMetric(name);
    const { values } = metric ? await metric.get() : { values: [] };
    return (values as Value[]).filter(({ labels }) => !MACHINES.test(String(labels['endpoint'])));
  }
}

interface Value {
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
  readonly metricName?: string;
}

function between(before: Totals, now: Totals): Minute {
  const perMinute = MINUTE / (now.at - before.at);
  const earlier = new Map(before.buckets.map(({ bound, count }) => [bound, count]));
  const buckets = now.buckets.map(({ bound, count }) => ({ bound, count: count - (earlier.get(bound) ?? 0) }));
  const failed = now.failures - before.failures;
  return {
    rate: (now.requests - before.requests) * perMinute,
    failed,
    failureRate: failed * perMinute,
    p95: quantileOf(0.95, buckets),
  };
}
