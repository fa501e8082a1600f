import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { ServerConfig } from '../../platform/config/index.js';
import { HealthRegistry, type Finding } from '../../platform/health/index.js';
import { inTimeForScrape, Metrics } from '../../platform/observability/index.js';
import { receiverStateOf, recoveryPointOf, stateOf } from './backup.policy.js';
import { HouseholdBackups } from './household.service.js';
import { RunsRepository, type Summary } from './runs.repository.js';

/** How backups stand, to Prometheus and to the health endpoints. They never make the server unready. */
@Injectable()
export class BackupMonitor implements OnModuleInit {
  private readonly startedAt = Date.now();

  constructor(
    private readonly metrics: Metrics,
    private readonly health: HealthRegistry,
    private readonly runs: RunsRepository,
    private readonly backups: HouseholdBackups,
    private readonly server: ServerConfig,
  ) {}

  onModuleInit(): void {
    const seconds = (time: Date | null): number | undefined => (time ? time.getTime() / 1000 : undefined);
    this.gauge('backup_last_success_timestamp_seconds', 'When the newest backup was made', (summary) =>
      seconds(summary.last_success_at),
    );
    this.gauge('backup_last_verified_timestamp_seconds', 'When a backup was last restored and compared', (summary) =>
      seconds(summary.last_verified_at),
    );
    this.gauge(
      'backup_rpo_seconds',
      'Age of what backups and the stored log hold: what would be lost now',
      (summary) => {
        const point = recoveryPointOf(summary);
        return point ? (summary.now.getTime() - point.getTime()) / 1000 : undefined;
      },
    );
    this.gauge(
      'backup_faulty',
      'Stored backups that are damaged or missing',
      ({ damaged, missing }) => damaged + missing,
    );
    this.gauge('backup_wal_receiver_timestamp_seconds', 'When the receiver of the log last told of itself', (summary) =>
      seconds(summary.receiver_at),
    );
    this.gauge(
      'restore_drill_seconds',
      'Duration of the last restore that was compared',
      (summary) => summary.drill_seconds ?? undefined,
    );
    this.metrics.gauge('backup_max_age_seconds', 'Age above which the newest backup is too old', (gauge) => {
      if (this.backups.watched.isEnabled) gauge.set(this.backups.watched.maxAge / 1000);
      else gauge.remove();
    });
    if (this.backups.watched.isEnabled)
      this.health.register({ name: 'backup', isOptional: true, check: () => this.check() });
    else if (this.server.isProduction) new Logger('Backup').warn('no backups are made: BACKUP_RECIPIENTS is not set');
  }

  /** A new server has as long for its first backup as the newest one may be old. */
  private async check(): Promise<Finding> {
    const summary = await this.runs.summary();
    const { watched } = this.backups;
    const state = stateOf(summary, watched);
    const isYoung = Date.now() - this.startedAt < watched.maxAge;
    const receiver = receiverStateOf(summary);
    const isMade = state === 'ok' || state === 'not_verified' || (state === 'none' && isYoung);
    const isReceived = receiver === 'ok' || receiver === 'none';
    return {
      isUp: isMade && isReceived,
      details: { state, ...(receiver === 'none' ? {} : { wal_receiver: receiver }) },
    };
  }

  /** Without a value while nothing is known, or the database is away: an alert on its absence hears of it. */
  private gauge(name: string, help: string, read: (summary: Summary) => number | undefined): void {
    const { runs } = this;
    new Gauge({
      name: `family_assistant_${name}`,
      help,
      registers: [this.metrics.registry],
      async collect() {
        this.reset();
        const value = await inTimeForScrape(runs.summary()).then(read, () => undefined);
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
}
