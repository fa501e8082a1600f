import { Injectable } from '@nestjs/common';
import { AlertingConfig } from '../../../platform/config/index.js';
import { AlertIntake } from '../alert.js';
import { AlertingError } from '../alerting.errors.js';
import type { AcceptedResponse } from '../dto/alertmanager.dto.js';
import { WATCHDOG, Watchdog } from '../watch/watchdog.js';
import { readMessage } from './alertmanager.js';
import { HeardAlerts } from './heard-alerts.js';

/** Takes what an Alertmanager says. */
@Injectable()
export class AlertmanagerService {
  constructor(
    private readonly intake: AlertIntake,
    private readonly heard: HeardAlerts,
    private readonly watchdog: Watchdog,
    private readonly config: AlertingConfig,
  ) {}

  /**
   * Takes the alerts of a message; once it resolves a crash loses none of them. The same message again changes nothing.
   * The alert `Watchdog`, which fires while all is well, is a sign of life and told to nobody.
   * @throws DomainError `validation_failed`; AlertingError `alerts_disabled`; DeliveryError `alert_journal_down`
   */
  async receive(message: unknown): Promise<AcceptedResponse> {
    if (!this.config.isEnabled) throw new AlertingError('alerts_disabled');
    const now = Date.now();
    const all = readMessage(message, now);
    const alerts = all.filter(({ alert }) => alert.rule !== WATCHDOG);
    if (all.some(({ alert }) => alert.rule === WATCHDOG && alert.status === 'firing')) this.watchdog.heard();
    this.heard.note(alerts, now);
    if (alerts.length > 0) await this.intake.take(alerts.map(({ alert }) => alert));
    await this.heard.passOn(alerts);
    return { accepted: all.length };
  }
}
