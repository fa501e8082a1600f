import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../platform/database/index.js';

/** A text that waits for its vector. */
export interface PendingText {
  readonly documentId: number;
  readonly scopeId: string;
  readonly content: string;
  /** A turn's speaker, by name. */
  readonly speaker: string | null;
  /** What was said just before it in the same sitting: a turn is understood together with it. */
  readonly before: string | null;
  readonly speakerBefore: string | null;
}

export interface Model {
  readonly id: number;
  readonly name: string;
  readonly dimensions: number;
  readonly isActive: boolean;
}

const nameOf = (turn: string, member: string): string =>
  `coalesce(${member}.first_name, ${turn}.speaker, CASE ${turn}.role WHEN 'assistant' THEN 'Assistant' END)`;

const TEXTS = `
  SELECT d.id::float8 AS "documentId", d.scope_id AS "scopeId", coalesce(t.content, m.content) AS content, b.content AS before,
    ${nameOf('t', 'p')} AS speaker, ${nameOf('b', 'q')} AS "speakerBefore"
  FROM chosen d
  LEFT JOIN turns t ON d.type = 'turn' AND t.id = d.item_id
  LEFT JOIN turns b ON d.type = 'turn' AND b.conversation_id = d.conversation_id AND b.turn_number = t.turn_number - 1
    AND b.session_number = t.session_number
  LEFT JOIN members p ON p.id = t.speaker_id
  LEFT JOIN members q ON q.id = b.speaker_id
  LEFT JOIN LATERAL (SELECT content FROM memories m WHERE d.type = 'memory' AND m.document_id = d.id LIMIT 1) m ON true
  ORDER BY d.id`;

/** Every query on vectors and the models they are of. */
@Injectable()
export class EmbeddingsRepository {
  /** The number of a model, given to it when it is first used. */
  async register(tx: Transaction, name: string, dimensions: number): Promise<Model> {
    await managerOf(tx).query('SELECT pg_advisory_xact_lock(7301)');
    await managerOf(tx).query(
      `INSERT INTO embedding_models (id, name, dimensions, is_active)
       SELECT coalesce((SELECT max(id) FROM embedding_models), 0) + 1, $1, $2, NOT EXISTS (SELECT FROM embedding_models WHERE is_active)
       ON CONFLICT (name) DO NOTHING`,
      [name, dimensions],
    );
    const [model] = await this.find(tx, name);
    if (!model) throw new Error(`the model ${name} could not be registered`);
    return model;
  }

  async active(tx: Transaction): Promise<Model | undefined> {
    const [model] = await managerOf(tx).query<Model[]>(
      `SELECT id, name, dimensions, is_active AS "isActive" FROM embedding_models WHERE is_active`,
    );
    return model;
  }

  /** Texts of a family without a vector of the active model, oldest first. */
  pending(tx: Transaction, familyId: string, limit: number): Promise<PendingText[]> {
    return managerOf(tx).query<PendingText[]>(
      `WITH chosen AS (SELECT * FROM documents WHERE family_id = $1 AND is_pending ORDER BY id LIMIT $2) ${TEXTS}`,
      [familyId, limit],
    );
  }

  /** Texts of a family without a vector of this model, after `after`: for filling a second generation. */
  missing(
    tx: Transaction,
    familyId: string,
    modelId: number,
    after: number | null,
    limit: number,
  ): Promise<PendingText[]> {
    return managerOf(tx).query<PendingText[]>(
      `WITH chosen AS (
         SELECT * FROM documents d
         WHERE d.family_id = $1 AND ($3::bigint IS NULL OR d.id > $3)
           AND NOT EXISTS (SELECT FROM embeddings e WHERE e.document_id = d.id AND e.model_id = $2)
         ORDER BY d.id LIMIT $4
       ) ${TEXTS}`,
      [familyId, modelId, after, limit],
    );
  }

  /**
   * Keeps vectors of texts that are still there. Their scope is read again, under a lock: sharing may have moved them.
   * @param done whether they are of the active model, so that nothing more is to do for them
   */
  async save(
    tx: Transaction,
    modelId: number,
    vectors: readonly { readonly documentId: number; readonly vector: Float32Array }[],
    { done }: { done: boolean },
  ): Promise<void> {
    if (vectors.length === 0) return;
    const values = [vectors.map(({ documentId }) => documentId), vectors.map(({ vector }) => toText(vector)), modelId];
    await managerOf(tx).query(
      `INSERT INTO embeddings (document_id, model_id, scope_id, vector)
       SELECT d.id, $3, d.scope_id, v.vector::halfvec FROM unnest($1::bigint[], $2::text[]) AS v(id, vector)
       JOIN (SELECT id, scope_id FROM documents WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE) d ON d.id = v.id
       ON CONFLICT (document_id, model_id) DO UPDATE SET vector = excluded.vector, scope_id = excluded.scope_id`,
      values,
    );
    if (done)
      await managerOf(tx).query(
        'UPDATE documents SET is_pending = false WHERE id = ANY ($1::bigint[]) AND is_pending',
        [values[0]],
      );
  }

  /** From now on this model is searched with; the vectors of others are erased family by family. */
  async activate(tx: Transaction, modelId: number): Promise<void> {
    await managerOf(tx).query('UPDATE embedding_models SET is_active = false WHERE is_active AND id <> $1', [modelId]);
    await managerOf(tx).query('UPDATE embedding_models SET is_active = true WHERE id = $1', [modelId]);
  }

  /** Erases a family's vectors of all models but this one. */
  async keepOnly(tx: Transaction, familyId: string, modelId: number): Promise<void> {
    await managerOf(tx).query(
      `DELETE FROM embeddings WHERE model_id <> $2 AND document_id IN (SELECT id FROM documents WHERE family_id = $1)`,
      [familyId, modelId],
    );
  }

  private find(tx: Transaction, name: string): Promise<Model[]> {
    return managerOf(tx).query<Model[]>(
      `SELECT id, name, dimensions, is_active AS "isActive" FROM embedding_models WHERE name = $1`,
      [name],
    );
  }
}

/** As pgvector reads it; four digits are more than its two bytes hold. */
export const toText = (vector: Float32Array): string => `[${Array.from(vector, (x) => x.toPrecision(5)).join()}]`;
