import { join } from 'node:path';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { AlertingConfig, DatabaseConfig, ServerConfig } from '../../../platform/config/index.js';
import { isDatabaseUnavailable, TransactionRunner } from '../../../platform/database/index.js';
import { AlertIntake, type Alert } from '../alert.js';
import { DeliveryError, DeliveryService } from '../delivery/index.js';
import { HistoryRepository } from '../history/history.repository.js';
import { KeptFile } from '../kept-file.js';
import { Rounds } from '../rounds.js';
import type { HeardAlert } from './alertmanager.js';

/** Milliseconds between two looks at whose time has come. */
const LOOK_EVERY = 5000;

/**
 * Ends alerts from Alertmanagers of which nothing more is heard: at the time that was said, else `ALERTS_RESOLVE_TIMEOUT`
 * after they were heard last. Time is counted by a clock that nobody sets; over a restart by the other one, within bounds.
 * What another process was told to be over is over here as well.
 */
@Injectable()
export class HeardAlerts implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Alerting');
  private readonly file: KeptFile;
  private readonly rounds = new Rounds(LOOK_EVERY, () => this.look());
  /** When an episode ends, by `performance.now()`. */
  private readonly ends = new Map<string, number>();
  private readonly timeout: number;
  private isChanged = false;

  constructor(
    private readonly intake: AlertIntake,
    private readonly delivery: DeliveryService,
    private readonly runner: TransactionRunner,
    private readonly history: HistoryRepository,
    private readonly database: DatabaseConfig,
    { resolveTimeout }: AlertingConfig,
    { dataDir }: ServerConfig,
  ) {
    this.timeout = resolveTimeout * 60_000;
    this.file = new KeptFile(join(dataDir, 'alerting', 'heard.json'));
  }

  async onModuleInit(): Promise<void> {
    // Where it cannot be read every alert has its whole time again.
    const kept = await this.file.read().catch(() => undefined);
    const now = Date.now();
    for (const [key, end] of Object.entries(kept ?? {}))
      if (typeof end === 'number' && Number.isFinite(end))
        this.ends.set(key, performance.now() + this.within(end - now));
  }

  onApplicationBootstrap(): void {
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.end();
    await this.keep();
  }

  /** Remembers until when what was heard holds. @param now milliseconds since 1970 */
  note(heard: readonly HeardAlert[], now: number): void {
    for (const { alert, until } of heard) {
      if (alert.status === 'resolved') this.ends.delete(keyOf(alert));
      else this.ends.set(keyOf(alert), performance.now() + this.within((until ?? Infinity) - now));
      this.isChanged = true;
    }
  }

  /** Ends those whose time has come. */
  async look(): Promise<void> {
    try {
      const firing = this.delivery.active().filter(({ source }) => source === 'alertmanager');
      const elsewhere = await this.endedElsewhere(firing);
      const over = firing.flatMap((alert) => {
        const endsAt = elsewhere.get(keyOf(alert)) ?? (this.isOver(alert) ? Date.now() : undefined);
        return endsAt === undefined ? [] : [{ ...alert, status: 'resolved' as const, endsAt }];
      });
      // Before the journal is open nothing fires: that says nothing of anybody's time.
      if (this.delivery.status().journal.state === 'up') this.forget(firing, over);
      if (over.length > 0) await this.intake.take(over);
      await this.keep();
    } catch (error) {
      // The journal is down: delivery has the alerts all the same, and says so itself.
      if (!(error instanceof DeliveryError)) this.logger.error({ err: error }, 'alerts from outside cannot be ended');
    }
  }

  private isOver(alert: Alert): boolean {
    const key = keyOf(alert);
    const end = this.ends.get(key);
    if (end === undefined) {
      this.ends.set(key, performance.now() + this.timeout);
      this.isChanged = true;
      return false;
    }
    return end <= performance.now();
  }

  /** What does not fire any more has no time to come. */
  private forget(firing: readonly Alert[], over: readonly Alert[]): void {
    const ended = new Set(over.map(keyOf));
    const kept = new Set(firing.map(keyOf).filter((key) => !ended.has(key)));
    for (const key of [...this.ends.keys()]) {
      if (kept.has(key)) continue;
      this.ends.delete(key);
      this.isChanged = true;
    }
  }

  private async endedElsewhere(firing: readonly Alert[]): Promise<ReadonlyMap<string, number>> {
    if (this.database.isEmbedded || firing.length === 0) return new Map();
    const fingerprints = firing.map(({ fingerprint }) => fingerprint);
    try {
      const rows = await this.runner.runAsIdentity((tx) => this.history.ended(tx, 'alertmanager', fingerprints));
      return new Map(
        rows.map((row) => [keyOf({ fingerprint: row.fingerprint, startsAt: row.starts_at }), row.ends_at]),
      );
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      return new Map();
    }
  }

  private async keep(): Promise<void> {
    if (!this.isChanged) return;
    this.isChanged = false;
    const shift = Date.now() - performance.now();
    const ends = Object.fromEntries([...this.ends].map(([key, end]) => [key, Math.round(end + shift)]));
    // For the next start alone; the journal, where alerts are, tells when the disk is away.
    await this.file.write(ends).catch(() => undefined);
  }

  private within(milliseconds: number): number {
    return Math.min(Math.max(milliseconds, 0), this.timeout);
  }
}

const keyOf = ({ fingerprint, startsAt }: Pick<Alert, 'fingerprint' | 'startsAt'>): string =>
  `${fingerprint}/${String(Math.round(startsAt))}`;
