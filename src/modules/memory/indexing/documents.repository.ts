import { Injectable } from '@nestjs/common';
import { isoOf, managerOf, type Transaction } from '../../../platform/database/index.js';
import type { Memory } from '../memory.entity.js';
import { SITTING, type Document } from './document.js';

/** Writes to the index that search reads: documents with the lexemes of their texts. */
@Injectable()
export class DocumentsRepository {
  /** First numbers of so many new sittings. */
  async newSittings(tx: Transaction, count: number): Promise<number[]> {
    if (count === 0) return [];
    const rows = await managerOf(tx).query<{ number: number }[]>(
      `SELECT nextval('sitting_numbers')::float8 AS number FROM generate_series(1, $1::int)`,
      [count],
    );
    return rows.map(({ number }) => number * SITTING);
  }

  /** Indexes texts, all in one statement; they are found as soon as the transaction ends. */
  async insert(tx: Transaction, documents: readonly Document[]): Promise<void> {
    if (documents.length === 0) return;
    await managerOf(tx).query(
      `WITH texts AS MATERIALIZED (
         SELECT d.*, c.content
         FROM jsonb_populate_recordset(NULL::documents, $1::jsonb) d
         JOIN jsonb_to_recordset($1::jsonb) AS c(id bigint, content text) ON c.id = d.id
       ), terms AS MATERIALIZED (
         SELECT x.id, x.scope_id, t.term, t.frequency FROM texts x, LATERAL app.terms(x.language, x.content) t
       ), lengths AS MATERIALIZED (
         SELECT id, sum(frequency) AS length FROM terms GROUP BY id
       ), made AS (
         INSERT INTO documents (id, scope_id, family_id, type, item_id, conversation_id, person_id, speaker, language, length,
           is_live, is_pending, has_question, after_question, says_time, says_number, importance, confidence, occurred_at)
         SELECT id, scope_id, family_id, type, item_id, conversation_id, person_id, speaker, language, coalesce(lengths.length, 0),
           is_live, true, has_question, after_question, says_time, says_number, importance, confidence, occurred_at
         FROM texts LEFT JOIN lengths USING (id)
       )
       INSERT INTO postings (scope_id, term, document_id, frequency, length)
       SELECT scope_id, term, id, frequency, lengths.length FROM terms JOIN lengths USING (id)`,
      [JSON.stringify(documents.map(toRow))],
    );
  }

  /** Which contents can be found: those of live and contested memories in their current version. */
  async setLive(tx: Transaction, states: readonly { readonly id: number; readonly isLive: boolean }[]): Promise<void> {
    if (states.length === 0) return;
    await managerOf(tx).query(
      `UPDATE documents d SET is_live = s.is_live FROM unnest($1::bigint[], $2::boolean[]) AS s(id, is_live)
       WHERE d.id = s.id AND d.is_live <> s.is_live`,
      [states.map(({ id }) => id), states.map(({ isLive }) => isLive)],
    );
  }

  /**
   * Takes all of an item to another scope. The documents first: who computes their vectors reads the scope under the same
   * lock, so a vector that comes meanwhile is either moved with the rest or finds the new scope.
   */
  async move(tx: Transaction, itemIds: readonly string[], scopeId: string): Promise<void> {
    await managerOf(tx).query('UPDATE documents SET scope_id = $2 WHERE item_id = ANY ($1::uuid[])', [
      itemIds,
      scopeId,
    ]);
    for (const table of ['postings', 'embeddings']) {
      await managerOf(tx).query(
        `UPDATE ${table} SET scope_id = $2 WHERE document_id IN (SELECT id FROM documents WHERE item_id = ANY ($1::uuid[]))`,
        [itemIds, scopeId],
      );
    }
  }

  /** Takes the present text of a memory to another scope; earlier ones stay with its owner. */
  async moveMemory(
    tx: Transaction,
    memory: Pick<Memory, 'id' | 'documentId' | 'ownerId'>,
    scopeId: string,
  ): Promise<void> {
    const { id, documentId, ownerId } = memory;
    const moved = (column: string): string => `scope_id = CASE ${column} WHEN $2 THEN $3::uuid ELSE $4::uuid END`;
    const values = [id, documentId, scopeId, ownerId];
    await managerOf(tx).query(`UPDATE documents SET ${moved('id')} WHERE item_id = $1`, values);
    for (const table of ['postings', 'embeddings']) {
      await managerOf(tx).query(
        `UPDATE ${table} SET ${moved('document_id')} WHERE document_id IN (SELECT id FROM documents WHERE item_id = $1)`,
        values,
      );
    }
  }

  /** Puts one text where its memory is: an earlier one that holds again may have stayed behind. */
  async place(tx: Transaction, documentId: number, scopeId: string): Promise<void> {
    await managerOf(tx).query('UPDATE documents SET scope_id = $2 WHERE id = $1', [documentId, scopeId]);
    for (const table of ['postings', 'embeddings'])
      await managerOf(tx).query(`UPDATE ${table} SET scope_id = $2 WHERE document_id = $1`, [documentId, scopeId]);
  }

  /** How much a memory weighs in a ranking. */
  async weigh(
    tx: Transaction,
    { documentId, importance, confidence }: Pick<Memory, 'documentId' | 'importance' | 'confidence'>,
  ): Promise<void> {
    await managerOf(tx).query('UPDATE documents SET importance = $2, confidence = $3 WHERE id = $1', [
      documentId,
      importance,
      confidence,
    ]);
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
  item_id: document.itemId,
  conversation_id: document.conversationId,
  person_id: document.personId,
  speaker: document.speaker,
  language: document.language,
  is_live: document.isLive,
  has_question: document.hasQuestion,
  after_question: document.afterQuestion,
  says_time: document.saysTime,
  says_number: document.saysNumber,
  importance: document.importance,
  confidence: document.confidence,
  occurred_at: isoOf(document.occurredAt),
  content: document.content,
});
