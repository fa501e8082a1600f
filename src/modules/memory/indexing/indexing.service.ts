import { Inject, Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/index.js';
import { JobQueue } from '../../../platform/jobs/index.js';
import { EMBEDDER, type Embedder } from '../embedding/index.js';
import { EMBED } from '../memory.jobs.js';
import type { Document } from './document.js';
import { DocumentsRepository } from './documents.repository.js';

/** Makes texts findable: by their words at once, by their meaning soon. */
@Injectable()
export class IndexingService {
  constructor(
    private readonly documents: DocumentsRepository,
    private readonly jobs: JobQueue,
    @Inject(EMBEDDER) private readonly embedder: Embedder | null,
  ) {}

  /**
   * Indexes new texts of one family. Where there is no embedder nothing is queued: the job's key holds back the family's
   * other writers until this transaction ends, and whatever waits is looked for when an embedder is there.
   */
  async add(tx: Transaction, documents: readonly Document[]): Promise<void> {
    await this.documents.insert(tx, documents);
    const [first] = documents;
    if (first && this.embedder)
      await this.jobs.enqueue(tx, EMBED, { family_id: first.familyId }, { key: first.familyId });
  }
}
