import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AlertingConfig } from '../../../platform/config/index.js';
import { HealthRegistry, type Finding } from '../../../platform/health/index.js';
import { Metrics } from '../../../platform/observability/index.js';
import { DeliveryService } from './delivery.service.js';

/** Seconds for which something may be on its way before health says that delivery does not work. */
const LATE = 300;

/** How delivery stands, to Prometheus and to the health endpoints. It never makes the server unready. */
@Injectable()
export class DeliveryMonitor implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly health: HealthRegistry,
    private readonly delivery: DeliveryService,
    private readonly config: AlertingConfig,
  ) {}

  onModuleInit(): void {
    // Where nobody is told of alerts by this process there is nothing to measure, and nothing that could be unwell.
    if (!this.config.isEnabled) return;
    const { metrics, delivery } = this;
    const gauge = (name: string, help: string, read: () => number): void => {
      metrics.gauge(name, help, (one) => {
        one.set(read());
      });
    };
    gauge('alert_outbox_pending', 'Notifications that some channel has yet to accept', () => delivery.status().pending);
    gauge('alert_outbox_oldest_seconds', 'Age of the oldest of them', () => delivery.status().oldestSeconds);
    gauge('alert_journal_up', 'Whether alerts are safe from a crash: 1, or 0 while they are in memory only', () =>
      Number(delivery.status().journal.state === 'up'),
    );
    gauge(
      'alert_channels_verified',
      'Channels that have accepted something within 36 hours',
      () => delivery.status().channels.filter(({ isVerified }) => isVerified).length,
    );
    this.health.register({ name: 'alert_delivery', isOptional: true, check: () => this.check() });
  }

  private check(): Finding {
    const { journal, pending, oldestSeconds, dead, channels } = this.delivery.status();
    return {
      isUp: journal.state === 'up' && oldestSeconds < LATE,
      details: {
        journal: journal.error ?? journal.state,
        damaged_lines: journal.damagedLines,
        pending,
        oldest_seconds: Math.round(oldestSeconds),
        undelivered: dead,
        has_verified_channel: channels.some(({ isVerified }) => isVerified),
        channels: Object.fromEntries(
          channels.map(({ channel, isVerified, verifiedAt, lastError }) => [
            channel,
            {
              is_verified: isVerified,
              verified_at: verifiedAt === undefined ? null : new Date(verifiedAt).toISOString(),
              last_error: lastError ?? null,
            },
          ]),
        ),
      },
    };
  }
}
