import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';
import type { Position } from '../../../platform/http/index.js';

/** A code, as whoever uses it up finds it. */
export interface DeviceCode {
  readonly familyId: string;
  readonly memberId: string;
  readonly createdBy: string | null;
}

/** A device of a member, without its secrets. */
export interface DeviceRow {
  readonly id: string;
  readonly familyId: string;
  readonly memberId: string;
  readonly userId: string;
  readonly name: string;
  readonly lockedAt: Date | null;
  readonly sessionId: string | null;
  /** Who let it in, or approved it last. */
  readonly approvedBy: string | null;
  readonly createdAt: Date;
  readonly lastUnlockedAt: Date;
}

const COLUMNS = `id, family_id AS "familyId", member_id AS "memberId", user_id AS "userId", name, locked_at AS "lockedAt",
  session_id AS "sessionId", approved_by AS "approvedBy", created_at AS "createdAt", last_unlocked_at AS "lastUnlockedAt"`;

/** Every query on devices and their codes. */
@Injectable()
export class DevicesRepository {
  /** Stores a code in the place of the member's earlier one. @param life seconds @returns when it ends */
  async saveCode(
    tx: Transaction,
    code: DeviceCode & { readonly id: string; readonly codeHash: Buffer },
    life: number,
  ): Promise<Date> {
    const [row] = await managerOf(tx).query<{ expires_at: Date }[]>(
      `INSERT INTO device_codes (id, family_id, member_id, code_hash, created_by, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 second')
       ON CONFLICT (member_id) DO UPDATE SET id = excluded.id, code_hash = excluded.code_hash,
         created_by = excluded.created_by, created_at = excluded.created_at, expires_at = excluded.expires_at
       RETURNING expires_at`,
      [code.id, code.familyId, code.memberId, code.codeHash, code.createdBy, life],
    );
    return row?.expires_at ?? new Date();
  }

  /** A code that is good, without using it up. */
  async findCode(tx: Transaction, codeHash: Buffer): Promise<DeviceCode | undefined> {
    const rows = await managerOf(tx).query<DeviceCode[]>(
      `SELECT family_id AS "familyId", member_id AS "memberId", created_by AS "createdBy"
       FROM device_codes WHERE code_hash = $1 AND expires_at > now()`,
      [codeHash],
    );
    return rows[0];
  }

  /** Uses a code up: of parallel callers one gets it. */
  async consumeCode(tx: Transaction, codeHash: Buffer): Promise<boolean> {
    const [, used] = await managerOf(tx).query<[unknown[], number]>(
      'DELETE FROM device_codes WHERE code_hash = $1 AND expires_at > now()',
      [codeHash],
    );
    return used === 1;
  }

  async insert(
    tx: Transaction,
    device: Pick<DeviceRow, 'id' | 'familyId' | 'memberId' | 'userId' | 'name' | 'sessionId' | 'approvedBy'> & {
      readonly tokenHash: Buffer;
      readonly pinHash: string;
    },
  ): Promise<void> {
    const { id, familyId, memberId, userId, name, sessionId, tokenHash, pinHash, approvedBy } = device;
    await managerOf(tx).query(
      `INSERT INTO devices (id, family_id, member_id, user_id, name, session_id, token_hash, pin_hash, approved_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [id, familyId, memberId, userId, name, sessionId, tokenHash, pinHash, approvedBy],
    );
  }

  /** The device behind a token, with its PIN. */
  async findByToken(tx: Transaction, tokenHash: Buffer): Promise<(DeviceRow & { pinHash: string }) | undefined> {
    const rows = await managerOf(tx).query<(DeviceRow & { pinHash: string })[]>(
      `SELECT ${COLUMNS}, pin_hash AS "pinHash" FROM devices WHERE token_hash = $1`,
      [tokenHash],
    );
    return rows[0];
  }

  /** The same, locked until the transaction ends: a device has one session, of the unlocking that came last. */
  async lock(tx: Transaction, id: string): Promise<DeviceRow | undefined> {
    const rows = await managerOf(tx).query<DeviceRow[]>(`SELECT ${COLUMNS} FROM devices WHERE id = $1 FOR UPDATE`, [
      id,
    ]);
    return rows[0];
  }

  /** Counts a try before it is made, so that parallel ones are counted one by one; false when none is left. */
  async takeTry(tx: Transaction, id: string, most: number): Promise<boolean> {
    const [, taken] = await managerOf(tx).query<[unknown[], number]>(
      'UPDATE devices SET tries = tries + 1 WHERE id = $1 AND locked_at IS NULL AND tries < $2',
      [id, most],
    );
    return taken === 1;
  }

  /** Locks a device whose tries are used up; false when there are some left. Its session ends by a trigger. */
  async lockWhenSpent(tx: Transaction, id: string, most: number): Promise<boolean> {
    const [, locked] = await managerOf(tx).query<[unknown[], number]>(
      'UPDATE devices SET locked_at = now() WHERE id = $1 AND locked_at IS NULL AND tries >= $2',
      [id, most],
    );
    return locked === 1;
  }

  /** The PIN was right: all tries are there again, and this is the device's session. False when it was locked meanwhile. */
  async unlock(tx: Transaction, id: string, sessionId: string): Promise<boolean> {
    const [, unlocked] = await managerOf(tx).query<[unknown[], number]>(
      `UPDATE devices SET tries = 0, session_id = $2, last_unlocked_at = now() WHERE id = $1 AND locked_at IS NULL`,
      [id, sessionId],
    );
    return unlocked === 1;
  }

  /** A parent lets the device try again. */
  async approve(tx: Transaction, familyId: string, id: string, by: string): Promise<DeviceRow | undefined> {
    const [rows] = await managerOf(tx).query<[DeviceRow[], number]>(
      `UPDATE devices SET tries = 0, locked_at = NULL, approved_by = $3 WHERE family_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
      [familyId, id, by],
    );
    return rows[0];
  }

