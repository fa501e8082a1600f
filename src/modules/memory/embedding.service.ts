import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { TransactionRunner } from '../../platform/database/index.js';
import { JobRegistry, type BatchContext, type Job } from '../../platform/jobs/index.js';
import { Metrics, type CacheCounters } from '../../platform/observability/index.js';
import { MemoryMetrics } from './cache/memory-metrics.service.js';
import { EMBEDDER, type Embedder } from './embedding/index.js';
import { EmbeddingsRepository, type Model, type PendingText } from './embeddings.repository.js';
import { MemoriesRepository } from './memories.repository.js';
import { EMBED } from './memory.jobs.js';

/** Texts of one round: small enough that a query overtakes them soon, large enough that transactions are few. */
const ROUND = 64;
/** Vectors of queries that are kept in the process: a few megabytes. They depend on nothing but the words. */
const QUERIES = 2000;

/** Gives texts their vectors, after they were acknowledged. A provider that is away delays them and loses none. */
@Injectable()
export class EmbeddingService implements OnModuleInit {
  private readonly logger = new Logger(EmbeddingService.name);
  private model: Promise<Model> | undefined;
  private readonly queries = new LRUCache<string, Promise<Float32Array>>({ max: QUERIES });
  private readonly counters: CacheCounters;

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: JobRegistry,
    private readonly embeddings: EmbeddingsRepository,
    private readonly memories: MemoriesRepository,
    @Inject(EMBEDDER) private readonly embedder: Embedder | null,
    private readonly measures: MemoryMetrics,
    metrics: Metrics,
  ) {
    this.counters = metrics.cache('query_embedding');
  }

  onModuleInit(): void {
    this.registry.register(EMBED, (jobs, context) => this.work(jobs, context));
  }

  /** The number of the model that queries get a vector of; undefined where there is none. */
  async searchModel(): Promise<number | undefined> {
    if (!this.embedder) return undefined;
    try {
      const { id, isActive } = await this.registered();
      return isActive ? id : undefined;
    } catch {
      return undefined; // `query` tells of it
    }
  }

  /** The vector of a query and the model it is of; undefined where there is none or it cannot be had now. */
  async query(text: string): Promise<{ readonly modelId: number; readonly vector: Float32Array } | undefined> {
    if (!this.embedder) return undefined;
    try {
      const { id, isActive } = await this.registered();
      return isActive ? { modelId: id, vector: await this.vectorOf(text, this.embedder) } : undefined;
    } catch (error) {
      this.logger.warn({ reason: String(error) }, 'a query got no vector; it is searched for by its words alone');
      return undefined;
    }
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

  private async work(jobs: readonly Job<{ family_id: string }>[], { signal }: BatchContext): Promise<void> {
    if (!this.embedder) return;
    const model = await this.registered();
    // Another model is searched with: `reembed` fills this one and switches.
    if (!model.isActive) return;
    for (const { payload } of jobs) {
      while (!signal.aborted && (await this.round(payload.family_id, model, this.embedder)));
      signal.throwIfAborted();
    }
  }

  private async round(familyId: string, model: Model, embedder: Embedder): Promise<boolean> {
    const texts = await this.runner.runAsWorker(familyId, (tx) => this.embeddings.pending(tx, familyId, ROUND));
    if (texts.length === 0) return false;
    const vectors = await this.measures.time('embedding', 'passages', () =>
      embedder.embedPassages(texts.map(passageOf)),
    );
    await this.runner.runAsWorker(familyId, async (tx) => {
      const found = texts.map(({ documentId }, index) => ({
        documentId,
        vector: vectors[index] ?? new Float32Array(),
      }));
      await this.embeddings.save(tx, model.id, found, { done: true });
      await this.memories.changed(tx, familyId);
    });
    return texts.length === ROUND;
  }

  /** Asked again until it is known, and after a switch. */
  private async registered(): Promise<Model> {
    const { embedder } = this;
    if (!embedder) throw new Error('there is no embedder');
    this.model ??= this.runner.runAsIdentity((tx) =>
      this.embeddings.register(tx, embedder.model.id, embedder.model.dimensions),
    );
    try {
      const model = await this.model;
      if (!model.isActive) this.model = undefined;
      return model;
    } catch (error) {
      this.model = undefined;
      throw error;
    }
  }
}

/** A turn is understood together with what was said before it, and by whom: see `search/ranking`. */
export function passageOf({ content, speaker, before, speakerBefore }: PendingText): string {
  const said = (name: string | null, text: string): string => (name === null ? text : `${name}: ${text}`);
  return before === null ? said(speaker, content) : `${said(speakerBefore, before)}\n${said(speaker, content)}`;
}
