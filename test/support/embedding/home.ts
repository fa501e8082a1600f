import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Environment } from '../../../src/platform/config/index.js';
import { managerOf, TransactionRunner } from '../../../src/platform/database/index.js';
import type { TestApp } from '../create-app.js';
import { as, type FamilyMember } from '../factories.js';
import { until } from '../process.js';
import type { Provider } from './provider.js';

export const TINY_MODEL = join(import.meta.dirname, 'tiny-model');

/** A model in the process. */
export const TINY: Environment = { EMBEDDINGS: 'local', EMBEDDINGS_MODEL: TINY_MODEL, JOBS_POLL_INTERVAL: '100' };

/** A model of a provider. */
export const remote = ({ url }: Provider, model = 'two'): Environment => ({
  EMBEDDINGS: 'openai',
  EMBEDDINGS_URL: url,
  EMBEDDINGS_MODEL: model,
  EMBEDDINGS_DIMENSIONS: '2',
  JOBS_POLL_INTERVAL: '100',
});

export interface Found {
  readonly id: string;
  readonly content: string;
  readonly scores?: Readonly<Record<string, number>>;
}

export interface Health {
  readonly status: string;
  readonly components: { readonly vector_index: Readonly<Record<string, unknown>> };
}

export interface Vector {
  readonly itemId: string;
  readonly scopeId: string;
  readonly documentScope: string;
  readonly model: string;
}

/** What somebody does, and what the index holds of it. */
export class Home {
  constructor(
    readonly server: TestApp,
    readonly member: FamilyMember,
  ) {}

  async remember(content: string, fields: object = {}): Promise<string> {
    const { status, body } = await as(this.server, this.member).post<{ id: string }>('/memories', {
      content,
      ...fields,
    });
    expect(status).toBe(201);
    return body.id;
  }

  async search(query: string): Promise<readonly Found[]> {
    const { status, body } = await as(this.server, this.member).post<{ results: Found[] }>('/memories/search', {
      query,
      explain: true,
    });
    expect(status).toBe(200);
    return body.results;
  }

  /** Whether a search goes by meaning too. */
  async isDense(query: string): Promise<boolean> {
    return (await this.search(query)).some(({ scores }) => (scores?.['dense'] ?? 0) !== 0);
  }

  async health(): Promise<Health> {
    const { body } = (await this.server.http().get('/health').set('authorization', this.member.bearer)) as {
      body: Health;
    };
    return body;
  }

  query<Row>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.server.app
      .get(TransactionRunner)
      .runAsWorker(this.member.familyId, (tx) => managerOf(tx).query<Row[]>(statement, [...values]));
  }

  vectors(): Promise<Vector[]> {
    return this.query<Vector>(
      `SELECT d.item_id AS "itemId", e.scope_id AS "scopeId", d.scope_id AS "documentScope", m.name AS model
       FROM embeddings e JOIN documents d ON d.id = e.document_id JOIN embedding_models m ON m.id = e.model_id`,
    );
  }

  async pending(): Promise<number> {
    const [row] = await this.query<{ n: number }>('SELECT count(*)::int AS n FROM documents WHERE is_pending');
    return row?.n ?? 0;
  }

  /** All jobs have ended. */
  idle(): Promise<unknown> {
    return until('the queue is empty', async () => {
      const rows = await this.query(`SELECT FROM jobs.job WHERE queue LIKE 'memory.%' LIMIT 1`);
      return rows.length === 0;
    });
  }
}
