import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { HealthRegistry, type Finding } from '../../../platform/health/index.js';
import { SilenceSource, type DeliveryStatus } from '../delivery/index.js';
import { AlertingCondition } from './condition.js';
import { EvaluationWatch } from './evaluation-watch.js';
import { Heartbeat } from './heartbeat.js';

/** How alerting stands, to the health endpoints and at the start. It never makes the server unready. */
@Injectable()
export class AlertingMonitor implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('Alerting');

  constructor(
    private readonly health: HealthRegistry,
    private readonly condition: AlertingCondition,
    private readonly evaluation: EvaluationWatch,
    private readonly heartbeat: Heartbeat,
    private readonly silences: SilenceSource,
  ) {}

  onModuleInit(): void {
    this.health.register({ name: 'alerting', isOptional: true, check: () => this.check() });
  }

  onApplicationBootstrap(): void {
    const channels = this.condition.look().status.channels.map(({ channel }) => channel);
    if (channels.length === 0) this.logger.warn('nobody is told of alerts: no channel is set up, see docs/ALERTING.md');
    else this.logger.log({ channels }, 'alerts are told');
  }

  private check(): Finding {
    const { status, faults } = this.condition.look();
    const { journal, pending, oldestSeconds, dead, channels, history } = status;
    return {
      isUp: faults.length === 0,
      details: {
        faults,
        journal: { state: journal.state, error: journal.error ?? null, damaged_lines: journal.damagedLines },
        outbox: { pending, oldest_seconds: Math.round(oldestSeconds), undelivered: dead },
        history: { waiting: history.waiting, dropped: history.dropped },
        evaluated_seconds_ago: Math.round(this.evaluation.age),
        heartbeat: this.heartbeat.state,
        silences: this.silences.silences().length,
        channels: channels.map(channelOf),
      },
    };
  }
}

const channelOf = ({
  channel,
  isFallback,
  isVerified,
  verifiedAt,
  lastError,
  pending,
}: DeliveryStatus['channels'][number]): object => ({
  channel,
  is_fallback: isFallback,
  is_verified: isVerified,
  verified_at: verifiedAt === undefined ? null : new Date(verifiedAt).toISOString(),
  last_error: lastError ?? null,
  pending,
});
