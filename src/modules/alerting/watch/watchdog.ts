import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AlertingConfig, AlertingWatchConfig } from '../../../platform/config/index.js';
import { isDatabaseUnavailable, TransactionRunner } from '../../../platform/database/index.js';
import { Metrics } from '../../../platform/observability/index.js';
import { AlertIntake, fingerprintOf, type Alert } from '../alert.js';
import { DeliveryError, DeliveryService } from '../delivery/index.js';
import { ChannelsRepository } from '../history/channels.repository.js';
import { Rounds } from '../rounds.js';

/** The alert that monitoring sends all the time, so that its silence is heard (as of kube-prometheus). */
export const WATCHDOG = 'Watchdog';
const RULE = 'WatchdogSilent';
const LABELS = { alertname: RULE, severity: 'critical', watchdog: WATCHDOG } as const;
const FINGERPRINT = fingerprintOf('watchdog', LABELS);

/** Milliseconds between two looks, at most. */
const LOOK_EVERY = 5000;

/**
 * Listens for the sign of life of an Alertmanager, where one is expected, and tells of its silence. Processes tell each
 * other by the database what they hear; without it each one goes by what it hears itself. A start has the whole time again.
 */
@Injectable()
export class Watchdog implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Alerting');
  private readonly rounds: Rounds;
  private readonly startedAt = performance.now();
  /** By `performance.now()`; undefined where it was never heard. */
  private heardAt: number | undefined;

  constructor(
    private readonly intake: AlertIntake,
    private readonly delivery: DeliveryService,
    private readonly runner: TransactionRunner,
    private readonly rows: ChannelsRepository,
    private readonly config: AlertingWatchConfig,
    private readonly alerting: AlertingConfig,
    metrics: Metrics,
  ) {
    const expected = (config.watchdogExpected ?? Infinity) * 1000;
    this.rounds = new Rounds(Math.min(LOOK_EVERY, expected / 4), () => this.look());
    metrics.gauge(
      'alert_watchdog_last_seen_timestamp_seconds',
      'When an expected sign of life from outside was last heard',
      (gauge) => {
        if (this.heardAt !== undefined)
          gauge.set({ name: WATCHDOG }, (Date.now() - (performance.now() - this.heardAt)) / 1000);
      },
      ['name'],
    );
  }

  onApplicationBootstrap(): void {
    if (this.alerting.isEnabled) this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.end();
  }

  /** It was heard just now. The other processes learn of it when the database is there. */
  heard(): void {
    this.heardAt = performance.now();
    this.runner
      .runAsIdentity((tx) => this.rows.heard(tx, WATCHDOG))
      .catch((error: unknown) => {
        if (!isDatabaseUnavailable(error))
          this.logger.error({ err: error }, 'that the watchdog was heard is not stored');
      });
  }

  /** Tells of a silence, or that it is over: also where none is expected any more. */
  async look(): Promise<void> {
    const isExpected = this.config.watchdogExpected !== undefined;
    const expected = (this.config.watchdogExpected ?? Infinity) * 1000;
    try {
      if (isExpected) await this.hearOthers();
      const now = performance.now();
      const isHeard = !isExpected || (this.heardAt !== undefined && now - this.heardAt <= expected);
      const isSilent = now - Math.max(this.heardAt ?? -Infinity, this.startedAt) > expected;
      const firing = this.delivery.active().find(({ fingerprint }) => fingerprint === FINGERPRINT);
      if (isSilent && !firing) await this.intake.take([this.alert(Date.now())]);
      else if (isHeard && firing) await this.intake.take([{ ...firing, status: 'resolved', endsAt: Date.now() }]);
    } catch (error) {
      // The journal is down: delivery has the alert all the same, and says so itself.
      if (!(error instanceof DeliveryError))
        this.logger.error({ err: error }, 'the silence of the watchdog is not told');
    }
  }

  private async hearOthers(): Promise<void> {
    try {
      const silence = await this.runner.runAsIdentity((tx) => this.rows.silence(tx, WATCHDOG));
      if (silence !== undefined) this.heardAt = Math.max(this.heardAt ?? -Infinity, performance.now() - silence * 1000);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
    }
  }

  private alert(startsAt: number): Alert {
    return {
      fingerprint: FINGERPRINT,
      source: 'watchdog',
      rule: RULE,
      severity: 'critical',
      status: 'firing',
      labels: LABELS,
      annotations: {
        summary: 'Monitoring elsewhere has fallen silent',
        description: `No alert named ${WATCHDOG} has come within ${String(this.config.watchdogExpected)} seconds: the Prometheus or the Alertmanager that sends it, or the way from there, is broken.`,
        runbook: RULE,
      },
      startsAt,
    };
  }
}
