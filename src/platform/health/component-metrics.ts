import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AlertingRulesConfig, ServerConfig } from '../config/index.js';
import { Metrics } from '../observability/metrics.js';
import { statDataDisk } from './data-disk.js';
import { HealthService, type HealthReport } from './health.service.js';

/** Longest wait for the disk, in milliseconds. */
const TIME_LIMIT = 2000;

/** In bytes. */
interface Disk {
  readonly free: number;
  readonly size: number;
}

/**
 * Health as metrics. All parts are asked in the background every ALERTS_INTERVAL, so that nobody who reads the metrics
 * waits for a part that does not answer.
 */
@Injectable()
export class ComponentMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private report: HealthReport | undefined;
  private disk: Disk | undefined;
  private looking: Promise<Disk | undefined> | undefined;
  private refreshedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly health: HealthService,
    private readonly config: AlertingRulesConfig,
    private readonly server: ServerConfig,
    metrics: Metrics,
  ) {
    metrics.gauge(
      'component_up',
      'Whether a part of the server is well',
      (gauge) => {
        gauge.reset();
        for (const [component, { status }] of Object.entries(this.report?.components ?? {}))
          gauge.set({ component }, Number(status === 'up'));
      },
      ['component'],
    );
    metrics.gauge('ready', 'Whether all parts that the server needs are well', (gauge) => {
      gauge.reset();
      // A planned end is no fault.
      if (this.report) gauge.set(Number(this.report.status !== 'error'));
      else gauge.remove();
    });
    const ofDisk = (name: string, help: string, field: 'free' | 'size'): void => {
      metrics.gauge(name, help, (gauge) => {
        gauge.reset();
        if (this.disk) gauge.set(this.disk[field]);
        else gauge.remove();
      });
    };
    ofDisk('disk_free_bytes', 'Room that is left on the disk of the data', 'free');
    ofDisk('disk_size_bytes', 'Size of the disk of the data', 'size');
  }

  onApplicationBootstrap(): void {
    const interval = this.config.interval * 1000;
    this.timer = setInterval(() => {
      // Where rules are evaluated, they have just asked.
      if (performance.now() - this.refreshedAt >= interval * 0.9) void this.refresh();
    }, interval);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Asks all parts now, each within its time limit. */
  async refresh(): Promise<void> {
    const [report, disk] = await Promise.all([this.health.report().catch(() => undefined), this.lookAtDisk()]);
    this.report = report;
    this.disk = disk;
    this.refreshedAt = performance.now();
  }

  /** A disk that hangs is asked once, and not waited for: threads of the process would hang with it. */
  private async lookAtDisk(): Promise<Disk | undefined> {
    const isHanging = this.looking !== undefined;
    this.looking ??= statDataDisk(this.server.dataDir)
      .then(({ bavail, blocks, bsize }) => ({ free: bavail * bsize, size: blocks * bsize }))
      .catch(() => undefined)
      .finally(() => {
        this.looking = undefined;
      });
    const abort = new AbortController();
    const late = sleep(isHanging ? 0 : TIME_LIMIT, undefined, { signal: abort.signal, ref: false }).catch(
      () => undefined,
    );
    return Promise.race([this.looking, late]).finally(() => {
      abort.abort();
    });
  }
}
