import { MemoryMetrics } from '../cache/memory-metrics.service.js';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { JobsConfig } from '../../../platform/config/index.js';
import { TransactionRunner } from '../../../platform/database/index.js';
import { defineSchedule, JobQueue, JobRegistry, type BatchContext, type Job } from '../../../platform/jobs/index.js';
import { FamilyService } from '../../family/index.js';
import { EMBEDDER, embedEach, type Embedder } from '../embedding/index.js';
import { EmbeddingService } from './embedding.service.js';
import { EmbeddingsRepository, type Model } from './embeddings.repository.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import { EMBED, EMBED_WAITING } from '../memory.jobs.js';
import { passageOf, ROUND } from './passages.js';

/** Rounds of one job; then other families have their turn. */
const ROUNDS = 16;
/** Attempts after which a failure is looked for in the texts too. */
const PATIENT_FROM = 4;

/** Gives texts their vectors, after they were acknowledged. A provider that is away delays them and loses none. */
@Injectable()
export class EmbeddingJobsService implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('Embeddings');

  constructor(
    private readonly runner: TransactionRunner,
    private readonly config: JobsConfig,
    private readonly registry: JobRegistry,
    private readonly jobs: JobQueue,
    private readonly families: FamilyService,
    private readonly embedding: EmbeddingService,
    private readonly embeddings: EmbeddingsRepository,
    private readonly memories: MemoriesRepository,
    private readonly measures: MemoryMetrics,
    @Inject(EMBEDDER) private readonly embedder: Embedder | null,
  ) {}

  onModuleInit(): void {
    this.registry.register(EMBED, (jobs, context) => this.work(jobs, context));
    this.registry.register(EMBED_WAITING, (_jobs, { signal }) => this.embedWaiting(signal));
    this.registry.registerSchedule(
      defineSchedule({
        id: 'memory.embed_waiting',
        cron: '*/10 * * * *',
        execute: ({ signal }) => this.embedWaiting(signal),
      }),
    );
  }

  /** What was written while semantic search was off, or by a server that is gone, is embedded from now on. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.embedder || !this.config.enabled) return;
    await this.runner.runAsIdentity((tx) => this.jobs.enqueue(tx, EMBED_WAITING, {}, { key: 'all' }));
  }

  private async embedWaiting(signal: AbortSignal): Promise<void> {
    if (!this.embedder) return;
    this.embedding.forget();
    if (!(await this.embedding.modelToFill(this.embedder)).isActive) return;
    for (const familyId of await this.families.allIds()) {
      signal.throwIfAborted();
      await this.runner.runAsWorker(familyId, async (tx) => {
        const [text] = await this.embeddings.pending(tx, familyId, 1);
        if (text) await this.jobs.enqueue(tx, EMBED, { family_id: familyId }, { key: familyId });
      });
    }
  }

  private async work(jobs: readonly Job<{ family_id: string }>[], { signal }: BatchContext): Promise<void> {
    const { embedder } = this;
    if (!embedder) return;
    const model = await this.embedding.modelToFill(embedder);
    for (const { payload, attempt } of jobs) {
      for (let round = 1; ; round += 1) {
        const isLast = round === ROUNDS;
        if (!(await this.round(payload.family_id, model, embedder, { isLast, attempt }))) break;
        signal.throwIfAborted();
        if (isLast) break;
      }
    }
  }

  /** @returns whether there may be more to do */
  private async round(
    familyId: string,
    model: Model,
    embedder: Embedder,
    { isLast, attempt }: { isLast: boolean; attempt: number },
  ): Promise<boolean> {
    // Another model may be searched with: `reembed` fills this one and switches.
    const texts = await this.runner.runAsWorker(familyId, async (tx) =>
      (await this.embeddings.isActive(tx, model.id)) ? this.embeddings.pending(tx, familyId, ROUND) : [],
    );
    if (texts.length === 0) return false;
    const vectors = await this.vectors(embedder, texts.map(passageOf), attempt);
    const hasMore = texts.length === ROUND;
    const found = texts.flatMap(({ documentId }, index) => {
      const vector = vectors[index] ?? null;
      return vector === null ? [] : [{ documentId, vector }];
    });
    const refused = texts.filter((_, index) => (vectors[index] ?? null) === null).map(({ documentId }) => documentId);
    if (refused.length > 0)
      this.logger.warn({ family_id: familyId, documents: refused }, 'texts were refused; words alone find them');
    return this.runner.runAsWorker(familyId, async (tx) => {
      if (!(await this.embeddings.isActive(tx, model.id))) return false;
      await this.embeddings.settle(tx, [...(await this.embeddings.save(tx, model.id, found)), ...refused]);
      if (isLast && hasMore) await this.jobs.enqueue(tx, EMBED, { family_id: familyId }, { key: familyId });
      await this.memories.changed(tx, familyId);
      return hasMore;
    });
  }

  private async vectors(
    embedder: Embedder,
    passages: readonly string[],
    attempt: number,
  ): Promise<(Float32Array | null)[]> {
    try {
      const vectors = await this.measures.time('embedding', 'passages', () =>
        embedEach(embedder, passages, { isPatient: attempt >= PATIENT_FROM }),
      );
      this.embedding.failure = undefined;
      return vectors;
    } catch (error) {
      this.embedding.failure = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }
}
