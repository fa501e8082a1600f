import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type Transaction, TransactionRunner } from '../../../platform/database/index.js';
import { HealthRegistry, type Finding } from '../../../platform/health/index.js';
import { Metrics, type CacheCounters } from '../../../platform/observability/index.js';
import { FamilyService } from '../../family/index.js';
import { MemoryMetrics } from '../cache/memory-metrics.service.js';
import { EMBEDDER, EmbeddingError, probe, SEMANTIC_SEARCH_OFF, type Embedder } from '../embedding/index.js';
import { EarlierModel } from './earlier-model.service.js';
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

/** What is said while another model is in force than the one that is set. */
export const OTHER_MODEL =
  'the memories have vectors of another model than the one that is set; they get new ones, and those are searched with when all are there. Until then searches go by the earlier model where it is still at hand, else by words alone';
/** What is said of a first model that has not shown yet that it works. */
export const NOT_TRIED = 'semantic search is off until the model has answered for the first time';

/** A query's vector that is computed while other things are done. */
export interface VectorInWork {
  /** Waits for what must not be waited for in a transaction. */
  readonly ready: () => Promise<void>;
  /** As `query` gives it. */
  readonly vector: () => ReturnType<EmbeddingService['query']>;
}

/** The model that is set, and the one that is searched with. */
export interface Models {
  readonly mine: Model;
  readonly active: Model | undefined;
}

/** Vectors of queries, and which model is searched with. */
@Injectable()
export class EmbeddingService implements OnModuleInit {
  private readonly logger = new Logger('Embeddings');
  private known: { readonly models: Promise<Models>; readonly until: number } | undefined;
  private pausedUntil = 0;
  private counted: { readonly texts: number; readonly until: number } | undefined;
  private hasWarned = false;
  /** Why the last texts got no vectors; undefined when they did. */
  failure: string | undefined;
  /** Texts that have their vector of a new model, of how many; undefined when nothing is filled by this process. */
  progress: { readonly done: number; readonly total: number } | undefined;
  private readonly queries = new LRUCache<string, Promise<Float32Array>>({ max: QUERIES });
  private readonly counters: CacheCounters;

  constructor(
    private readonly runner: TransactionRunner,
    private readonly health: HealthRegistry,
    private readonly families: FamilyService,
    private readonly embeddings: EmbeddingsRepository,
    @Inject(EMBEDDER) private readonly embedder: Embedder | null,
    private readonly earlier: EarlierModel,
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
      return (await this.searcher(this.embedder))?.modelId;
    } catch {
      return undefined; // `query` tells of it
    }
  }

  /**
   * The vector of a query and the model it is of; undefined where there is none or it cannot be had now. Vectors of two
   * models cannot be compared, so it is of the model in force, also while another one is set.
   */
  async query(text: string): Promise<{ readonly modelId: number; readonly vector: Float32Array } | undefined> {
    if (!this.embedder || Date.now() < this.pausedUntil) return undefined;
    try {
      const searcher = await this.searcher(this.embedder);
      if (!searcher) return undefined;
      const { modelId, embedder } = searcher;
      return { modelId, vector: await withinPatience(this.vectorOf(text, embedder)) };
    } catch (error) {
      // The earlier model has just given way.
      if (error instanceof EmbeddingError && error.code === 'embedder_closed') return undefined;
      this.pausedUntil = Date.now() + QUERY_PAUSE;
      this.logger.warn({ reason: String(error) }, 'a query got no vector; searches go by words alone for a while');
      return undefined;
    }
  }

  /** The embedder of the model in force. */
  private async searcher(set: Embedder): Promise<{ modelId: number; embedder: Embedder } | undefined> {
    const { mine, active } = await this.models(set);
    if (!active) return undefined;
    const embedder = active.id === mine.id ? set : await this.earlier.embedder(active);
    return embedder ? { modelId: active.id, embedder } : undefined;
  }

  /**
   * `query` for somebody who has other things to do meanwhile: a vector that is computed here is begun at once, also for
   * an answer that a cache turns out to have; one that comes from elsewhere is asked for and waited for by `ready`, so that
   * no connection waits for another server.
   */
  begin(text: string): VectorInWork {
    const isLocal = this.embedder?.isLocal === true;
    let vector: ReturnType<EmbeddingService['query']> = isLocal ? this.query(text) : Promise.resolve(undefined);
    return {
      ready: async () => {
        if (!isLocal) await (vector = this.query(text));
      },
      vector: () => vector,
    };
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

  /** The model that is set, and the one that is searched with. Read again now and then. */
  models(embedder: Embedder): Promise<Models> {
    if (this.known && Date.now() < this.known.until) return this.known.models;
    const models = this.runner.runAsIdentity(async (tx) => this.registered(tx, embedder));
    this.known = { models, until: Date.now() + MODEL_AGE };
    models.catch(() => {
      this.known = undefined;
    });
    return models;
  }

  /**
   * The model that is set, and whether texts get vectors of it at once. The first one ever does, as soon as it has shown
   * that it works: one that was mistyped must not be what later ones are measured by.
   * @throws EmbeddingError
   */
  async modelToFill(embedder: Embedder): Promise<Model> {
    const { mine, active } = await this.models(embedder);
    if (active) return mine;
    try {
      await probe(embedder);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      throw error;
    }
    await this.runner.runAsIdentity((tx) => this.embeddings.activateFirst(tx, mine.id));
    this.forget();
    return (await this.models(embedder)).mine;
  }

  /** Forgets what was known of the model in force. */
  forget(): void {
    this.known = undefined;
    this.counted = undefined;
  }

  private async registered(tx: Transaction, { model: { id, dimensions } }: Embedder): Promise<Models> {
    const mine = (await this.embeddings.byName(tx, id)) ?? (await this.embeddings.register(tx, id, dimensions));
    const active = mine.isActive ? mine : await this.embeddings.active(tx);
    const isOther = active !== undefined && active.id !== mine.id;
    if (isOther && !this.hasWarned) this.logger.warn({ model: id, model_in_force: active.name }, OTHER_MODEL);
    this.hasWarned = isOther;
    if (mine.isActive) void this.earlier.close();
    return { mine, active };
  }

  private async check(): Promise<Finding> {
    const { embedder, failure, progress } = this;
    const extension = await this.runner.runAsIdentity((tx) => this.embeddings.extension(tx));
    if (!embedder) return { isUp: true, details: { extension, semantic_search: 'off', how: SEMANTIC_SEARCH_OFF } };
    const { mine, active } = await this.models(embedder);
    const { id: model, dimensions } = embedder.model;
    const isOn = (await this.searcher(embedder)) !== undefined;
    const details = {
      semantic_search: isOn ? 'on' : 'off',
      extension,
      model,
      dimensions,
      pending_texts: await this.pending(),
      ...(failure === undefined ? {} : { failure }),
    };
    if (!active) return { isUp: failure === undefined, details: { ...details, how: NOT_TRIED } };
    if (active.id === mine.id) return { isUp: failure === undefined, details };
    const filled = progress && { embedded_texts: progress.done, texts: progress.total };
    const other = { ...details, model_in_force: active.name, ...filled, how: OTHER_MODEL };
    return { isUp: isOn && failure === undefined, details: other };
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
