import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';

/** Whose: of one member, or where none is named of the whole family. */
export interface Whose {
  readonly familyId: string;
  readonly memberId: string | null;
  /** When they left the family, if they have: what was said there afterwards is not theirs to read. */
  readonly leftAt?: Date;
  /** Nothing of other scopes is copied, where these are named: those that somebody else may read of, who asked for it. */
  readonly scopes?: readonly string[] | undefined;
}

/** A row as a copy of somebody's data has it. */
export type Copy = Readonly<Record<string, unknown>> & { readonly id: string };
export type VersionCopy = Copy & { readonly version: number };

const VERSION = `m.id, m.version, m.kind, m.content, m.language, m.subject_id, m.owner_id, m.author_id, m.predicate, m.object,
  m.importance, m.confidence, m.evidence_count, m.status, lower(m.valid) AS valid_from, upper(m.valid) AS valid_to,
  lower(m.recorded) AS recorded_from, upper(m.recorded) AS recorded_to,
  CASE m.scope_id WHEN m.family_id THEN 'family' WHEN m.owner_id THEN 'private' ELSE 'audience' END AS visibility,
  m.tags, m.metadata, m.created_at`;

/** The scopes that are named by a parameter, or all. */
const within = (column: string, parameter: string): string =>
  `(${parameter}::uuid[] IS NULL OR ${column} = ANY (${parameter}))`;

/** What an author told the whole family of somebody else who is still in it: that is the other one's as much. */
const IS_OF_ANOTHER = `m.scope_id = m.family_id AND m.subject_id IS NOT NULL AND m.subject_id <> m.owner_id
  AND EXISTS (SELECT FROM members p WHERE p.family_id = m.family_id AND p.id = m.subject_id)`;

/** Statements that copy and erase what the memory keeps of somebody; a job runs them, which sees all of a family. */
@Injectable()
export class MemoryDataRepository {
  /** Every version of what a member owns, from after a version on. */
  versions(
    tx: Transaction,
    whose: Whose,
    after: { id: string; version: number } | undefined,
    most: number,
  ): Promise<VersionCopy[]> {
    return managerOf(tx).query(
      `SELECT ${VERSION} FROM memories m
       WHERE m.family_id = $1 AND m.owner_id = $2 AND ($3::uuid IS NULL OR (m.id, m.version) > ($3, $4::int))
         AND ${within('m.scope_id', '$6')}
       ORDER BY m.id, m.version LIMIT $5`,
      [whose.familyId, whose.memberId, after?.id ?? null, after?.version ?? null, most, whose.scopes ?? null],
    );
  }

  /** What others say about a member that the member may see: told to the family, or to an audience the member is in. */
  about(tx: Transaction, whose: Whose, after: { id: string } | undefined, most: number): Promise<Copy[]> {
    return managerOf(tx).query(
      `SELECT ${VERSION} FROM memories m
       WHERE m.family_id = $1 AND m.subject_id = $2 AND m.owner_id <> $2 AND upper_inf(m.recorded)
         AND (m.scope_id = m.family_id OR EXISTS (SELECT FROM audiences a WHERE a.id = m.scope_id AND $2 = ANY (a.member_ids)))
         AND ($3::uuid IS NULL OR m.id > $3) AND ${within('m.scope_id', '$5')}
       ORDER BY m.id LIMIT $4`,
      [whose.familyId, whose.memberId, after?.id ?? null, most, whose.scopes ?? null],
    );
  }

  conversations(tx: Transaction, whose: Whose, after: { id: string } | undefined, most: number): Promise<Copy[]> {
    return managerOf(tx).query(
      `SELECT c.id, c.title, c.turn_count, c.created_at, c.updated_at,
         CASE c.scope_id WHEN c.family_id THEN 'family' WHEN c.owner_id THEN 'private' ELSE 'audience' END AS visibility
       FROM conversations c WHERE c.family_id = $1 AND c.owner_id = $2 AND ($3::uuid IS NULL OR c.id > $3)
         AND ${within('c.scope_id', '$5')}
       ORDER BY c.id LIMIT $4`,
      [whose.familyId, whose.memberId, after?.id ?? null, most, whose.scopes ?? null],
    );
  }

  /** What was said in a member's conversations, and what the member said in others'. */
  turns(tx: Transaction, whose: Whose, after: { id: string } | undefined, most: number): Promise<Copy[]> {
    return managerOf(tx).query(
      `SELECT t.id, t.conversation_id, t.turn_number, t.author_id, t.speaker_id, t.speaker, t.role, t.content, t.language,
         t.metadata, t.occurred_at, t.created_at
       FROM turns t JOIN conversations c ON c.id = t.conversation_id
       WHERE t.family_id = $1 AND ($3::uuid IS NULL OR t.id > $3)
         AND (t.author_id = $2 OR (c.owner_id = $2 AND ($5::timestamptz IS NULL OR t.created_at <= $5)))
         AND ${within('c.scope_id', '$6')}
       ORDER BY t.id LIMIT $4`,
      [whose.familyId, whose.memberId, after?.id ?? null, most, whose.leftAt ?? null, whose.scopes ?? null],
    );
  }

