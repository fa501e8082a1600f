import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AlertingConfig, DatabaseConfig } from '../../../platform/config/index.js';
import { isDatabaseUnavailable, TransactionRunner } from '../../../platform/database/index.js';
import { AlertIntake, type Alert } from '../alert.js';
import { DeliveryError, DeliveryService } from '../delivery/index.js';
import { HistoryRepository } from '../history/history.repository.js';
import { newEpisode } from '../history/new-episode.js';
import { Rounds } from '../rounds.js';
import type { HeardAlert } from './alertmanager.js';

/** Milliseconds between two looks at whose time has come. */
const LOOK_EVERY = 5000;
/** Alerts that are remembered for a database that is away; with more, those that ended first are forgotten. */
const MOST_UNTOLD = 10_000;

/**
 * Ends alerts from outside at the time that was said of them, unless they are heard of again, and those that another
 * process was told to be over. Alerts of which no end was said, as is the habit of Alertmanager, are ended by delivery
 * when nothing more is heard of them within `ALERTS_RESOLVE_TIMEOUT`.
 */
@Injectable()
export class HeardAlerts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Alerting');
  private readonly rounds = new Rounds(LOOK_EVERY, () => this.look());
  /** When an episode ends, by `performance.now()`: nobody sets that clock. */
  private readonly ends = new Map<string, number>();
  /** What is over, and the database was not told yet. */
  private readonly untold = new Map<string, Alert>();

  constructor(
    private readonly intake: AlertIntake,
    private readonly delivery: DeliveryService,
    private readonly runner: TransactionRunner,
    private readonly history: HistoryRepository,
    private readonly database: DatabaseConfig,
    private readonly config: AlertingConfig,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.isEnabled) this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.end();
  }

  /** Remembers until when what was heard holds. @param now milliseconds since 1970 */
  note(heard: readonly HeardAlert[], now: number): void {
    for (const { alert, until } of heard) {
      if (until === undefined) this.ends.delete(keyOf(alert));
      else this.ends.set(keyOf(alert), performance.now() + (until - now));
    }
  }

  /**
   * Tells the other processes, by the database, of what is over: the one that heard it begin may be another, which need
   * not have written it down yet. What the database could not be told is told with the next look.
   */
  async passOn(heard: readonly HeardAlert[]): Promise<void> {
    if (this.database.isEmbedded) return;
    for (const { alert } of heard) {
      // Of one that goes on after all nothing is to be told.
      this.untold.delete(keyOf(alert));
      if (alert.status === 'resolved') this.untold.set(keyOf(alert), alert);
    }
    for (const key of [...this.untold.keys()].slice(0, -MOST_UNTOLD)) this.untold.delete(key);
    await this.tell();
  }

  private async tell(): Promise<void> {
    const told = [...this.untold];
    if (told.length === 0) return;
    try {
      await this.runner.runAsIdentity((tx) =>
        this.history.saveEpisodes(
          tx,
          told.map(([, alert]) =>
            newEpisode(alert, { ends_at: Math.round(alert.endsAt ?? Date.now()), began_at: null }),
          ),
        ),
      );
    } catch (error) {
      if (isDatabaseUnavailable(error)) return;
      this.logger.error({ err: error }, 'what is over could not be told to other processes');
    }
    for (const [key, alert] of told) if (this.untold.get(key) === alert) this.untold.delete(key);
  }

  /** Ends those whose time has come. */
  async look(): Promise<void> {
    try {
      await this.tell();
      const firing = this.delivery.active().filter(({ source }) => source === 'alertmanager');
      const elsewhere = await this.endedElsewhere(firing);
      const over = firing.flatMap((alert) => {
        const endsAt = elsewhere.get(keyOf(alert)) ?? (this.isOver(alert) ? Date.now() : undefined);
        return endsAt === undefined ? [] : [{ ...alert, status: 'resolved' as const, endsAt }];
      });
      const kept = new Set(firing.filter((alert) => !over.some((one) => keyOf(one) === keyOf(alert))).map(keyOf));
      for (const key of [...this.ends.keys()]) if (!kept.has(key)) this.ends.delete(key);
      if (over.length > 0) await this.intake.take(over);
    } catch (error) {
      // The journal is down: delivery has the alerts all the same, and says so itself.
      if (!(error instanceof DeliveryError)) this.logger.error({ err: error }, 'alerts from outside cannot be ended');
    }
  }

  private isOver(alert: Alert): boolean {
    return (this.ends.get(keyOf(alert)) ?? Infinity) <= performance.now();
  }

  /** Whether the database does not know yet what was heard here: an end in it may be one that was taken back since. */
  private isBehind(): boolean {
    return this.delivery.status().history.waiting > 0;
  }

  private async endedElsewhere(firing: readonly Alert[]): Promise<ReadonlyMap<string, number>> {
    // Nobody but this process has the embedded database.
    if (this.database.isEmbedded || firing.length === 0 || this.isBehind()) return new Map();
    const fingerprints = firing.map(({ fingerprint }) => fingerprint);
    try {
      const rows = await this.runner.runAsIdentity((tx) => this.history.ended(tx, 'alertmanager', fingerprints));
      if (this.isBehind()) return new Map();
      return new Map(
        rows.map((row) => [keyOf({ fingerprint: row.fingerprint, startsAt: row.starts_at }), row.ends_at]),
      );
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      return new Map();
    }
  }
}

const keyOf = ({ fingerprint, startsAt }: Pick<Alert, 'fingerprint' | 'startsAt'>): string =>
  `${fingerprint}/${String(Math.round(startsAt))}`;
