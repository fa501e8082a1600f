import { Injectable } from '@nestjs/common';
import { managerOf, TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import type { Position } from '../../../platform/http/index.js';
import type { PrincipalRow } from '../sessions.repository.js';
import { ApiKey } from './api-key.entity.js';

export interface ApiKeyPrincipalRow extends PrincipalRow {
  readonly key_id: string;
  readonly scopes: string[];
  readonly max_requests_per_day: number | null;
  readonly expires_at: Date | null;
}

export interface ApiKeyRow extends ApiKey {
  /** Sort key of the page, with microseconds. */
  readonly sortKey: string;
}

/** A live key and its owner with everything that rights follow from, in one round trip. */
const PRINCIPAL = {
  name: 'api-key-principal',
  text: `SELECT k.*, ARRAY(SELECT r.role FROM user_roles r WHERE r.user_id = k.user_id ORDER BY r.role) AS server_roles,
      ARRAY(SELECT g.permission FROM user_grants g WHERE g.user_id = k.user_id) AS grants,
      ARRAY(SELECT DISTINCT m.role FROM members m WHERE m.user_id = k.user_id) AS family_roles
    FROM app.enter_key($1::bytea) AS k WHERE k.user_id IS NOT NULL`,
};

/** Every query on API keys. */
@Injectable()
export class ApiKeysRepository {
  constructor(private readonly runner: TransactionRunner) {}

  async findPrincipal(keyHash: Buffer): Promise<ApiKeyPrincipalRow | undefined> {
    return (await this.runner.query<ApiKeyPrincipalRow>(PRINCIPAL, [keyHash]))[0];
  }

  async insert(tx: Transaction, key: ApiKey): Promise<void> {
    await managerOf(tx).insert(ApiKey, key);
  }

  count(tx: Transaction, userId: string): Promise<number> {
    return managerOf(tx).countBy(ApiKey, { userId });
  }

  /** Keys of a person, newest first; one row more than `limit` where there are more. */
  async page(tx: Transaction, userId: string, limit: number, after: Position | undefined): Promise<ApiKeyRow[]> {
    const query = managerOf(tx)
      .createQueryBuilder(ApiKey, 'k')
      .addSelect('k.created_at::text', 'sort_key')
      .where('k.user_id = :userId', { userId })
      .orderBy('k.created_at', 'DESC')
      .addOrderBy('k.id', 'DESC')
      .limit(limit + 1);
    if (after) query.andWhere('(k.created_at, k.id) < (:at::timestamptz, :id::uuid)', { ...after });
    const { entities, raw } = await query.getRawAndEntities<{ sort_key: string }>();
    return entities.map((key, index) => Object.assign(key, { sortKey: raw[index]?.sort_key ?? '' }));
  }

  /** As they are given to their owner in a copy, without the secret. */
  copy(tx: Transaction, userId: string): Promise<Record<string, unknown>[]> {
    return managerOf(tx).query(
      `SELECT id, family_id, name, hint, scopes, max_requests_per_day, created_at, expires_at, last_used_at
       FROM api_keys WHERE user_id = $1 ORDER BY created_at, id`,
      [userId],
    );
  }

  /** @returns how many there were */
  async deleteAll(tx: Transaction, userId: string): Promise<number> {
    return (await managerOf(tx).delete(ApiKey, { userId })).affected ?? 0;
  }

  /** Deletes one key of a person; false when there is no such one. */
  async delete(tx: Transaction, userId: string, id: string): Promise<boolean> {
    return (await managerOf(tx).delete(ApiKey, { userId, id })).affected === 1;
  }
}
