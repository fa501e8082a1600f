import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../../platform/database/index.js';

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

/** The private texts of somebody who has left the family are found by nobody: they need no vectors, and may get none. */
const OF_SOMEBODY = `d.scope_id = ANY ((SELECT app.visible_scopes())::uuid[])`;

const without = (model: string): string =>
  `NOT EXISTS (SELECT FROM embeddings e WHERE e.document_id = d.id AND e.model_id = ${model})`;

/** Every query on vectors and the models they are of. */
@Injectable()
export class EmbeddingsRepository {
  /** The number of a model, given to it when it is first used. It is not searched with yet: see `activate`. */
  async register(tx: Transaction, name: string, dimensions: number): Promise<Model> {
    await managerOf(tx).query('SELECT pg_advisory_xact_lock(7301)');
    await managerOf(tx).query(
      `INSERT INTO embedding_models (id, name, dimensions, is_active)
       SELECT coalesce((SELECT max(id) FROM embedding_models), 0) + 1, $1, $2, false
       ON CONFLICT (name) DO NOTHING`,
      [name, dimensions],
    );
    const [model] = await this.find(tx, name);
    if (!model) throw new Error(`the model ${name} could not be registered`);
    return model;
  }

  /** Version of pgvector. */
  async extension(tx: Transaction): Promise<string | undefined> {
    const [row] = await managerOf(tx).query<{ version: string }[]>(
      `SELECT extversion AS version FROM pg_extension WHERE extname = 'vector'`,
    );
    return row?.version;
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
      `WITH chosen AS (SELECT * FROM documents d WHERE family_id = $1 AND is_pending AND ${OF_SOMEBODY} ORDER BY id LIMIT $2) ${TEXTS}`,
      [familyId, limit],
    );
  }

  /** How many there are. */
  async countPending(tx: Transaction, familyId: string): Promise<number> {
    const [row] = await managerOf(tx).query<{ n: number }[]>(
      `SELECT count(*)::float8 AS n FROM documents d WHERE family_id = $1 AND is_pending AND ${OF_SOMEBODY}`,
      [familyId],
    );
    return row?.n ?? 0;
  }

  /** How many texts have no vector of this model. */
  async countMissing(tx: Transaction, familyId: string, modelId: number): Promise<number> {
    const [row] = await managerOf(tx).query<{ n: number }[]>(
      `SELECT count(*)::float8 AS n FROM documents d WHERE d.family_id = $1 AND ${OF_SOMEBODY} AND ${without('$2')}`,
      [familyId, modelId],
    );
    return row?.n ?? 0;
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
           AND ${OF_SOMEBODY} AND ${without('$2')}
         ORDER BY d.id LIMIT $4
       ) ${TEXTS}`,
      [familyId, modelId, after, limit],
    );
  }

  /**
   * Whether a model is the one that is searched with. It stays what it is until this transaction ends, so that nothing
   * counts as done by a model that is given up in the same moment.
   */
  async isActive(tx: Transaction, modelId: number): Promise<boolean> {
    const [row] = await managerOf(tx).query<{ isActive: boolean }[]>(
      `SELECT is_active AS "isActive" FROM embedding_models WHERE id = $1 FOR SHARE`,
      [modelId],
    );
    return row?.isActive ?? false;
  }

  /**
   * Keeps vectors of texts that are still there. Their scope is read again, under a lock: sharing may have moved them.
   * @returns the texts that have one now
   */
  async save(
    tx: Transaction,
    modelId: number,
    vectors: readonly { readonly documentId: number; readonly vector: Float32Array }[],
  ): Promise<number[]> {
    if (vectors.length === 0) return [];
    const rows = await managerOf(tx).query<{ id: number }[]>(
      `INSERT INTO embeddings (document_id, model_id, scope_id, vector)
       SELECT d.id, $3, d.scope_id, v.vector::halfvec FROM unnest($1::bigint[], $2::text[]) AS v(id, vector)
       JOIN (SELECT id, scope_id FROM documents WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE) d ON d.id = v.id
       WHERE ${OF_SOMEBODY}
       ON CONFLICT (document_id, model_id) DO UPDATE SET vector = excluded.vector, scope_id = excluded.scope_id
       RETURNING document_id::float8 AS id`,
      [vectors.map(({ documentId }) => documentId), vectors.map(({ vector }) => toText(vector)), modelId],
    );
    return rows.map(({ id }) => id);
  }

  /** Nothing more is to do for these texts with the active model. One without a vector is one that the model refused. */
  async settle(tx: Transaction, documentIds: readonly number[]): Promise<void> {
    await managerOf(tx).query('UPDATE documents SET is_pending = false WHERE id = ANY ($1::bigint[]) AND is_pending', [
      documentIds,
    ]);
  }

  /**
   * Brings a family's texts into line with the model that has just become active: those that have no vector of it wait.
   * @param refused texts that it takes no vector of
   */
  async align(tx: Transaction, familyId: string, modelId: number, refused: readonly number[]): Promise<void> {
    await managerOf(tx).query(
      `UPDATE documents d SET is_pending = NOT d.is_pending
       WHERE d.family_id = $1 AND d.is_pending <> (${without('$2')} AND d.id <> ALL ($3::bigint[]))`,
      [familyId, modelId, refused],
    );
  }

  /** From now on this model is searched with, unless there is another one already. */
  async activateFirst(tx: Transaction, modelId: number): Promise<void> {
    await managerOf(tx).query('SELECT pg_advisory_xact_lock(7301)');
    await managerOf(tx).query(
      `UPDATE embedding_models SET is_active = true WHERE id = $1 AND NOT EXISTS (SELECT FROM embedding_models WHERE is_active)`,
      [modelId],
    );
  }

  /** From now on this model is searched with; the vectors of others are erased family by family. */
  async activate(tx: Transaction, modelId: number): Promise<void> {
    await managerOf(tx).query('SELECT pg_advisory_xact_lock(7301)');
    await managerOf(tx).query('UPDATE embedding_models SET is_active = false WHERE is_active AND id <> $1', [modelId]);
    await managerOf(tx).query('UPDATE embedding_models SET is_active = true WHERE id = $1', [modelId]);
  }

  /** Erases vectors of a family's texts of all models but this one, so many texts at once. @returns the last of them, or null */
  async keepOnly(
    tx: Transaction,
    familyId: string,
    modelId: number,
    after: number | null,
    limit: number,
  ): Promise<number | null> {
    const [row] = await managerOf(tx).query<{ last: number | null }[]>(
      `WITH batch AS MATERIALIZED (
         SELECT id FROM documents WHERE family_id = $1 AND ($3::bigint IS NULL OR id > $3) ORDER BY id LIMIT $4
       ), gone AS (DELETE FROM embeddings e USING batch WHERE e.document_id = batch.id AND e.model_id <> $2)
       SELECT max(id)::float8 AS last FROM batch`,
      [familyId, modelId, after, limit],
    );
    return row?.last ?? null;
  }

  /** A model that has been registered. */
  async byName(tx: Transaction, name: string): Promise<Model | undefined> {
    return (await this.find(tx, name))[0];
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