  /** Its session ends by a trigger. */
  async delete(tx: Transaction, familyId: string, id: string): Promise<DeviceRow | undefined> {
    const [rows] = await managerOf(tx).query<[DeviceRow[], number]>(
      `DELETE FROM devices WHERE family_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
      [familyId, id],
    );
    return rows[0];
  }

  /** As they are given to whom they let in, in a copy, without the token and the PIN. */
  copy(tx: Transaction, userId: string): Promise<Record<string, unknown>[]> {
    return managerOf(tx).query(
      `SELECT id, family_id, name, locked_at, created_at, last_unlocked_at
       FROM devices WHERE user_id = $1 ORDER BY created_at, id`,
      [userId],
    );
  }

  /** Ends every device that lets a person in. @returns how many there were */
  async deleteAll(tx: Transaction, userId: string): Promise<number> {
    const [, deleted] = await managerOf(tx).query<[unknown[], number]>('DELETE FROM devices WHERE user_id = $1', [
      userId,
    ]);
    return deleted;
  }

  /** Ends codes that would let another one in. */
  async deleteCodes(tx: Transaction, memberIds: readonly string[]): Promise<void> {
    await managerOf(tx).query('DELETE FROM device_codes WHERE member_id = ANY ($1::uuid[])', [memberIds]);
  }

  /**
   * Open accounts that lived on devices and have none any more; nobody is about to erase them.
   * @param days for which nothing has become of them, nor of their memberships
   */
  async deserted(tx: Transaction, days: number): Promise<string[]> {
    const rows = await managerOf(tx).query<{ id: string }[]>(
      `SELECT u.id FROM users u WHERE u.email IS NULL AND u.status IN ('active', 'disabled')
         AND NOT EXISTS (SELECT FROM credentials c WHERE c.user_id = u.id)
         AND NOT EXISTS (SELECT FROM identities i WHERE i.user_id = u.id)
         AND NOT EXISTS (SELECT FROM devices d WHERE d.user_id = u.id)
         AND NOT EXISTS (SELECT FROM privacy_erasures e WHERE e.user_id = u.id)
         AND u.updated_at <= now() - make_interval(days => $1)
         AND NOT EXISTS (SELECT FROM former_members f WHERE f.user_id = u.id AND f.left_at > now() - make_interval(days => $1))
       ORDER BY u.id`,
      [days],
    );
    return rows.map(({ id }) => id);
  }

  /** Newest first; one row more than `limit` where there are more. */
  page(
    tx: Transaction,
    familyId: string,
    memberId: string | undefined,
    limit: number,
    after: Position | undefined,
  ): Promise<(DeviceRow & { sortKey: string })[]> {
    return managerOf(tx).query(
      `SELECT ${COLUMNS}, created_at::text AS "sortKey" FROM devices
       WHERE family_id = $1 AND ($2::uuid IS NULL OR member_id = $2)
         AND ($4::timestamptz IS NULL OR (created_at, id) < ($4::timestamptz, $5::uuid))
       ORDER BY created_at DESC, id DESC LIMIT $3`,
      [familyId, memberId ?? null, limit + 1, after?.at ?? null, after?.id ?? null],
    );
  }
}
