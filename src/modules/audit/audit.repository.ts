import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../platform/database/index.js';
import type { Position } from '../../platform/http/index.js';

/** An event as the log has it. */
export interface AuditRow {
  readonly id: string;
  readonly occurred_at: Date;
  readonly action: string;
  readonly outcome: 'success' | 'refused';
  readonly actor_user_id: string | null;
  readonly subject_user_id: string | null;
  readonly family_id: string | null;
  readonly target_type: string | null;
  readonly target_id: string | null;
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly request_id: string | null;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  /** Sort key of the page, with microseconds. */
  readonly sort_key: string;
}

export interface AuditFilter {
  /** A whole action, or the beginning of some, which then ends with a dot. */
  readonly action?: string | undefined;
  readonly outcome?: string | undefined;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly address?: string | undefined;
}

const WHO =
  'e.id, e.occurred_at, e.action, e.outcome, e.actor_user_id, e.subject_user_id, e.family_id, e.target_type, e.target_id';
const REST = 'e.details, e.occurred_at::text AS sort_key';
const FROM_WHERE = ['address', 'user_agent', 'request_id'] as const;
const NEWEST_FIRST = 'ORDER BY e.occurred_at DESC, e.id DESC';

/** Every query on the audit log. Row-level security shows a person what they did and what concerns them. */
@Injectable()
export class AuditRepository {
  /** Of the whole log, newest first; one row more than `limit` where there are more. */
  page(tx: Transaction, filter: AuditFilter, limit: number, after: Position | undefined): Promise<AuditRow[]> {
    const { conditions, values } = where(filter, after, [limit + 1]);
    return managerOf(tx).query<AuditRow[]>(
      `SELECT ${WHO}, ${FROM_WHERE.map((column) => `e.${column}`).join(', ')}, ${REST}
       FROM audit_events e WHERE ${conditions} ${NEWEST_FIRST} LIMIT $1`,
      values,
    );
  }

  /**
   * What a person did and what concerns them, in the same order. Where somebody else was, and with which device, is not
   * theirs to know.
   */
  pageOf(
    tx: Transaction,
    userId: string,
    filter: AuditFilter,
    limit: number,
    after: Position | undefined,
  ): Promise<AuditRow[]> {
    const { conditions, values } = where(filter, after, [limit + 1, userId]);
    // Each side by its own index, rather than either by none.
    const side = (condition: string): string =>
      `(SELECT * FROM audit_events e WHERE ${condition} AND ${conditions} ${NEWEST_FIRST} LIMIT $1)`;
    const shown = FROM_WHERE.map(
      (column) => `CASE WHEN e.actor_user_id IS NULL OR e.actor_user_id = $2 THEN e.${column} END AS ${column}`,
    );
    return managerOf(tx).query<AuditRow[]>(
      `SELECT ${WHO}, ${shown.join(', ')}, ${REST}
       FROM (${side('e.actor_user_id = $2')}
         UNION ALL ${side('e.subject_user_id = $2 AND e.actor_user_id IS DISTINCT FROM $2')}) e
       ${NEWEST_FIRST} LIMIT $1`,
      values,
    );
  }

  /** Forgets where an account that is erased was used from. @returns of how many events */
  async forget(tx: Transaction, userId: string): Promise<number> {
    const [row] = await managerOf(tx).query<{ events: number }[]>('SELECT app.forget_in_audit($1) AS events', [userId]);
    return row?.events ?? 0;
  }

  /** Erases events past their time, oldest first. @returns how many there were */
  async expire(tx: Transaction, days: number, most: number): Promise<number> {
    const [row] = await managerOf(tx).query<{ erased: number }[]>('SELECT app.expire_audit_events($1, $2) AS erased', [
      days,
      most,
    ]);
    return row?.erased ?? 0;
  }
}

function where(
  filter: AuditFilter,
  after: Position | undefined,
  before: readonly unknown[],
): { conditions: string; values: unknown[] } {
  const values = [...before];
  const conditions: string[] = ['true'];
  const add = (condition: string, ...given: readonly unknown[]): void => {
    let next = values.length;
    conditions.push(condition.replaceAll('?', () => `$${String((next += 1))}`));
    values.push(...given);
  };
  if (filter.action?.endsWith('.')) add('starts_with(e.action, ?)', filter.action);
  else if (filter.action !== undefined) add('e.action = ?', filter.action);
  if (filter.outcome !== undefined) add('e.outcome = ?', filter.outcome);
  if (filter.actor !== undefined) add('e.actor_user_id = ?', filter.actor);
  if (filter.subject !== undefined) add('e.subject_user_id = ?', filter.subject);
  if (filter.from !== undefined) add('e.occurred_at >= ?::timestamptz', filter.from);
  if (filter.to !== undefined) add('e.occurred_at < ?::timestamptz', filter.to);
  if (filter.address !== undefined) add('e.address = ?', filter.address);
  if (after) add('(e.occurred_at, e.id) < (?::timestamptz, ?::uuid)', after.at, after.id);
  return { conditions: conditions.join(' AND '), values };
}
