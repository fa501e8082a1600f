import { Injectable } from '@nestjs/common';
import {
  CommitNews,
  isExclusionViolation,
  isoOf,
  managerOf,
  type Micros,
  momentOf,
  rangeOf,
  runNamed,
  type Topic,
  type Transaction,
} from '../../../platform/database/index.js';
import type { Position } from '../../../platform/http/index.js';
import { ChangedMeanwhile, MemoryError } from '../memory.errors.js';
import type { Memory, MemoryStep } from '../memory.entity.js';
import { COLUMNS, LINKS, STEP_COLUMNS, toRow, toStepRow, VISIBLE } from './memories.statement.js';

/** A memory as reads give it: with its links to what the viewer may see; of anything else not even an id is told. */
export interface MemoryRow extends Memory {
  readonly supersedes: readonly string[];
  readonly shownSupersededBy: string | null;
  readonly shownSourceTurnIds: readonly string[];
}

export interface MemoryFilter {
  readonly status: 'live' | 'superseded' | 'contested' | 'retracted' | 'all';
  readonly subjectId?: string | undefined;
  readonly kind?: string | undefined;
  readonly predicate?: string | undefined;
  readonly tag?: string | undefined;
  /** Overlap of the time in which it was true. */
  readonly from?: Micros | undefined;
  readonly to?: Micros | undefined;
  readonly asOf?: { readonly from: Micros; readonly to: Micros } | undefined;
  readonly knownAt?: Micros | undefined;
}

/** A family remembers something else, or somebody sees something else, than before. */
export const MEMORY_CHANGED: Topic<{ readonly familyId: string }> = { name: 'memory.changed' };
/** How often which step was taken; `erased` besides. */
export const MEMORIES_TOUCHED: Topic<ReadonlyMap<string, number>> = { name: 'memory.touched' };

const CURRENT = {
  name: 'memories-current',
  text: `SELECT ${COLUMNS}, ${LINKS} FROM memories m WHERE m.id = ANY ($1::uuid[]) AND upper_inf(m.recorded)`,
};

const KNOWN_AT = {
  name: 'memories-known-at',
  text: `SELECT ${COLUMNS}, ${LINKS} FROM memories m WHERE m.id = ANY ($1::uuid[]) AND m.recorded @> $2::timestamptz`,
};

const LIVE_OBJECTS = {
  name: 'memories-live-objects',
  text: `SELECT m.subject_id AS "subjectId", m.object FROM memories m
    WHERE m.scope_id ${VISIBLE} AND m.subject_id IN (SELECT id FROM members WHERE family_id = $1) AND m.predicate = ANY ($2::text[])
      AND upper_inf(m.recorded) AND m.predicate IS NOT NULL AND m.status = 'live' AND m.valid @> now()
      AND ($3::uuid[] IS NULL OR m.scope_id = ANY ($3))`,
};

/** Every query on memories and their steps. Row-level security shows those the viewer may see. */
@Injectable()
export class MemoriesRepository {
  constructor(private readonly news: CommitNews) {}

  /** The current version. */
  async find(tx: Transaction, id: string): Promise<MemoryRow | undefined> {
    const [row] = await this.findMany(tx, [id]);
    return row;
  }

  /** The current version, which nobody else changes until the transaction ends. */
  async findLocked(tx: Transaction, id: string): Promise<MemoryRow | undefined> {
    await this.lock(tx, [id]);
    for (;;) {
      const [row] = await managerOf(tx).query<MemoryRow[]>(
        `SELECT ${COLUMNS}, ${LINKS} FROM memories m WHERE m.id = $1 AND upper_inf(m.recorded) FOR UPDATE`,
        [id],
      );
      // Whoever was waited for has left a later version, or none.
      if (row ?? !(await this.find(tx, id))) return row;
    }
  }

  async findMany(tx: Transaction, ids: readonly string[]): Promise<MemoryRow[]> {
    return ids.length === 0 ? [] : runNamed<MemoryRow>(tx, CURRENT, [ids]);
  }

  /** The versions that were known at a time, of memories that are there now. */
  async findKnownAt(tx: Transaction, ids: readonly string[], knownAt: Micros): Promise<MemoryRow[]> {
    return ids.length === 0 ? [] : runNamed<MemoryRow>(tx, KNOWN_AT, [ids, isoOf(knownAt)]);
  }

