import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { AlertingConfig } from '../../../platform/config/index.js';
import { HealthRegistry, type Finding } from '../../../platform/health/index.js';
import { SilenceSource } from '../delivery/index.js';
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
    private readonly config: AlertingConfig,
  ) {}

  onModuleInit(): void {
    if (this.config.isEnabled) this.health.register({ name: 'alerting', isOptional: true, check: () => this.check() });
  }

  onApplicationBootstrap(): void {
    const { isEnabled, channels } = this.config;
    if (!isEnabled) return;
    if (channels.length === 0) this.logger.warn('nobody is told of alerts: no channel is set up, see docs/ALERTING.md');
    else this.logger.log({ channels }, 'alerts are told by these channels');
  }

  /** How each channel stands is told beside it, by delivery. */
  private check(): Finding {
    const { faults } = this.condition.look();
    return {
      isUp: faults.length === 0,
      details: {
        faults,
        has_channel: this.config.channels.length > 0,
        evaluated_seconds_ago: Math.round(this.evaluation.age),
        heartbeat: this.heartbeat.state,
        silences: this.silences.silences().length,
      },
    };
  }
}
