import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../platform/audit/index.js';
import { AlertingConfig } from '../../platform/config/index.js';
import { isDatabaseUnavailable, TransactionRunner } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { fingerprintOf, type Alert } from './alert.js';
import { AlertingError } from './alerting.errors.js';
import { CurrentAlerts } from './current-alerts.js';
import { DeliveryService } from './delivery/index.js';
import { toAlertResponse, type AlertsResponse, type ReceiptsResponse } from './dto/alert.response.js';

const TEST = { alertname: 'Test', severity: 'info' } as const;

/** What operators ask of alerts. */
@Injectable()
export class AlertsService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly trail: AuditTrail,
    private readonly delivery: DeliveryService,
    private readonly current: CurrentAlerts,
    private readonly config: AlertingConfig,
  ) {}

  /**
   * What is wrong now. It comes from memory, so that it is there while the database is away, to whoever was let in just
   * before; otherwise session and rights are verified in the database.
   */
  async list(principal: Principal): Promise<AlertsResponse> {
    await this.verify(principal);
    return { data: this.current.list().map(toAlertResponse) };
  }

  /** Tells of an alert that is none by every channel. @throws AlertingError `alerts_no_channel` */
  async test(principal: Principal): Promise<ReceiptsResponse> {
    if (!this.config.isEnabled || this.config.channels.length === 0) throw new AlertingError('alerts_no_channel');
    await this.runner.run(principal, (tx) => this.trail.record(tx, by(principal, 'alert.test')));
    const receipts = await this.delivery.deliverNow(testAlert(Date.now()));
    return {
      data: receipts.map(({ channel, outcome, code, attempts, tookMs }) => ({
        channel,
        outcome,
        code: code ?? null,
        attempts,
        took_ms: Math.round(tookMs),
      })),
    };
  }

  private async verify(principal: Principal): Promise<void> {
    try {
      await this.runner.run(principal, () => Promise.resolve());
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
    }
  }
}

const testAlert = (startsAt: number): Alert => ({
  fingerprint: fingerprintOf('test', TEST),
  source: 'test',
  rule: TEST.alertname,
  severity: TEST.severity,
  status: 'firing',
  labels: TEST,
  annotations: {
    summary: 'This is a test',
    description: 'Somebody who runs the server asked for it. Nothing is wrong, and nothing has to be done.',
  },
  startsAt,
});