  /** One version of several memories, for undoing. */
  async findVersion(tx: Transaction, id: string, version: number): Promise<Memory | undefined> {
    const [row] = await managerOf(tx).query<Memory[]>(
      `SELECT ${COLUMNS} FROM memories m WHERE m.id = $1 AND m.version = $2`,
      [id, version],
    );
    return row;
  }

  versions(tx: Transaction, id: string): Promise<Omit<MemoryRow, 'supersedes'>[]> {
    return managerOf(tx).query<MemoryRow[]>(
      `SELECT ${COLUMNS}, ${LINKS} FROM memories m WHERE m.id = $1 ORDER BY m.version DESC LIMIT 1000`,
      [id],
    );
  }

  /** Newest first; one row more than `limit` where there are more. Each scope is read in order by itself. */
  page(tx: Transaction, filter: MemoryFilter, limit: number, after: Position | undefined): Promise<SortedRow[]> {
    const known = filter.knownAt === undefined ? 'upper_inf(m.recorded)' : 'm.recorded @> $11::timestamptz';
    return managerOf(tx).query<SortedRow[]>(
      `SELECT ${COLUMNS}, ${LINKS}, m.created_at::text AS "sortKey"
       FROM unnest(app.visible_scopes()) AS scope, LATERAL (
         SELECT * FROM memories m
         WHERE m.scope_id = scope AND ${known}
           AND m.status = ANY ($2::text[])
           -- What a later value replaces from some day on holds until that day.
           AND ($2::text[] <> '{live}' OR m.superseded_by IS NULL OR upper(m.valid) > now())
           AND ($3::uuid IS NULL OR m.subject_id = $3)
           AND ($4::text IS NULL OR m.kind = $4)
           AND ($5::text IS NULL OR m.predicate = $5)
           AND ($6::text IS NULL OR $6 = ANY (m.tags))
           AND ($7::tstzrange IS NULL OR m.valid && $7)
           AND ($8::tstzrange IS NULL OR m.valid && $8)
           AND ($9::timestamptz IS NULL OR (m.created_at, m.id) < ($9, $10::uuid))
           ${filter.knownAt === undefined ? 'AND $11::timestamptz IS NULL' : ''}
         ORDER BY m.created_at DESC, m.id DESC LIMIT $1
       ) m
       ORDER BY m.created_at DESC, m.id DESC LIMIT $1`,
      [
        limit + 1,
        statusesOf(filter),
        filter.subjectId ?? null,
        filter.kind ?? null,
        filter.predicate ?? null,
        filter.tag ?? null,
        filter.from === undefined && filter.to === undefined ? null : rangeOf(filter.from ?? null, filter.to ?? null),
        filter.asOf === undefined ? null : momentOf(filter.asOf.from, filter.asOf.to),
        after?.at ?? null,
        after?.id ?? null,
        filter.knownAt === undefined ? null : isoOf(filter.knownAt),
      ],
    );
  }

  /** Current memories that say the same in one of these scopes. */
  findSame(tx: Transaction, scopes: readonly string[], hashes: readonly string[]): Promise<Memory[]> {
    return managerOf(tx).query<Memory[]>(
      `SELECT ${COLUMNS} FROM memories m
       WHERE m.scope_id = ANY ($1::uuid[]) AND upper_inf(m.recorded) AND m.status IN ('live', 'contested')
         AND m.content_hash IN (SELECT decode(h, 'hex') FROM unnest($2::text[]) h)`,
      [scopes, hashes],
    );
  }

  /** What is known of these subjects under these predicates: live, contested and superseded values of these scopes. */
  findFacts(
    tx: Transaction,
    scopes: readonly string[],
    facts: readonly { readonly subjectId: string; readonly predicate: string }[],
  ): Promise<Memory[]> {
    return managerOf(tx).query<Memory[]>(
      `SELECT ${COLUMNS} FROM memories m
       JOIN (SELECT DISTINCT * FROM unnest($2::uuid[], $3::text[]) AS f(subject_id, predicate)) f USING (subject_id, predicate)
       WHERE m.scope_id = ANY ($1::uuid[]) AND upper_inf(m.recorded) AND m.status <> 'retracted'
       ORDER BY m.created_at, m.id`,
      [scopes, facts.map(({ subjectId }) => subjectId), facts.map(({ predicate }) => predicate)],
    );
  }

