import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';

/** What a request made, by ids: contents are read again, so a key holds no copy that erasing would miss. */
export interface Remembered<Result> {
  /** SHA-256 of the request, hexadecimal. */
  readonly requestHash: string;
  readonly result: Result;
}

/** Every query on the keys of requests that may be repeated. */
@Injectable()
export class IdempotencyRepository {
  /** What a key stands for. Others with the same key wait until this transaction ends. */
  async find<Result>(tx: Transaction, memberId: string, key: string): Promise<Remembered<Result> | undefined> {
    await managerOf(tx).query('SELECT pg_advisory_xact_lock(hashtextextended($1, 11))', [`${memberId}:${key}`]);
    const [row] = await managerOf(tx).query<Remembered<Result>[]>(
      `SELECT encode(request_hash, 'hex') AS "requestHash", result FROM idempotency_keys WHERE member_id = $1 AND key = $2`,
      [memberId, key],
    );
    return row;
  }

  async save(
    tx: Transaction,
    { memberId, familyId, key }: { memberId: string; familyId: string; key: string },
    { requestHash, result }: Remembered<unknown>,
  ): Promise<void> {
    await managerOf(tx).query(
      `INSERT INTO idempotency_keys (member_id, family_id, key, request_hash, result)
       VALUES ($1, $2, $3, decode($4, 'hex'), $5::jsonb)`,
      [memberId, familyId, key, requestHash, JSON.stringify(result)],
    );
  }
}
