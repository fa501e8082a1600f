import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type Transaction, TransactionRunner } from '../../../platform/database/index.js';
import { HealthRegistry, type Finding } from '../../../platform/health/index.js';
import { Metrics, type CacheCounters } from '../../../platform/observability/index.js';
import { FamilyService } from '../../family/index.js';
import { MemoryMetrics } from '../cache/memory-metrics.service.js';
import { EMBEDDER, SEMANTIC_SEARCH_OFF, type Embedder } from '../embedding/index.js';
import { EmbeddingsRepository, type Model } from './embeddings.repository.js';

/** How long what is known of the model in force counts, in milliseconds: another process may switch it. */
const MODEL_AGE = 5000;
/** Longest that a search waits for its vector, in milliseconds; then it goes by words alone. */
const QUERY_PATIENCE = 3000;
/** Pause after a failure, in milliseconds, in which no search waits for the embedder. */
const QUERY_PAUSE = 15_000;
/** Work on counting for health is at most this share of the time. */
const COUNTING_SHARE = 0.05;
/** Vectors of queries that are kept in the process: a few megabytes. They depend on nothing but the words. */
const QUERIES = 2000;

/** What is said when vectors of another model are searched with. */
export const OTHER_MODEL =
  'semantic search is off: the memories have vectors of another model than the one that is set. `npm run cli -- reembed` computes new ones, or set the earlier model again';

/** Vectors of queries, and which model is searched with. */
@Injectable()
export class EmbeddingService implements OnModuleInit {
  private readonly logger = new Logger('Embeddings');
  private known: { readonly model: Promise<Model>; readonly until: number } | undefined;
  private pausedUntil = 0;
  private counted: { readonly texts: number; readonly until: number } | undefined;
  private hasWarned = false;
  /** Why the last texts got no vectors; undefined when they did. */
  failure: string | undefined;
  private readonly queries = new LRUCache<string, Promise<Float32Array>>({ max: QUERIES });
  private readonly counters: CacheCounters;

  constructor(
    private readonly runner: TransactionRunner,
    private readonly health: HealthRegistry,
    private readonly families: FamilyService,
    private readonly embeddings: EmbeddingsRepository,
    @Inject(EMBEDDER) private readonly embedder: Embedder | null,
    private readonly measures: MemoryMetrics,
    metrics: Metrics,
  ) {
    this.counters = metrics.cache('query_embedding');
  }

  onModuleInit(): void {
    this.health.register({ name: 'vector_index', isOptional: true, check: () => this.check() });
  }

  /** The number of the model that queries get a vector of; undefined where there is none. */
  async searchModel(): Promise<number | undefined> {
    if (!this.embedder) return undefined;
    try {
      const { id, isActive } = await this.model(this.embedder);
      return isActive ? id : undefined;
    } catch {
      return undefined; // `query` tells of it
    }
  }

  /**
   * The vector of a query and the model it is of; undefined where there is none or it cannot be had now. Vectors of two
   * models cannot be compared, so there is none while another model is in force than the one that is set.
   */
  async query(text: string): Promise<{ readonly modelId: number; readonly vector: Float32Array } | undefined> {
    const { embedder } = this;
    if (!embedder || Date.now() < this.pausedUntil) return undefined;
    try {
      const { id, isActive } = await this.model(embedder);
      return isActive ? { modelId: id, vector: await withinPatience(this.vectorOf(text, embedder)) } : undefined;
    } catch (error) {
      this.pausedUntil = Date.now() + QUERY_PAUSE;
      this.logger.warn({ reason: String(error) }, 'a query got no vector; searches go by words alone for a while');
      return undefined;
    }
  }

  /**
   * `query` for somebody who has to read meanwhile: ready at once where the vector is computed here, so that both happen
   * at a time; where it comes from elsewhere only when it is there, so that no connection waits for another server.
   */
  async begin(text: string): Promise<() => ReturnType<EmbeddingService['query']>> {
    const vector = this.query(text);
    if (!this.embedder?.isLocal) await vector;
    return () => vector;
  }

  /** One computation for all who ask for the same words; one that failed is not kept. */
  private async vectorOf(text: string, embedder: Embedder): Promise<Float32Array> {
    const key = createHash('sha256').update(`${embedder.model.id}\n${text}`).digest('base64url');
    const known = this.queries.get(key);
    if (known) {
      this.counters.hit();
      return known;
    }
    this.counters.miss();
    const vector = this.measures.time('embedding', 'query', () => embedder.embedQuery(text));
    this.queries.set(key, vector);
    try {
      return await vector;
    } catch (error) {
      if (this.queries.peek(key) === vector) this.queries.delete(key);
      throw error;
    }
  }

  /** The model that is set, and whether it is the one that is searched with. Read again now and then. */
  model(embedder: Embedder): Promise<Model> {
    if (this.known && Date.now() < this.known.until) return this.known.model;
    const model = this.runner.runAsIdentity(async (tx) => this.registered(tx, embedder));
    this.known = { model, until: Date.now() + MODEL_AGE };
    model.catch(() => {
      this.known = undefined;
    });
    return model;
  }

  /** Forgets what was known of the model in force. */
  forget(): void {
    this.known = undefined;
    this.counted = undefined;
  }

  private async registered(tx: Transaction, { model: { id, dimensions } }: Embedder): Promise<Model> {
    const model = (await this.embeddings.byName(tx, id)) ?? (await this.embeddings.register(tx, id, dimensions));
    if (!model.isActive && !this.hasWarned) this.logger.warn({ model: id }, OTHER_MODEL);
    this.hasWarned = !model.isActive;
    return model;
  }

  private async check(): Promise<Finding> {
    const { embedder } = this;
    const extension = await this.runner.runAsIdentity((tx) => this.embeddings.extension(tx));
    if (!embedder) return { isUp: true, details: { extension, semantic_search: 'off', how: SEMANTIC_SEARCH_OFF } };
    const { isActive } = await this.model(embedder);
    const { id: model, dimensions } = embedder.model;
    const details = { extension, model, dimensions, pending_texts: await this.pending() };
    if (!isActive) {
      const active = await this.runner.runAsIdentity((tx) => this.embeddings.active(tx));
      return {
        isUp: false,
        details: { semantic_search: 'off', ...details, model_in_force: active?.name, how: OTHER_MODEL },
      };
    }
    const failure = this.failure === undefined ? {} : { failure: this.failure };
    return { isUp: this.failure === undefined, details: { semantic_search: 'on', ...details, ...failure } };
  }

  /** Texts that wait for vectors, in all families; counted so seldom that it costs little. */
  private async pending(): Promise<number> {
    if (this.counted && Date.now() < this.counted.until) return this.counted.texts;
    const started = Date.now();
    let texts = 0;
    for (const familyId of await this.families.allIds())
      texts += await this.runner.runAsWorker(familyId, (tx) => this.embeddings.countPending(tx, familyId));
    const took = Date.now() - started;
    this.counted = { texts, until: Date.now() + took / COUNTING_SHARE };
    return texts;
  }
}

async function withinPatience<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`no vector within ${String(QUERY_PATIENCE)} ms`));
  }, QUERY_PATIENCE);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // what comes too late is nobody's business
  }
}
