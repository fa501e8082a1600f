import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';
import type { Position } from '../../../platform/http/index.js';

/** A silence as it is stored. */
export interface SilenceRow {
  readonly id: string;
  readonly matchers: readonly { readonly name: string; readonly operator: string; readonly value: string }[];
  readonly comment: string;
  readonly created_by: string | null;
  readonly created_at: Date;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly expired_at: Date | null;
  readonly request_hash: string | null;
  /** Sort key of the page, with microseconds. */
  readonly sort_key: string;
}

export interface NewSilence extends Pick<SilenceRow, 'id' | 'matchers' | 'comment' | 'starts_at' | 'ends_at'> {
  readonly created_by: string;
  readonly request_key: string | null;
  readonly request_hash: string | null;
}

const COLUMNS = `id, matchers, comment, created_by, created_at, starts_at, ends_at, expired_at, request_hash,
  to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sort_key`;

/** Every query on silences. Each needs a transaction of the realm `identity`: nobody else sees them. */
@Injectable()
export class SilencesRepository {
  async insert(tx: Transaction, silence: NewSilence): Promise<void> {
    const { id, matchers, comment, created_by, starts_at, ends_at, request_key, request_hash } = silence;
    await managerOf(tx).query(
      `INSERT INTO alert_silences (id, matchers, comment, created_by, starts_at, ends_at, request_key, request_hash)
       VALUES ($1, $2::jsonb, $3, $4, $5, $6, $7, $8)`,
      [id, JSON.stringify(matchers), comment, created_by, starts_at, ends_at, request_key, request_hash],
    );
  }

  /** @param lock whether others who would change it wait until this transaction has ended */
  async find(tx: Transaction, id: string, lock = false): Promise<SilenceRow | undefined> {
    const [row] = await managerOf(tx).query<SilenceRow[]>(
      `SELECT ${COLUMNS} FROM alert_silences WHERE id = $1${lock ? ' FOR UPDATE' : ''}`,
      [id],
    );
    return row;
  }

  async findByRequest(tx: Transaction, userId: string, key: string): Promise<SilenceRow | undefined> {
    const [row] = await managerOf(tx).query<SilenceRow[]>(
      `SELECT ${COLUMNS} FROM alert_silences WHERE created_by = $1 AND request_key = $2`,
      [userId, key],
    );
    return row;
  }

  page(tx: Transaction, limit: number, after: Position | undefined): Promise<SilenceRow[]> {
    return managerOf(tx).query<SilenceRow[]>(
      `SELECT ${COLUMNS} FROM alert_silences
       WHERE $1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid)
       ORDER BY created_at DESC, id DESC LIMIT $3`,
      [after?.at ?? null, after?.id ?? null, limit + 1],
    );
  }

  /** Those that silence now, or will. */
  live(tx: Transaction, most: number): Promise<SilenceRow[]> {
    return managerOf(tx).query<SilenceRow[]>(
      `SELECT ${COLUMNS} FROM alert_silences WHERE expired_at IS NULL AND ends_at > now() ORDER BY created_at, id LIMIT $1`,
      [most],
    );
  }

  async countLive(tx: Transaction): Promise<number> {
    const [row] = await managerOf(tx).query<{ n: number }[]>(
      'SELECT count(*)::int AS n FROM alert_silences WHERE expired_at IS NULL AND ends_at > now()',
    );
    return row?.n ?? 0;
  }

  async expire(tx: Transaction, id: string): Promise<void> {
    await managerOf(tx).query('UPDATE alert_silences SET expired_at = now() WHERE id = $1 AND expired_at IS NULL', [
      id,
    ]);
  }

  /** Erases those that ended so many days ago. @returns how many there were */
  async deleteOld(tx: Transaction, days: number, most: number): Promise<number> {
    const rows = await managerOf(tx).query<[unknown[], number]>(
      `DELETE FROM alert_silences WHERE id IN (SELECT id FROM alert_silences
         WHERE least(ends_at, coalesce(expired_at, ends_at)) < now() - make_interval(days => $1) LIMIT $2)`,
      [days, most],
    );
    return rows[1];
  }
}
