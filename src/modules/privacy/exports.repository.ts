import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../platform/database/index.js';

export interface ExportRow {
  readonly id: string;
  readonly user_id: string;
  /** The parent who fetches it; null: the person. */
  readonly asked_by: string | null;
  readonly state: 'waiting' | 'ready' | 'failed';
  readonly file: string | null;
  readonly size: number | null;
  readonly requested_at: Date;
  readonly expires_at: Date | null;
}

const COLUMNS = 'id, user_id, asked_by, state, file, size::float8 AS size, requested_at, expires_at';
const IS_FETCHABLE = '(expires_at IS NULL OR expires_at > now())';

/** Every query on copies of personal data. */
@Injectable()
export class ExportsRepository {
  /** A new one that waits; nothing while another of this person does. */
  async insert(
    tx: Transaction,
    { id, userId, askedBy }: { id: string; userId: string; askedBy: string | null },
  ): Promise<boolean> {
    const rows = await managerOf(tx).query<unknown[]>(
      `INSERT INTO privacy_exports (id, user_id, asked_by) VALUES ($1, $2, $3)
       ON CONFLICT (user_id) WHERE state = 'waiting' DO NOTHING RETURNING id`,
      [id, userId, askedBy],
    );
    return rows.length > 0;
  }

  async findWaiting(tx: Transaction, userId: string): Promise<ExportRow | undefined> {
    const [row] = await managerOf(tx).query<ExportRow[]>(
      `SELECT ${COLUMNS} FROM privacy_exports WHERE user_id = $1 AND state = 'waiting'`,
      [userId],
    );
    return row;
  }

  /** One that has not expired; row-level security shows one's own, and to parents those they asked for of a child. */
  async find(tx: Transaction, id: string): Promise<ExportRow | undefined> {
    const [row] = await managerOf(tx).query<ExportRow[]>(
      `SELECT ${COLUMNS} FROM privacy_exports WHERE id = $1 AND ${IS_FETCHABLE}`,
      [id],
    );
    return row;
  }

  /** @returns false when it is there no more */
  async finish(tx: Transaction, id: string, file: string, size: number, hours: number): Promise<boolean> {
    const [rows] = await managerOf(tx).query<[unknown[], number]>(
      `UPDATE privacy_exports SET state = 'ready', file = $2, size = $3, expires_at = now() + make_interval(hours => $4)
       WHERE id = $1 AND state = 'waiting' RETURNING id`,
      [id, file, size, hours],
    );
    return rows.length > 0;
  }

  /** Those that wait to be made, of everybody. */
  async allWaiting(tx: Transaction): Promise<string[]> {
    const rows = await managerOf(tx).query<{ id: string }[]>(`SELECT id FROM privacy_exports WHERE state = 'waiting'`);
    return rows.map(({ id }) => id);
  }

  async fail(tx: Transaction, id: string, hours: number): Promise<void> {
    await managerOf(tx).query(
      `UPDATE privacy_exports SET state = 'failed', expires_at = now() + make_interval(hours => $2)
       WHERE id = $1 AND state = 'waiting'`,
      [id, hours],
    );
  }

  /** Forgets those that have expired, and those that nobody has finished for days. */
  async deleteExpired(tx: Transaction): Promise<void> {
    await managerOf(tx).query(
      `DELETE FROM privacy_exports WHERE expires_at <= now() OR (state = 'waiting' AND requested_at < now() - interval '3 days')`,
    );
  }

  /** @returns the files of those a person had besides one; all of them, where none is named */
  async deleteOf(tx: Transaction, userId: string, except: string | null): Promise<string[]> {
    const [rows] = await managerOf(tx).query<[{ file: string | null }[], number]>(
      `DELETE FROM privacy_exports WHERE user_id = $1 AND id IS DISTINCT FROM $2 RETURNING file`,
      [userId, except],
    );
    return rows.flatMap(({ file }) => file ?? []);
  }

  /** Names of the files that somebody can still fetch. */
  async files(tx: Transaction): Promise<ReadonlySet<string>> {
    const rows = await managerOf(tx).query<{ file: string }[]>(
      'SELECT file FROM privacy_exports WHERE file IS NOT NULL',
    );
    return new Set(rows.map(({ file }) => file));
  }
}
