import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AlertingWatchConfig } from '../../../platform/config/index.js';
import { TransactionRunner } from '../../../platform/database/index.js';
import { decodeCursor, toPage, withZone, type Page } from '../../../platform/http/index.js';
import { defineSchedule, JobRegistry } from '../../../platform/jobs/index.js';
import { toEpisodeResponse, type AlertEpisodeResponse } from '../dto/alert.response.js';
import type { AlertHistoryQuery } from '../dto/history.query.js';
import { SilencesRepository } from '../silences/silences.repository.js';
import { HistoryRepository, type EpisodeRow } from './history.repository.js';

/** Rows of each kind that one round of the retention erases. */
const ROUND = 1000;

/** Past alerts as operators see them, and their end. */
@Injectable()
export class AlertHistory implements OnModuleInit {
  private readonly logger = new Logger('Alerting');

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: JobRegistry,
    private readonly rows: HistoryRepository,
    private readonly silences: SilencesRepository,
    private readonly config: AlertingWatchConfig,
  ) {}

  onModuleInit(): void {
    this.registry.registerSchedule(
      defineSchedule({ id: 'alerting.retention', cron: '53 3 * * *', execute: ({ signal }) => this.expire(signal) }),
    );
  }

  /** What fired and fires, newest first. */
  async list({ rule, severity, from, to, limit, cursor }: AlertHistoryQuery): Promise<Page<AlertEpisodeResponse>> {
    const after = decodeCursor(cursor);
    const filter = { rule, severity, from: from && withZone(from), to: to && withZone(to) };
    const rows = await this.runner.runAsIdentity((tx) => this.rows.page(tx, filter, limit, after));
    const positionOf = ({ sort_key: at, id }: EpisodeRow): { at: string; id: string } => ({ at, id });
    return toPage(rows, limit, positionOf, toEpisodeResponse);
  }

  /** Erases what is older than the retention. */
  async expire(signal?: AbortSignal): Promise<void> {
    const days = this.config.historyDays;
    let total = 0;
    for (let erased = ROUND; erased >= ROUND; total += erased) {
      signal?.throwIfAborted();
      erased = await this.runner.runAsIdentity(
        async (tx) => (await this.rows.deleteOld(tx, days, ROUND)) + (await this.silences.deleteOld(tx, days, ROUND)),
      );
    }
    if (total > 0) this.logger.log({ erased: total }, 'erased alerts and silences past their retention');
  }
}
