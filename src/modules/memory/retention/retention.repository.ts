import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';

/** Statements that erase what is past its time, so many at once. Lexemes and vectors go with the documents. */
@Injectable()
export class RetentionRepository {
  /** @returns how many turns there were */
  async eraseTurns(tx: Transaction, familyId: string, days: number, most: number): Promise<number> {
    const rows = await managerOf(tx).query<{ n: number }[]>(
      `WITH old AS MATERIALIZED (
         SELECT id FROM turns WHERE family_id = $1 AND created_at < now() - make_interval(days => $2::int) LIMIT $3
       ), gone AS (DELETE FROM documents WHERE item_id IN (SELECT id FROM old)),
       erased AS (DELETE FROM turns WHERE id IN (SELECT id FROM old) RETURNING 1)
       SELECT count(*)::float8 AS n FROM erased`,
      [familyId, days, most],
    );
    return rows[0]?.n ?? 0;
  }

  /**
   * What only members knew who are no longer there: private to its owner, or shown to an audience that has left as well.
   * @param days since the last change
   * @returns how many items
   */
  async eraseDeparted(tx: Transaction, familyId: string, days: number, most: number): Promise<number> {
    const rows = await managerOf(tx).query<{ n: number }[]>(
      `WITH orphans AS MATERIALIZED (
         SELECT a.id FROM audiences a
         WHERE a.family_id = $1 AND NOT EXISTS (SELECT FROM members p WHERE p.id = a.owner_id OR p.id = ANY (a.member_ids))
       ), old AS MATERIALIZED (
         SELECT DISTINCT m.id FROM memories m
         WHERE m.family_id = $1 AND (m.scope_id = m.owner_id OR m.scope_id IN (SELECT id FROM orphans)) AND upper_inf(m.recorded)
           AND NOT EXISTS (SELECT FROM members p WHERE p.id = m.owner_id)
           AND lower(m.recorded) < now() - make_interval(days => $2::int) LIMIT $3
       ), talks AS MATERIALIZED (
         SELECT c.id FROM conversations c
         WHERE c.family_id = $1 AND (c.scope_id = c.owner_id OR c.scope_id IN (SELECT id FROM orphans)) AND c.updated_at < now() - make_interval(days => $2::int)
           AND NOT EXISTS (SELECT FROM members p WHERE p.id = c.owner_id) LIMIT $3
       ), gone AS (
         DELETE FROM documents WHERE item_id IN (SELECT id FROM old)
           OR item_id IN (SELECT t.id FROM turns t WHERE t.conversation_id IN (SELECT id FROM talks))
       ), steps AS (DELETE FROM memory_steps WHERE memory_id IN (SELECT id FROM old)),
       erased AS (DELETE FROM memories WHERE id IN (SELECT id FROM old)),
       ended AS (DELETE FROM conversations WHERE id IN (SELECT id FROM talks))
       SELECT ((SELECT count(*) FROM old) + (SELECT count(*) FROM talks))::float8 AS n`,
      [familyId, days, most],
    );
    return rows[0]?.n ?? 0;
  }

  async eraseKeys(tx: Transaction, familyId: string, days: number): Promise<void> {
    await managerOf(tx).query(
      `DELETE FROM idempotency_keys WHERE family_id = $1 AND created_at < now() - make_interval(days => $2::int)`,
      [familyId, days],
    );
  }
}
