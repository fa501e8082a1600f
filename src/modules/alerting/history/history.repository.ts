import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';
import type { Position } from '../../../platform/http/index.js';

/** An episode as it is stored, with what people were told of it. */
export interface EpisodeRow {
  readonly id: string;
  readonly fingerprint: string;
  readonly source: string;
  readonly rule: string;
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description?: string; readonly runbook?: string };
  readonly starts_at: Date;
  readonly ends_at: Date | null;
  readonly notifications: readonly {
    readonly channel: string;
    readonly outcome: string;
    readonly code: string | null;
    readonly attempts: number;
    readonly at: string;
  }[];
  /** Sort key of the page, with microseconds. */
  readonly sort_key: string;
}

export interface NewEpisode extends Omit<EpisodeRow, 'starts_at' | 'ends_at' | 'notifications' | 'sort_key'> {
  /** Milliseconds since 1970. */
  readonly starts_at: number;
  readonly ends_at: number | null;
  /** When it was last heard to begin, or to go on after it counted as over. */
  readonly began_at: number | null;
}

export interface NewNotification {
  readonly id: string;
  readonly notification: string;
  readonly channel: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly episodes: readonly string[];
}

export interface HistoryFilter {
  readonly rule?: string | undefined;
  readonly severity?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Notifications shown of one episode. */
const MOST_NOTIFICATIONS = 20;

const EPISODE_KEY = `e.fingerprint || '/' || (extract(epoch FROM e.starts_at) * 1000)::bigint`;

const COLUMNS = `e.id, e.fingerprint, e.source, e.rule, e.severity, e.labels, e.annotations, e.starts_at, e.ends_at,
  to_char(e.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sort_key,
  coalesce((SELECT json_agg(n ORDER BY n.at) FROM (
    SELECT channel, outcome, code, attempts, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
    FROM alert_notifications WHERE episodes @> ARRAY[${EPISODE_KEY}] ORDER BY at LIMIT ${String(MOST_NOTIFICATIONS)}) n),
    '[]'::json) AS notifications`;

/** Every query on the history of alerts. Each needs a transaction of the realm `identity`: nobody else sees it. */
@Injectable()
export class HistoryRepository {
  /**
   * Stores episodes; of those that are known already, only that they have ended, or go on: what was heard to fire after
   * its end had not ended. What comes again, or late, changes nothing.
   */
  async saveEpisodes(tx: Transaction, episodes: readonly NewEpisode[]): Promise<void> {
    const rows = JSON.stringify(episodes);
    const columns = 'fingerprint text, starts_at bigint, ends_at bigint, began_at bigint';
    if (episodes.some(({ began_at }) => began_at !== null))
      await managerOf(tx).query(
        `UPDATE alert_episodes e SET ends_at = NULL FROM jsonb_to_recordset($1::jsonb) AS n(${columns})
         WHERE e.fingerprint = n.fingerprint AND e.starts_at = to_timestamp(n.starts_at / 1000.0)
           AND e.ends_at < to_timestamp(n.began_at / 1000.0)`,
        [rows],
      );
    await managerOf(tx).query(
      `INSERT INTO alert_episodes (id, fingerprint, source, rule, severity, labels, annotations, starts_at, ends_at)
       SELECT id, fingerprint, source, rule, severity, labels, annotations, to_timestamp(starts_at / 1000.0),
         to_timestamp(ends_at / 1000.0)
       FROM jsonb_to_recordset($1::jsonb) AS n(id uuid, fingerprint text, source text, rule text, severity text,
         labels jsonb, annotations jsonb, starts_at bigint, ends_at bigint)
       ON CONFLICT (fingerprint, starts_at) DO UPDATE SET ends_at = EXCLUDED.ends_at
         WHERE alert_episodes.ends_at IS NULL AND EXCLUDED.ends_at IS NOT NULL`,
      [rows],
    );
  }

  /** Stores what became of notifications; what is known already stays as it is. */
  async saveNotifications(tx: Transaction, notifications: readonly NewNotification[]): Promise<void> {
    await managerOf(tx).query(
      `INSERT INTO alert_notifications (id, notification, channel, outcome, code, attempts, at, episodes)
       SELECT id, notification, channel, outcome, code, attempts, to_timestamp(at / 1000.0),
         ARRAY(SELECT jsonb_array_elements_text(episodes))
       FROM jsonb_to_recordset($1::jsonb) AS n(id text, notification text, channel text, outcome text, code text,
         attempts integer, at bigint, episodes jsonb)
       ON CONFLICT (id) DO NOTHING`,
      [JSON.stringify(notifications)],
    );
  }

  /** Newest first; one row more than `limit` where there are more. */
  page(
    tx: Transaction,
    { rule, severity, from, to }: HistoryFilter,
    limit: number,
    after: Position | undefined,
  ): Promise<EpisodeRow[]> {
    return managerOf(tx).query<EpisodeRow[]>(
      `SELECT ${COLUMNS} FROM alert_episodes e
       WHERE ($1::text IS NULL OR e.rule = $1) AND ($2::text IS NULL OR e.severity = $2)
         AND ($3::timestamptz IS NULL OR e.starts_at >= $3) AND ($4::timestamptz IS NULL OR e.starts_at < $4)
         AND ($5::timestamptz IS NULL OR (e.starts_at, e.id) < ($5, $6::uuid))
       ORDER BY e.starts_at DESC, e.id DESC LIMIT $7`,
      [rule ?? null, severity ?? null, from ?? null, to ?? null, after?.at ?? null, after?.id ?? null, limit + 1],
    );
  }

  /** When episodes of a source that still fire here were ended, perhaps by another process. Milliseconds since 1970. */
  ended(
    tx: Transaction,
    source: string,
    fingerprints: readonly string[],
  ): Promise<{ fingerprint: string; starts_at: number; ends_at: number }[]> {
    return managerOf(tx).query(
      `SELECT fingerprint, (extract(epoch FROM starts_at) * 1000)::float8 AS starts_at,
         (extract(epoch FROM ends_at) * 1000)::float8 AS ends_at
       FROM alert_episodes WHERE source = $1 AND fingerprint = ANY ($2) AND ends_at IS NOT NULL`,
      [source, fingerprints],
    );
  }

  /** Erases what began, or was told, so many days ago, but not what still fires. @returns how many rows there were */
  async deleteOld(tx: Transaction, days: number, most: number): Promise<number> {
    const old = 'now() - make_interval(days => $1)';
    const statements = [
      `DELETE FROM alert_episodes WHERE id IN (
         SELECT id FROM alert_episodes WHERE starts_at < ${old} AND ends_at < ${old} LIMIT $2)`,
      `DELETE FROM alert_notifications WHERE id IN (SELECT id FROM alert_notifications WHERE at < ${old} LIMIT $2)`,
    ];
    let deleted = 0;
    for (const statement of statements)
      deleted += (await managerOf(tx).query<[unknown[], number]>(statement, [days, most]))[1];
    return deleted;
  }
}
