import { Inject, Injectable } from '@nestjs/common';
import { AuditTrail } from '../../../platform/audit/index.js';
import { TransactionRunner } from '../../../platform/database/index.js';
import { FamilyService } from '../../family/index.js';
import { EMBEDDER, embedEach, probe, type Embedder } from '../embedding/index.js';
import { EmbeddingService } from './embedding.service.js';
import { EmbeddingsRepository, type Model } from './embeddings.repository.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import { passageOf, ROUND } from './passages.js';
import { ReembeddingError } from './reembedding.errors.js';

/** Texts whose old vectors are erased at once. */
const ERASED = 2000;

/** What re-embedding tells while it runs. */
export interface Reporter {
  /** Texts that have their vector, of how many. */
  progress(done: number, total: number): void;
  /** From now on the new vectors are searched with. */
  switched(model: string): void;
}

/** How a run is conducted. */
export interface Conduct {
  /** Ends it early; what is done stays. */
  readonly signal?: AbortSignal;
  /** Whether a failure of the provider may lie in a text too: see `embedEach`. */
  readonly isPatient: boolean;
}

export interface Reembedded {
  readonly model: string;
  /** Texts that got a vector in this run. */
  readonly embedded: number;
  /** Texts that the model refused: words alone find them. */
  readonly refused: number;
}

/**
 * Gives all texts vectors of the model that is set, beside those of the model in force, which is searched with
 * meanwhile; then switches. Whatever interrupts it, running it again goes on from there.
 */
@Injectable()
export class ReembeddingService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly families: FamilyService,
    private readonly embedding: EmbeddingService,
    private readonly embeddings: EmbeddingsRepository,
    private readonly memories: MemoriesRepository,
    private readonly trail: AuditTrail,
    @Inject(EMBEDDER) private readonly embedder: Embedder | null,
  ) {}

  /**
   * @throws ReembeddingError
   * @throws EmbeddingError when the provider fails
   */
  async run(reporter: Reporter, how: Conduct = { isPatient: false }): Promise<Reembedded> {
    const { embedder } = this;
    if (!embedder) throw new ReembeddingError('embeddings_off');
    let result: Reembedded | undefined;
    const wasFree = await this.runner.exclusively('memory.reembed', async () => {
      result = await this.work(embedder, reporter, how);
    });
    if (!wasFree || !result) throw new ReembeddingError('reembedding_in_progress');
    return result;
  }

  private async work(embedder: Embedder, reporter: Reporter, how: Conduct): Promise<Reembedded> {
    this.embedding.forget();
    const { mine: model } = await this.embedding.models(embedder);
    // One that does not work must not come into force, also where there is no text that would show it.
    await probe(embedder);
    const run = new Run(model, reporter, how);
    for (const familyId of await this.families.allIds()) run.total += await this.missing(familyId, model);
    run.report();
    await this.fillAll(run, embedder);
    await this.switch(run);
    reporter.switched(model.name);
    // What was written between the last look and the switch.
    await this.fillAll(run, embedder);
    for (const familyId of await this.families.allIds()) await this.eraseOthers(familyId, model);
    return { model: model.name, embedded: run.embedded, refused: run.refused.size };
  }

  private missing(familyId: string, model: Model): Promise<number> {
    return this.runner.runAsWorker(familyId, (tx) => this.embeddings.countMissing(tx, familyId, model.id));
  }

  /** Goes through all families until nothing new has come meanwhile. */
  private async fillAll(run: Run, embedder: Embedder): Promise<void> {
    let before: number;
    do {
      before = run.embedded;
      for (const familyId of await this.families.allIds()) await this.fill(run, familyId, embedder);
    } while (run.embedded > before);
  }

  private async fill(run: Run, familyId: string, embedder: Embedder): Promise<void> {
    let after: number | null = null;
    for (;;) {
      run.how.signal?.throwIfAborted();
      const texts = await this.runner.runAsWorker(familyId, (tx) =>
        this.embeddings.missing(tx, familyId, run.model.id, after, ROUND),
      );
      after = texts.at(-1)?.documentId ?? after;
      const wanted = texts.filter(({ documentId }) => !run.refused.has(documentId));
      if (wanted.length > 0) {
        const vectors = await embedEach(embedder, wanted.map(passageOf), run.how);
        const found = wanted.flatMap(({ documentId }, index) => {
          const vector = vectors[index] ?? null;
          if (vector === null) run.refused.add(documentId);
          return vector === null ? [] : [{ documentId, vector }];
        });
        await this.keep(run, familyId, found);
        run.embedded += found.length;
        run.report();
      }
      if (texts.length < ROUND) return;
    }
  }

  private keep(
    { model, refused }: Run,
    familyId: string,
    found: readonly { readonly documentId: number; readonly vector: Float32Array }[],
  ): Promise<void> {
    return this.runner.runAsWorker(familyId, async (tx) => {
      const isActive = await this.embeddings.isActive(tx, model.id);
      const saved = await this.embeddings.save(tx, model.id, found);
      // Of a model that is not in force a vector changes nothing yet, so nothing that is cached is out of date.
      if (!isActive) return;
      await this.embeddings.settle(tx, [...saved, ...refused]);
      await this.memories.changed(tx, familyId);
    });
  }

  /** In one transaction for all families: no text is without a vector and at the same time not known to be. */
  private async switch({ model, refused }: Run): Promise<void> {
    const familyIds = await this.families.allIds();
    await this.runner.runAsWorker(null, async (tx) => {
      await this.embeddings.activate(tx, model.id);
      await this.trail.record(tx, { action: 'embedding.switch', outcome: 'success', details: { model: model.name } });
      for (const familyId of familyIds) {
        await this.runner.actInFamily(tx, familyId);
        await this.embeddings.align(tx, familyId, model.id, [...refused]);
      }
    });
    this.embedding.forget();
  }

  private async eraseOthers(familyId: string, model: Model): Promise<void> {
    let after: number | null = null;
    do {
      const place: number | null = after;
      after = await this.runner.runAsWorker(familyId, async (tx) => {
        const last = await this.embeddings.keepOnly(tx, familyId, model.id, place, ERASED);
        await this.memories.changed(tx, familyId);
        return last;
      });
    } while (after !== null);
  }
}

/** How far a run has come. */
class Run {
  total = 0;
  embedded = 0;
  readonly refused = new Set<number>();

  constructor(
    readonly model: Model,
    private readonly reporter: Reporter,
    readonly how: Conduct,
  ) {}

  report(): void {
    const done = this.embedded + this.refused.size;
    // More may come while it runs.
    this.reporter.progress(done, Math.max(done, this.total));
  }
}