  /** Values that hold of members under some predicates. */
  liveObjects(
    tx: Transaction,
    familyId: string,
    predicates: readonly string[],
    scopes: readonly string[] | null = null,
  ): Promise<{ readonly subjectId: string; readonly object: string }[]> {
    return runNamed(tx, LIVE_OBJECTS, [familyId, predicates, scopes]);
  }

  /** Turns that some memory was read from already. */
  async sourced(tx: Transaction, familyId: string, turnIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await managerOf(tx).query<{ id: string }[]>(
      `SELECT DISTINCT s.id FROM memories m, unnest(m.source_turn_ids) AS s(id)
       WHERE m.family_id = $1 AND m.source_turn_ids && $2::uuid[] AND s.id = ANY ($2::uuid[])`,
      [familyId, turnIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Live and contested facts about a member, as far as the viewer sees them: what the profile is made of. */
  factsAbout(tx: Transaction, subjectId: string): Promise<Memory[]> {
    return managerOf(tx).query<Memory[]>(
      `SELECT ${COLUMNS} FROM memories m
       WHERE m.subject_id = $1 AND m.scope_id ${VISIBLE} AND upper_inf(m.recorded) AND m.predicate IS NOT NULL
         AND m.status IN ('live', 'contested') AND m.valid @> now()
       ORDER BY m.created_at DESC LIMIT 2000`,
      [subjectId],
    );
  }

  /** Holds back others who write about the same until this transaction ends. In one order, so that nobody waits for each other. */
  async lock(tx: Transaction, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await managerOf(tx).query(
      `SELECT pg_advisory_xact_lock(k) FROM (SELECT DISTINCT hashtextextended(n, 7) AS k FROM unnest($1::text[]) n ORDER BY 1) keys`,
      [names],
    );
  }

  /** @throws MemoryError `memory_conflict` when a functional fact would have two values at a time */
  async insert(tx: Transaction, memories: readonly Memory[]): Promise<void> {
    if (memories.length === 0) return;
    try {
      await managerOf(tx).query(
        'INSERT INTO memories SELECT * FROM jsonb_populate_recordset(NULL::memories, $1::jsonb)',
        [JSON.stringify(memories.map(toRow))],
      );
    } catch (error) {
      if (isExclusionViolation(error, 'memories_one_value')) throw new MemoryError('memory_conflict');
      throw error;
    }
  }

  /** Ends current versions, each at its time. @throws ChangedMeanwhile when one of them is current no more, or erased */
  async close(tx: Transaction, closed: readonly { readonly id: string; readonly at: Micros }[]): Promise<void> {
    if (closed.length === 0) return;
    const [, count] = await managerOf(tx).query<[unknown[], number]>(
      `UPDATE memories m SET recorded = tstzrange(lower(m.recorded), c.at)
       FROM unnest($1::uuid[], $2::timestamptz[]) AS c(id, at) WHERE m.id = c.id AND upper_inf(m.recorded)`,
      [closed.map(({ id }) => id), closed.map(({ at }) => isoOf(at))],
    );
    if (count !== closed.length) throw new ChangedMeanwhile();
  }

  /**
   * Moves a memory to another scope. What it said and what was done to it before, when others could not see it, stays
   * with its owner: who is shown something is shown it as it is now.
   */
  async move(
    tx: Transaction,
    { id, version, ownerId }: Pick<Memory, 'id' | 'version' | 'ownerId'>,
    scopeId: string,
  ): Promise<void> {
    await managerOf(tx).query(
      'UPDATE memories SET scope_id = CASE version WHEN $2 THEN $3::uuid ELSE $4::uuid END WHERE id = $1',
      [id, version, scopeId, ownerId],
    );
    await managerOf(tx).query(
      'UPDATE memory_steps SET scope_id = CASE version_after WHEN $2 THEN $3::uuid ELSE $4::uuid END WHERE memory_id = $1',
      [id, version, scopeId, ownerId],
    );
  }

  /** Erases memories with their versions and steps. @returns how many there were */
  async erase(tx: Transaction, ids: readonly string[]): Promise<number> {
    const rows = await managerOf(tx).query<{ id: string }[]>(
      `WITH gone AS (DELETE FROM memories WHERE id = ANY ($1::uuid[]) RETURNING id), steps AS (
         DELETE FROM memory_steps WHERE memory_id = ANY ($1::uuid[]))
       SELECT DISTINCT id FROM gone`,
      [ids],
    );
    await managerOf(tx).query(`UPDATE memories SET superseded_by = NULL WHERE superseded_by = ANY ($1::uuid[])`, [ids]);
    this.news.tell(tx, MEMORIES_TOUCHED, new Map([['erased', rows.length]]));
    return rows.length;
  }

  async insertSteps(tx: Transaction, steps: readonly MemoryStep[]): Promise<void> {
    if (steps.length === 0) return;
    await managerOf(tx).query(
      'INSERT INTO memory_steps SELECT * FROM jsonb_populate_recordset(NULL::memory_steps, $1::jsonb)',
      [JSON.stringify(steps.map(toStepRow))],
    );
    const kinds = Map.groupBy(steps, ({ step }) => step);
    this.news.tell(tx, MEMORIES_TOUCHED, new Map([...kinds].map(([step, all]) => [step, all.length])));
  }

  /** Causes of a memory's steps that the viewer may see. */
  async visibleCauses(tx: Transaction, memoryId: string): Promise<ReadonlySet<string>> {
    const rows = await managerOf(tx).query<{ id: string }[]>(
      `SELECT DISTINCT c.id FROM memory_steps s JOIN memories c ON c.id = s.cause_id AND upper_inf(c.recorded)
       WHERE s.memory_id = $1 AND c.scope_id ${VISIBLE}`,
      [memoryId],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Newest first. */
  steps(tx: Transaction, memoryId: string): Promise<MemoryStep[]> {
    return managerOf(tx).query<MemoryStep[]>(
      `SELECT ${STEP_COLUMNS} FROM memory_steps s WHERE s.memory_id = $1 ORDER BY s.id DESC LIMIT 1000`,
      [memoryId],
    );
  }

  stepsOf(tx: Transaction, operationId: string): Promise<MemoryStep[]> {
    return managerOf(tx).query<MemoryStep[]>(
      `SELECT ${STEP_COLUMNS} FROM memory_steps s WHERE s.operation_id = $1 ORDER BY s.id DESC`,
      [operationId],
    );
  }

  async markUndone(tx: Transaction, ids: readonly string[], by: string): Promise<void> {
    await managerOf(tx).query('UPDATE memory_steps SET undone_by = $2 WHERE id = ANY ($1::uuid[])', [ids, by]);
  }

  /** Memories made beside another one from the same words. */
  async madeBeside(tx: Transaction, memoryId: string): Promise<string[]> {
    const rows = await managerOf(tx).query<{ id: string }[]>(
      `SELECT DISTINCT s.memory_id AS id FROM memory_steps s WHERE s.cause_id = $1 AND s.step = 'extracted'`,
      [memoryId],
    );
    return rows.map(({ id }) => id);
  }

  /** Counts what an owner keeps. @returns the number after it */
  async count(tx: Transaction, familyId: string, ownerId: string, change: number): Promise<number> {
    const [row] = await managerOf(tx).query<{ memories: number }[]>(
      `INSERT INTO memory_usage AS u (owner_id, family_id, memories) VALUES ($1, $2, greatest($3, 0))
       ON CONFLICT (owner_id) DO UPDATE SET memories = greatest(u.memories + $3, 0) RETURNING memories`,
      [ownerId, familyId, change],
    );
    return row?.memories ?? 0;
  }

  /** Must be the last statement of a transaction that changed anything: caches are valid for one version. */
  async changed(tx: Transaction, familyId: string): Promise<void> {
    await managerOf(tx).query('SELECT app.memory_changed($1)', [familyId]);
    this.news.tell(tx, MEMORY_CHANGED, { familyId });
  }
}

export interface SortedRow extends MemoryRow {
  readonly sortKey: string;
}

/** With a time asked for, what was superseded since is as good as what is live. */
function statusesOf({ status, asOf }: MemoryFilter): readonly string[] {
  if (status === 'all') return ['live', 'superseded', 'contested', 'retracted'];
  return status === 'live' && asOf !== undefined ? ['live', 'superseded', 'contested'] : [status];
}
