import { Injectable } from '@nestjs/common';
import {
  CommitNews,
  isoOf,
  isoOrNull,
  managerOf,
  type Micros,
  microsSql,
  type Transaction,
} from '../../../platform/database/index.js';
import type { Position } from '../../../platform/http/index.js';
import type { Conversation, Turn } from './conversation.entity.js';
import { MEMORIES_TOUCHED } from '../memories/memories.repository.js';

const COLUMNS = `c.id, c.family_id AS "familyId", c.scope_id AS "scopeId", c.owner_id AS "ownerId", c.title, c.extract,
  c.turn_count AS "turnCount", ${microsSql('c.created_at')} AS "createdAt", ${microsSql('c.updated_at')} AS "updatedAt"`;

const TURN_COLUMNS = `t.id, t.family_id AS "familyId", t.scope_id AS "scopeId", t.conversation_id AS "conversationId",
  t.turn_number AS "turnNumber", t.session_number AS "sessionNumber", t.author_id AS "authorId", t.speaker_id AS "speakerId",
  t.speaker, t.role, t.content, t.language, t.metadata, ${microsSql('t.occurred_at')} AS "occurredAt",
  ${microsSql('t.created_at')} AS "createdAt"`;

/** Where the numbering of a conversation stands while it is locked. */
export interface Numbering {
  readonly turnCount: number;
  readonly sessionNumber: number;
  readonly lastTurnAt: Micros | null;
  /** Where the last turn stands in the index. */
  readonly lastDocument: number | null;
}

/** Every query on conversations and turns. Row-level security shows those the viewer may see. */
@Injectable()
export class ConversationsRepository {
  constructor(private readonly news: CommitNews) {}

  async insert(tx: Transaction, conversation: Conversation): Promise<void> {
    await managerOf(tx).query(
      `INSERT INTO conversations (id, family_id, scope_id, owner_id, title, extract, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
      [
        conversation.id,
        conversation.familyId,
        conversation.scopeId,
        conversation.ownerId,
        conversation.title,
        conversation.extract,
        isoOf(conversation.createdAt),
      ],
    );
  }

  async find(tx: Transaction, id: string): Promise<Conversation | undefined> {
    const [row] = await managerOf(tx).query<Conversation[]>(`SELECT ${COLUMNS} FROM conversations c WHERE c.id = $1`, [
      id,
    ]);
    return row;
  }

  /** Locks a conversation for numbering: writers wait for each other here, so no number is given twice or left out. */
  async lock(tx: Transaction, id: string): Promise<Numbering | undefined> {
    const [row] = await managerOf(tx).query<Numbering[]>(
      `SELECT turn_count AS "turnCount", session_number AS "sessionNumber", ${microsSql('last_turn_at')} AS "lastTurnAt",
         last_document::float8 AS "lastDocument"
       FROM conversations WHERE id = $1 FOR UPDATE`,
      [id],
    );
    return row;
  }

  async saveNumbering(
    tx: Transaction,
    id: string,
    { turnCount, sessionNumber, lastTurnAt, lastDocument }: Numbering,
  ): Promise<void> {
    await managerOf(tx).query(
      `UPDATE conversations SET turn_count = $2, session_number = $3, last_turn_at = $4, last_document = $5, updated_at = now() WHERE id = $1`,
      [id, turnCount, sessionNumber, isoOrNull(lastTurnAt), lastDocument],
    );
  }

  async update(
    tx: Transaction,
    id: string,
    { title, extract }: { title: string | null; extract: boolean | null },
  ): Promise<void> {
    await managerOf(tx).query('UPDATE conversations SET title = $2, extract = $3, updated_at = now() WHERE id = $1', [
      id,
      title,
      extract,
    ]);
  }

  /** Moves a conversation with its turns to another scope. @returns the ids of the turns */
  async move(tx: Transaction, id: string, scopeId: string): Promise<string[]> {
    await managerOf(tx).query('UPDATE conversations SET scope_id = $2, updated_at = now() WHERE id = $1', [
      id,
      scopeId,
    ]);
    await managerOf(tx).query('UPDATE turns SET scope_id = $2 WHERE conversation_id = $1', [id, scopeId]);
    return this.turnIds(tx, id);
  }

  async turnIds(tx: Transaction, id: string): Promise<string[]> {
    const rows = await managerOf(tx).query<{ id: string }[]>('SELECT id FROM turns WHERE conversation_id = $1', [id]);
    return rows.map((row) => row.id);
  }

  async erase(tx: Transaction, id: string): Promise<void> {
    await managerOf(tx).query('DELETE FROM conversations WHERE id = $1', [id]);
  }

  /** Newest first; one row more than `limit` where there are more. */
  page(
    tx: Transaction,
    limit: number,
    after: Position | undefined,
  ): Promise<(Conversation & { readonly sortKey: string })[]> {
    return managerOf(tx).query(
      `SELECT ${COLUMNS}, c.created_at::text AS "sortKey"
       FROM unnest(app.visible_scopes()) AS scope, LATERAL (
         SELECT * FROM conversations c
         WHERE c.scope_id = scope AND ($2::timestamptz IS NULL OR (c.created_at, c.id) < ($2, $3::uuid))
         ORDER BY c.created_at DESC, c.id DESC LIMIT $1
       ) c
       ORDER BY c.created_at DESC, c.id DESC LIMIT $1`,
      [limit + 1, after?.at ?? null, after?.id ?? null],
    );
  }

  async insertTurns(tx: Transaction, turns: readonly Turn[]): Promise<void> {
    await managerOf(tx).query('INSERT INTO turns SELECT * FROM jsonb_populate_recordset(NULL::turns, $1::jsonb)', [
      JSON.stringify(turns.map(toRow)),
    ]);
    this.news.tell(tx, MEMORIES_TOUCHED, new Map([['turn', turns.length]]));
  }

  async findTurns(tx: Transaction, ids: readonly string[]): Promise<(Turn & { readonly ownerId: string })[]> {
    if (ids.length === 0) return [];
    return managerOf(tx).query<(Turn & { readonly ownerId: string })[]>(
      `SELECT ${TURN_COLUMNS}, c.owner_id AS "ownerId" FROM turns t JOIN conversations c ON c.id = t.conversation_id
       WHERE t.id = ANY ($1::uuid[]) ORDER BY t.conversation_id, t.turn_number`,
      [ids],
    );
  }

  /** In the order of their numbers, from after `after` (or before `before`, for reading backwards). */
  turns(tx: Transaction, conversationId: string, limit: number, after: number): Promise<Turn[]> {
    return managerOf(tx).query<Turn[]>(
      `SELECT ${TURN_COLUMNS} FROM turns t WHERE t.conversation_id = $1 AND t.turn_number > $2
       ORDER BY t.turn_number LIMIT $3`,
      [conversationId, after, limit + 1],
    );
  }
}

const toRow = (turn: Turn): object => ({
  id: turn.id,
  family_id: turn.familyId,
  scope_id: turn.scopeId,
  conversation_id: turn.conversationId,
  turn_number: turn.turnNumber,
  session_number: turn.sessionNumber,
  author_id: turn.authorId,
  speaker_id: turn.speakerId,
  speaker: turn.speaker,
  role: turn.role,
  content: turn.content,
  language: turn.language,
  metadata: turn.metadata,
  occurred_at: isoOf(turn.occurredAt),
  created_at: isoOf(turn.createdAt),
});
