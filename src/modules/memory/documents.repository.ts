import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../platform/database/index.js';
import type { ContentLanguage, Micros } from './memory.entity.js';
import { isoOf } from './micros.js';

/** A text to be found: a turn, or one content of a memory. */
export interface Document {
  readonly id: string;
  readonly familyId: string;
  readonly scopeId: string;
  readonly type: 'memory' | 'turn';
  readonly isLive: boolean;
  /** The turn or the memory. */
  readonly itemId: string;
  readonly conversationId: string | null;
  readonly turnNumber: number | null;
  readonly sessionNumber: number | null;
  /** Who speaks, or whom it is about. */
  readonly personId: string | null;
  readonly language: ContentLanguage;
  readonly content: string;
  readonly isQuestion: boolean;
  readonly importance: number;
  readonly confidence: number;
  readonly occurredAt: Micros;
}

/** Writes to the index that search reads: documents with the lexemes of their texts. */
@Injectable()
export class DocumentsRepository {
  /** Indexes texts, all in one statement; they are found as soon as the transaction ends. */
  async insert(tx: Transaction, documents: readonly Document[]): Promise<void> {
    if (documents.length === 0) return;
    await managerOf(tx).query(
      `WITH texts AS MATERIALIZED (
         SELECT d.*, t.content FROM jsonb_populate_recordset(NULL::documents, $1::jsonb) WITH ORDINALITY d
         JOIN jsonb_array_elements($1::jsonb) WITH ORDINALITY AS e(value, n) ON e.n = d.ordinality,
         LATERAL (SELECT e.value ->> 'content' AS content) t
       ), terms AS MATERIALIZED (
         SELECT x.id, x.scope_id, t.term, t.frequency FROM texts x, LATERAL app.terms(x.language, x.content) t
       ), made AS (
         INSERT INTO documents (id, scope_id, family_id, type, is_live, item_id, conversation_id, turn_number, session_number,
           person_id, language, length, is_question, is_pending, importance, confidence, occurred_at)
         SELECT id, scope_id, family_id, type, is_live, item_id, conversation_id, turn_number, session_number,
           person_id, language, coalesce((SELECT sum(t.frequency) FROM terms t WHERE t.id = x.id), 0), is_question, true, importance,
           confidence, occurred_at
         FROM texts x
       )
       INSERT INTO postings (scope_id, term, document_id, frequency) SELECT scope_id, term, id, frequency FROM terms`,
      [JSON.stringify(documents.map(toRow))],
    );
  }

  /** Which contents can be found: those of live and contested memories in their current version. */
  async setLive(tx: Transaction, states: readonly { readonly id: string; readonly isLive: boolean }[]): Promise<void> {
    if (states.length === 0) return;
    await managerOf(tx).query(
      `UPDATE documents d SET is_live = s.is_live FROM unnest($1::uuid[], $2::boolean[]) AS s(id, is_live)
       WHERE d.id = s.id AND d.is_live <> s.is_live`,
      [states.map(({ id }) => id), states.map(({ isLive }) => isLive)],
    );
  }

  /** Takes all of an item to another scope. */
  async move(tx: Transaction, itemIds: readonly string[], scopeId: string): Promise<void> {
    for (const table of ['postings', 'embeddings']) {
      await managerOf(tx).query(
        `UPDATE ${table} SET scope_id = $2 WHERE document_id IN (SELECT id FROM documents WHERE item_id = ANY ($1::uuid[]))`,
        [itemIds, scopeId],
      );
    }
    await managerOf(tx).query('UPDATE documents SET scope_id = $2 WHERE item_id = ANY ($1::uuid[])', [itemIds, scopeId]);
  }

  /** Erases items from the index, with their lexemes and vectors. */
  async erase(tx: Transaction, itemIds: readonly string[]): Promise<void> {
    await managerOf(tx).query('DELETE FROM documents WHERE item_id = ANY ($1::uuid[])', [itemIds]);
  }
}

const toRow = (document: Document): object => ({
  id: document.id,
  scope_id: document.scopeId,
  family_id: document.familyId,
  type: document.type,
  is_live: document.isLive,
  item_id: document.itemId,
  conversation_id: document.conversationId,
  turn_number: document.turnNumber,
  session_number: document.sessionNumber,
  person_id: document.personId,
  language: document.language,
  length: 0,
  is_question: document.isQuestion,
  importance: document.importance,
  confidence: document.confidence,
  occurred_at: isoOf(document.occurredAt),
  content: document.content,
});