  /** Erases memories with their versions, steps, lexemes and vectors. @returns how many there were */
  async eraseMemories(tx: Transaction, { familyId, memberId }: Whose, most: number): Promise<number> {
    const rows = await managerOf(tx).query<{ id: string }[]>(
      `WITH old AS MATERIALIZED (
         SELECT m.id FROM memories m
         WHERE m.family_id = $1 AND upper_inf(m.recorded) AND ($2::uuid IS NULL OR (m.owner_id = $2 AND NOT (${IS_OF_ANOTHER})))
         LIMIT $3
       ), texts AS (DELETE FROM documents WHERE item_id IN (SELECT id FROM old)),
       steps AS (DELETE FROM memory_steps WHERE memory_id IN (SELECT id FROM old)),
       erased AS (DELETE FROM memories WHERE id IN (SELECT id FROM old))
       SELECT id FROM old`,
      [familyId, memberId, most],
    );
    await managerOf(tx).query('UPDATE memories SET superseded_by = NULL WHERE superseded_by = ANY ($1::uuid[])', [
      rows.map(({ id }) => id),
    ]);
    return rows.length;
  }

  /** Of what stays because it is about somebody else: what it said before, and what was done to it. @returns how many versions */
  async erasePast(tx: Transaction, { familyId, memberId }: Whose): Promise<number> {
    const [row] = await managerOf(tx).query<{ n: number }[]>(
      `WITH kept AS MATERIALIZED (
         SELECT id, version, document_id FROM memories WHERE family_id = $1 AND owner_id = $2 AND upper_inf(recorded)
       ), past AS (
         DELETE FROM memories m USING kept k WHERE m.id = k.id AND m.version <> k.version RETURNING m.document_id
       ), texts AS (
         DELETE FROM documents WHERE id IN (SELECT document_id FROM past) AND id NOT IN (SELECT document_id FROM kept)
       ), steps AS (DELETE FROM memory_steps WHERE memory_id IN (SELECT id FROM kept))
       SELECT count(*)::int AS n FROM past`,
      [familyId, memberId],
    );
    return row?.n ?? 0;
  }

  /** Erases conversations in which nobody else has said anything, with their turns. */
  async eraseConversations(
    tx: Transaction,
    { familyId, memberId }: Whose,
    most: number,
  ): Promise<{ conversations: number; turns: number }> {
    const [row] = await managerOf(tx).query<{ conversations: number; turns: number }[]>(
      `WITH talks AS MATERIALIZED (
         SELECT c.id FROM conversations c
         WHERE c.family_id = $1 AND ($2::uuid IS NULL OR (c.owner_id = $2
           AND NOT EXISTS (SELECT FROM turns t WHERE t.conversation_id = c.id AND t.author_id <> $2)))
         LIMIT $3
       ), said AS MATERIALIZED (SELECT t.id FROM turns t WHERE t.conversation_id IN (SELECT id FROM talks)),
       texts AS (DELETE FROM documents WHERE item_id IN (SELECT id FROM said)),
       erased AS (DELETE FROM conversations WHERE id IN (SELECT id FROM talks))
       SELECT (SELECT count(*) FROM talks)::int AS conversations, (SELECT count(*) FROM said)::int AS turns`,
      [familyId, memberId, most],
    );
    return row ?? { conversations: 0, turns: 0 };
  }

  /** Erases what a member said in conversations of others, and where others have spoken. */
  async eraseTurns(tx: Transaction, { familyId, memberId }: Whose, most: number): Promise<number> {
    const [row] = await managerOf(tx).query<{ n: number }[]>(
      `WITH old AS MATERIALIZED (
         SELECT id FROM turns WHERE family_id = $1 AND ($2::uuid IS NULL OR author_id = $2) LIMIT $3
       ), texts AS (DELETE FROM documents WHERE item_id IN (SELECT id FROM old)),
       erased AS (DELETE FROM turns WHERE id IN (SELECT id FROM old))
       SELECT count(*)::int AS n FROM old`,
      [familyId, memberId, most],
    );
    return row?.n ?? 0;
  }

  /** What is left then: titles, words of doubt, who may see what, counters, keys of requests. */
  async eraseRest(tx: Transaction, { familyId, memberId }: Whose): Promise<void> {
    const mine = [familyId, memberId];
    for (const statement of [
      'UPDATE conversations SET title = NULL WHERE family_id = $1 AND owner_id = $2 AND title IS NOT NULL',
      `DELETE FROM audiences a WHERE a.family_id = $1 AND a.owner_id = $2
         AND NOT EXISTS (SELECT FROM memories m WHERE m.scope_id = a.id)
         AND NOT EXISTS (SELECT FROM conversations c WHERE c.scope_id = a.id)`,
      'DELETE FROM memory_usage WHERE family_id = $1 AND owner_id = $2',
      'DELETE FROM idempotency_keys WHERE family_id = $1 AND member_id = $2',
    ])
      await managerOf(tx).query(statement, mine);
    await managerOf(tx).query('SELECT app.forget_reasons($1)', [memberId]);
  }
}
