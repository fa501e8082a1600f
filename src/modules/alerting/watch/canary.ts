import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AlertingConfig, AlertingWatchConfig } from '../../../platform/config/index.js';
import { defineSchedule, JobRegistry } from '../../../platform/jobs/index.js';
import { fingerprintOf, type Alert } from '../alert.js';
import { DeliveryService } from '../delivery/index.js';

const RULE = 'Canary';
const LABELS = { alertname: RULE, severity: 'info' } as const;

/**
 * Proves every channel once a day by a message that says that all is well: nobody learns from an emergency that a token
 * has expired. Of several processes one sends it, by the plan of jobs.
 */
@Injectable()
export class Canary implements OnModuleInit {
  private readonly logger = new Logger('Alerting');

  constructor(
    private readonly delivery: DeliveryService,
    private readonly registry: JobRegistry,
    private readonly channels: AlertingConfig,
    private readonly config: AlertingWatchConfig,
  ) {}

  onModuleInit(): void {
    if (!this.channels.isEnabled || this.channels.channels.length === 0) return;
    this.registry.registerSchedule(
      defineSchedule({ id: 'alerting.canary', cron: this.config.canarySchedule, execute: () => this.sing() }),
    );
  }

  /** Sends one. @throws Error when no channel has taken it yet; it is tried again like any other message */
  async sing(): Promise<void> {
    const receipts = await this.delivery.deliverNow(canary(Date.now()));
    const failed = receipts.filter(({ outcome }) => outcome !== 'accepted');
    for (const { channel, outcome, code } of failed)
      this.logger.warn({ channel, outcome, reason: code }, 'a channel has not taken the canary');
    if (failed.length === receipts.length) throw new Error('no channel has taken the canary');
  }
}

const canary = (startsAt: number): Alert => ({
  fingerprint: fingerprintOf('canary', LABELS),
  source: 'canary',
  rule: RULE,
  severity: 'info',
  status: 'firing',
  labels: LABELS,
  annotations: {
    summary: 'Alerting works',
    description: 'This message comes every day to prove that alerts reach you. Nothing has to be done.',
  },
  startsAt,
});
