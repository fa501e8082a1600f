import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { JobsConfig } from '../../../platform/config/index.js';
import { TransactionRunner } from '../../../platform/database/index.js';
import { JobQueue, JobRegistry, Postponed, type BatchContext, type Job } from '../../../platform/jobs/index.js';
import { EMBEDDER, type Embedder } from '../embedding/index.js';
import { REEMBED } from '../memory.jobs.js';
import { EmbeddingService } from './embedding.service.js';
import { ReembeddingError } from './reembedding.errors.js';
import { ReembeddingService, type Reporter } from './reembedding.service.js';

/** Pause before another look, in milliseconds, where somebody else is at it. */
const PAUSE = 30_000;
/** Days after which nobody is expected any more who has that model set. */
const DAYS = 7;
/** Attempts after which a failure is looked for in the texts too. */
const PATIENT_FROM = 4;

/**
 * Who sets another model restarts the server, and that is all: the texts get vectors of it, while searches go by the
 * earlier ones, then by the new ones. Asked for at the start only, so that two servers with different settings do not
 * take turns for ever.
 */
@Injectable()
export class ReembeddingJobsService implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('Embeddings');

  constructor(
    private readonly runner: TransactionRunner,
    private readonly config: JobsConfig,
    private readonly registry: JobRegistry,
    private readonly jobs: JobQueue,
    private readonly embedding: EmbeddingService,
    private readonly reembedding: ReembeddingService,
    @Inject(EMBEDDER) private readonly embedder: Embedder | null,
  ) {}

  onModuleInit(): void {
    this.registry.register(REEMBED, async ([job], context) => {
      if (job) await this.work(job, context);
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    const { embedder } = this;
    if (!embedder || !this.config.enabled) return;
    const { mine, active } = await this.embedding.models(embedder);
    if (!active || active.id === mine.id) return;
    const expiresAt = new Date(Date.now() + DAYS * 86_400_000);
    await this.runner.runAsIdentity((tx) =>
      this.jobs.enqueue(tx, REEMBED, { model: mine.name }, { key: mine.name, expiresAt }),
    );
  }

  private async work({ payload, attempt }: Job<{ model: string }>, { signal }: BatchContext): Promise<void> {
    // Another server has that model set.
    if (this.embedder?.model.id !== payload.model) throw new Postponed(PAUSE);
    try {
      const { model, embedded, refused } = await this.reembedding.run(this.reporter(), {
        signal,
        isPatient: attempt >= PATIENT_FROM,
      });
      this.logger.log({ model, embedded, refused }, 'all texts have vectors of the model that is set');
      this.embedding.failure = undefined;
    } catch (error) {
      if (error instanceof ReembeddingError && error.code === 'reembedding_in_progress') throw new Postponed(PAUSE);
      signal.throwIfAborted();
      this.embedding.failure = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      this.embedding.progress = undefined;
    }
  }

  private reporter(): Reporter {
    return {
      progress: (done, total) => {
        this.embedding.progress = { done, total };
      },
      switched: (model) => {
        this.logger.log({ model }, 'searches go by this model from now on');
      },
    };
  }
}
