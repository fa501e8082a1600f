import { Injectable } from '@nestjs/common';
import {
  runNamed,
  TransactionRunner,
  viewerStatement,
  type Transaction,
  type Viewer,
} from '../../../platform/database/index.js';

/** What an answer about a family's memory depends on besides the request. */
export interface MemoryState {
  /** Of what the family remembers, and of who may see it. */
  readonly stamp: string;
  /** Of what is used besides and has no stamp: the family's time zone, the viewer's account. */
  readonly besides: string;
}

/** The state, and when it was so: milliseconds since 1970 by the clock of the database. */
export interface StateNow extends MemoryState {
  readonly now: number;
}

/** Facts that hold only for some time. */
export interface Dependence {
  readonly subjectIds: readonly string[];
  /** All of them unless given. */
  readonly predicates?: readonly string[];
}

/** The state at the end of a reading. */
export interface StateThen extends MemoryState {
  /** When the next of the facts begins or ceases to hold, in milliseconds; null when none does. */
  readonly changesAt: number | null;
}

const BESIDES = `md5(row(f.time_zone, u.first_name, u.last_name, u.language, u.time_zone, u.birth_date)::text)`;

const NOW = viewerStatement(
  'memory-state',
  `SELECT s.stamp::text AS stamp, ${BESIDES} AS besides, extract(epoch FROM statement_timestamp())::float8 * 1000 AS now
   FROM memory_states s JOIN families f ON f.id = s.family_id LEFT JOIN users u ON u.id = viewer.user_id
   WHERE s.family_id = viewer.family_id LIMIT 1`,
);

const THEN = {
  name: 'memory-state-then',
  text: `
  SELECT s.stamp::text AS stamp, ${BESIDES} AS besides, (
      SELECT extract(epoch FROM min(b.bound))::float8 * 1000
      FROM memories m, LATERAL (VALUES (lower(m.valid)), (upper(m.valid))) AS b(bound)
      WHERE m.subject_id = ANY ($1::uuid[]) AND upper_inf(m.recorded) AND m.predicate IS NOT NULL
        AND ($2::text[] IS NULL OR m.predicate = ANY ($2)) AND b.bound > now() AND isfinite(b.bound)
    ) AS "changesAt"
  FROM memory_states s JOIN families f ON f.id = s.family_id LEFT JOIN users u ON u.id = app.viewer_id()
  WHERE s.family_id = app.family_id()`,
};

/** Reads what cached answers are measured by. */
@Injectable()
export class MemoryStateRepository {
  constructor(private readonly runner: TransactionRunner) {}

  /**
   * Verifies the session and reads the state in one round trip; undefined for somebody without a family.
   * @throws StaleViewerError
   */
  async current(viewer: Viewer): Promise<StateNow | undefined> {
    const [state] = await this.runner.read<StateNow>(NOW, viewer, []);
    return state;
  }

  /** The same at the end of a transaction, with the time at which the facts change that were used in it. */
  async atEnd(tx: Transaction, { subjectIds, predicates }: Dependence): Promise<StateThen | undefined> {
    const [state] = await runNamed<StateThen>(tx, THEN, [subjectIds, predicates ?? null]);
    return state;
  }
}
