import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../platform/database/index.js';

export interface ErasureRow {
  readonly id: string;
  readonly user_id: string | null;
  readonly takes_families: boolean;
  readonly requested_at: Date;
  readonly due_at: Date;
  readonly done_at: Date | null;
  readonly backups_until: Date | null;
  readonly erased: Readonly<Record<string, number>>;
}

export type DueErasure = ErasureRow & { readonly user_id: string };

const COLUMNS = 'id, user_id, takes_families, requested_at, due_at, done_at, backups_until, erased';

/** Every query on erasures. */
@Injectable()
export class ErasuresRepository {
  async insert(
    tx: Transaction,
    erasure: {
      id: string;
      receiptHash: Buffer;
      userId: string;
      takesFamilies: boolean;
      isDeserted: boolean;
      graceDays: number;
    },
  ): Promise<ErasureRow> {
    const [row] = await managerOf(tx).query<[ErasureRow]>(
      `INSERT INTO privacy_erasures (id, receipt_hash, user_id, takes_families, is_deserted, due_at)
       VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) RETURNING ${COLUMNS}`,
      [erasure.id, erasure.receiptHash, erasure.userId, erasure.takesFamilies, erasure.isDeserted, erasure.graceDays],
    );
    return row;
  }

  /** One whose time has come and that nobody has taken back or finished. */
  async findDue(tx: Transaction, id: string): Promise<DueErasure | undefined> {
    const [row] = await managerOf(tx).query<DueErasure[]>(
      `SELECT ${COLUMNS} FROM privacy_erasures WHERE id = $1 AND done_at IS NULL AND due_at <= now()`,
      [id],
    );
    return row;
  }

  async findByReceipt(tx: Transaction, receiptHash: Buffer): Promise<ErasureRow | undefined> {
    const [row] = await managerOf(tx).query<ErasureRow[]>(
      `SELECT ${COLUMNS} FROM privacy_erasures WHERE receipt_hash = $1`,
      [receiptHash],
    );
    return row;
  }

  /** Those whose time came long ago: their job was lost. */
  async overdue(tx: Transaction): Promise<string[]> {
    const rows = await managerOf(tx).query<{ id: string }[]>(
      `SELECT id FROM privacy_erasures WHERE done_at IS NULL AND due_at < now() - interval '1 hour' LIMIT 1000`,
    );
    return rows.map(({ id }) => id);
  }

  async add(tx: Transaction, id: string, place: string, count: number): Promise<void> {
    await managerOf(tx).query(
      `UPDATE privacy_erasures
       SET erased = jsonb_set(erased, ARRAY[$2::text], to_jsonb(coalesce((erased ->> $2::text)::bigint, 0) + $3::bigint))
       WHERE id = $1`,
      [id, place, count],
    );
  }

  /** From now on it names nobody. */
  async finish(tx: Transaction, id: string, backupDays: number): Promise<void> {
    await managerOf(tx).query(
      `UPDATE privacy_erasures SET user_id = NULL, done_at = now(), backups_until = now() + make_interval(days => $2)
       WHERE id = $1`,
      [id, backupDays],
    );
  }
}
