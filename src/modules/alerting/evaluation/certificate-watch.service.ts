import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AlertingRulesConfig } from '../../../platform/config/index.js';
import { Metrics } from '../../../platform/observability/index.js';
import { expiryOf } from './certificates.js';

/** Certificates change seldom. Milliseconds. */
const EVERY = 3_600_000;
/** One that could not be read is tried again sooner. Milliseconds. */
const AFTER_FAILURE = 60_000;

/** Reads the certificates of ALERTS_CERTIFICATES every hour, for metrics. */
@Injectable()
export class CertificateWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly known = new Map<string, { expiry: number | undefined; isReadable: boolean }>();
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(
    private readonly config: AlertingRulesConfig,
    metrics: Metrics,
  ) {
    metrics.gauge(
      'certificate_expiry_timestamp_seconds',
      'When a certificate ends',
      (gauge) => {
        gauge.reset();
        for (const [name, { expiry }] of this.known) if (expiry !== undefined) gauge.set({ name }, expiry / 1000);
      },
      ['name'],
    );
    metrics.gauge(
      'certificate_readable',
      'Whether a certificate could be read',
      (gauge) => {
        gauge.reset();
        for (const [name, { isReadable }] of this.known) gauge.set({ name }, Number(isReadable));
      },
      ['name'],
    );
  }

  onApplicationBootstrap(): void {
    if (this.config.certificates.length > 0) this.plan(0);
  }

  onApplicationShutdown(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  /** Reads them all now. One that cannot be read keeps the end that was read before. */
  async look(): Promise<void> {
    await Promise.all(
      this.config.certificates.map(async (name) => {
        const expiry = await expiryOf(name).catch(() => undefined);
        this.known.set(name, { expiry: expiry ?? this.known.get(name)?.expiry, isReadable: expiry !== undefined });
      }),
    );
  }

  private plan(delay: number): void {
    if (this.isOver) return;
    this.timer = setTimeout(() => {
      void this.look().then(() => {
        const isWell = Array.from(this.known.values()).every(({ isReadable }) => isReadable);
        this.plan(isWell ? EVERY : AFTER_FAILURE);
      });
    }, delay);
    this.timer.unref();
  }
}
