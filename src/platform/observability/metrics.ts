import { Injectable } from '@nestjs/common';
import { VERSION } from '../config/index.js';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const ACTIVE_WINDOW = 300_000;
/** Callers choose the method; one that no route has is `OTHER`. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Ways to sign in. */
const SIGN_IN_METHODS = ['password', 'provider', 'telegram', 'device', 'device_code'] as const;
export type SignInMethod = (typeof SIGN_IN_METHODS)[number];

interface RequestSeries {
  readonly total: Counter.Internal;
  readonly duration: { observe(seconds: number): void };
}

/** Look-ups in a cache by their outcome; `shared`: somebody else was fetching the same already. */
export interface CacheCounters {
  hit(): void;
  miss(): void;
  shared(): void;
}

/** The Prometheus metrics of docs/API.md. Label values are bounded: route patterns, never addresses or ids. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly seenAt = new Map<string, number>();
  /** Series by route and status, so that a request neither builds nor hashes labels. */
  private readonly series = new Map<string, RequestSeries>();

  private readonly requests = this.counter('requests_total', 'HTTP requests', ['method', 'endpoint', 'status']);
  private readonly durations = new Histogram({
    name: 'family_assistant_request_duration_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['method', 'endpoint'],
    buckets: LATENCY_BUCKETS,
    registers: [this.registry],
  });
  private readonly authAttempts = this.counter('auth_attempts_total', 'Attempts to sign in', ['method', 'outcome']);
  private readonly limitHits = this.counter('rate_limit_hits_total', 'Requests refused by a rate limit', ['policy']);
  private readonly cacheRequests = this.counter('cache_requests_total', 'Look-ups in a cache', ['cache', 'outcome']);

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'family_assistant_' });
    this.gauge(
      'build_info',
      'Always 1; its labels tell the version',
      (gauge) => {
        gauge.set({ version: VERSION, node: process.versions.node }, 1);
      },
      ['version', 'node'],
    );
    // A rate does not see how a series begins: the first failures of a kind would not count.
    for (const method of SIGN_IN_METHODS)
      for (const outcome of ['success', 'failure', 'throttled']) this.authAttempts.inc({ method, outcome }, 0);
    this.gauge('active_users', 'Distinct people seen within five minutes', (gauge) => {
      gauge.set(this.countActive(Date.now()));
    });
  }

  /** One answered request. `endpoint` is the route pattern; `seconds` its duration. */
  request(asked: string, endpoint: string, status: number, seconds: number, userId: string | undefined): void {
    const method = METHODS.has(asked) ? asked : 'OTHER';
    const key = `${method} ${endpoint} ${String(status)}`;
    let series = this.series.get(key);
    if (!series) {
      series = {
        total: this.requests.labels(method, endpoint, String(status)),
        duration: this.durations.labels(method, endpoint),
      };
      this.series.set(key, series);
    }
    series.total.inc();
    series.duration.observe(seconds);
    if (userId !== undefined) this.seenAt.set(userId, Date.now());
  }

  authAttempt(method: SignInMethod, outcome: 'success' | 'failure' | 'throttled'): void {
    this.authAttempts.labels(method, outcome).inc();
  }

  /** Says that there is such a limit, of which nobody has been refused yet: a rate does not see how a series begins. */
  limitKnown(policy: string): void {
    this.limitHits.inc({ policy }, 0);
  }

  limitHit(policy: string): void {
    this.limitHits.labels(policy).inc();
  }

  /** The reusable counters of one cache. */
  cache(name: string): CacheCounters {
    const series = (outcome: string): (() => void) => {
      const counter = this.cacheRequests.labels(name, outcome);
      return () => {
        counter.inc();
      };
    };
    return { hit: series('hit'), miss: series('miss'), shared: series('shared') };
  }

  /** A gauge that is read when Prometheus asks. */
  gauge(name: string, help: string, collect: (gauge: Gauge) => void, labelNames: string[] = []): void {
    const { registry } = this;
    new Gauge({
      name: `family_assistant_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        collect(this);
      },
    });
  }

  /** A histogram of seconds. */
  histogram(name: string, help: string, labelNames: string[] = []): Histogram {
    return new Histogram({
      name: `family_assistant_${name}`,
      help,
      labelNames,
      buckets: LATENCY_BUCKETS,
      registers: [this.registry],
    });
  }

  /** A counter; its name ends in `_total`. */
  counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `family_assistant_${name}`, help, labelNames, registers: [this.registry] });
  }

  private countActive(now: number): number {
    for (const [user, time] of this.seenAt) if (now - time > ACTIVE_WINDOW) this.seenAt.delete(user);
    return this.seenAt.size;
  }
}
