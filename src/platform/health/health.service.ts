import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, ServiceUnavailableException, type BeforeApplicationShutdown } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { DataSource } from 'typeorm';
import { VERSION } from '../config/index.js';
import { poolOf, type PoolReport } from '../database/index.js';
import { HealthRegistry, type Finding, type HealthIndicator } from './health.registry.js';

/** Longest wait for one indicator, in milliseconds. */
const TIME_LIMIT = 2000;

export type HealthStatus = 'ok' | 'degraded' | 'error' | 'shutting_down';

export interface HealthReport {
  readonly status: HealthStatus;
  readonly timestamp: string;
  readonly version: string;
  readonly components: HealthIndicatorResult;
}

/** Asks every registered indicator, each within its time limit. */
@Injectable()
export class HealthService implements BeforeApplicationShutdown {
  private hasAnnounced = false;
  private running: Promise<HealthReport> | undefined;

  constructor(
    private readonly registry: HealthRegistry,
    private readonly terminus: HealthCheckService,
    private readonly indicator: HealthIndicatorService,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  /** Connections to the database at this moment, and how long they were waited for. */
  pool(): PoolReport {
    return poolOf(this.dataSource).report();
  }

  /** Whether the shutdown was announced. */
  get isStopping(): boolean {
    return this.hasAnnounced;
  }

  /** From now on "not ready", so that load balancers send no more requests. */
  announceShutdown(): void {
    this.hasAnnounced = true;
  }

  beforeApplicationShutdown(): void {
    this.announceShutdown();
  }

  /** `error` when a needed part is down, `degraded` when only an optional one is. Asked for at once, it is found out once. */
  async report(): Promise<HealthReport> {
    this.running ??= this.findOut().finally(() => {
      this.running = undefined;
    });
    const report = await this.running;
    return this.hasAnnounced ? { ...report, status: 'shutting_down' } : report;
  }

  private async findOut(): Promise<HealthReport> {
    const indicators = this.registry.list();
    const required = new Set(indicators.filter(({ isOptional }) => !isOptional).map(({ name }) => name));
    const components = await this.askAll(indicators);
    const down = Object.entries(components).filter(([, { status }]) => status !== 'up');
    const worst: HealthStatus = down.some(([name]) => required.has(name))
      ? 'error'
      : down.length > 0
        ? 'degraded'
        : 'ok';
    return {
      status: worst,
      timestamp: new Date().toISOString(),
      version: VERSION,
      components,
    };
  }

  /** Terminus throws when a part is down; its findings are in the exception. */
  private async askAll(indicators: readonly HealthIndicator[]): Promise<HealthIndicatorResult> {
    try {
      const { details } = await this.terminus.check(indicators.map((indicator) => () => this.ask(indicator)));
      return details;
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return (error.getResponse() as { details: HealthIndicatorResult }).details;
    }
  }

  private async ask(indicator: HealthIndicator): Promise<HealthIndicatorResult> {
    const check = this.indicator.check(indicator.name);
    const abort = new AbortController();
    const late = sleep(TIME_LIMIT, undefined, { signal: abort.signal, ref: false }).then(
      () => ({ isUp: false, details: { reason: `no answer within ${String(TIME_LIMIT)} ms` } }),
      () => ({ isUp: false }),
    );
    try {
      const { isUp, details = {} } = await Promise.race<Finding>([
        Promise.resolve().then(() => indicator.check()),
        late,
      ]);
      return isUp ? check.up(details) : check.down(details);
    } catch {
      return check.down({ reason: 'unavailable' });
    } finally {
      abort.abort();
    }
  }
}
