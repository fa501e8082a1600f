import { Injectable } from '@nestjs/common';
import { type Micros, microsOf, type Transaction } from '../../../platform/database/index.js';
import { ChangeSet } from './change-set.js';
import { memoryDocument } from '../indexing/document.js';
import { DocumentsRepository } from '../indexing/documents.repository.js';
import { IndexingService } from '../indexing/indexing.service.js';
import { sameness, scopesOf, type Draft } from './draft.js';
import type { EffectResponse } from '../dto/memory.response.js';
import { MEMORIES_PER_MEMBER } from '../dto/limits.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import { MemoryError } from '../memory.errors.js';
import type { Memory } from '../memory.entity.js';
import { Session, type Recorded } from './session.js';

interface Recording {
  readonly actorId: string | null;
  readonly isAutomatic: boolean;
  readonly besideId?: string | undefined;
  readonly reason?: string;
}

/**
 * Remembers drafts: compares each with what is known in the scopes it may touch, decides, and writes all changes at
 * once. Others who write about the same wait meanwhile, so no two of them see the same past.
 */
@Injectable()
export class RecorderService {
  constructor(
    private readonly memories: MemoriesRepository,
    private readonly documents: DocumentsRepository,
    private readonly indexing: IndexingService,
  ) {}

  /**
   * @param groups drafts of one text each: the text itself first, then what else was read from it
   * @param actorId null for a background job
   * @param besideId of the memory whose words the drafts were read from, where that is there already
   * @param reason why they are kept, where nothing that is known says more
   * @returns what became of the first draft of each group
   */
  async record(
    tx: Transaction,
    groups: readonly (readonly [Draft, ...Draft[]])[],
    { actorId, isAutomatic, besideId, reason = 'new' }: Recording,
  ): Promise<Recorded[]> {
    const known = await this.load(tx, groups.flat());
    const set = new ChangeSet(actorId, microsOf(new Date()));
    const sittings = await this.documents.newSittings(tx, groups.flat().length);
    const session = new Session(known, set, isAutomatic, sittings, reason);
    // What is said now comes after all that was said before it: those who speak at once come one after the other.
    const now = isAutomatic ? null : afterAll(known);
    const results = groups.map(([first, ...others], order) => {
      const timed = (draft: Draft): Draft => (now === null ? draft : { ...draft, saidAt: now + order * MILLISECOND });
      const recorded = session.record({ draft: timed(first), hash: sameness(first), besideId });
      for (const draft of others)
        session.record({ draft: timed(draft), hash: sameness(draft), besideId: recorded.memoryId });
      return recorded;
    });
    await this.count(tx, session.created);
    await set.apply(tx, this.memories, this.documents);
    await this.indexing.add(
      tx,
      session.created.map((memory) => memoryDocument(set.current(memory))),
    );
    return results;
  }

  /** Notes beside a memory: what it says, and how it stands, stay as they are. @returns no effects */
  async annotate(
    tx: Transaction,
    memory: Memory,
    {
      kind,
      importance,
      confidence,
      tags,
      metadata,
    }: Partial<Pick<Memory, 'kind' | 'importance' | 'confidence' | 'tags' | 'metadata'>>,
    actorId: string,
  ): Promise<readonly EffectResponse[]> {
    const set = new ChangeSet(actorId, microsOf(new Date()));
    const version = set.change(
      memory,
      {
        kind: kind ?? memory.kind,
        importance: importance ?? memory.importance,
        confidence: confidence ?? memory.confidence,
        tags: tags ?? memory.tags,
        metadata: metadata ?? memory.metadata,
      },
      { step: 'changed', reason: 'by_hand', isAutomatic: false },
    );
    await set.apply(tx, this.memories, this.documents);
    await this.documents.weigh(tx, version);
    return [];
  }

  /** Another version of a memory, which meets what is known as a new one would. @returns what became of others */
  async revise(
    tx: Transaction,
    memory: Memory,
    draft: Draft,
    { actorId, isReworded }: { actorId: string; isReworded: boolean },
  ): Promise<readonly EffectResponse[]> {
    const known = (await this.load(tx, [draft])).filter(({ id }) => id !== memory.id);
    const set = new ChangeSet(actorId, microsOf(new Date()));
    const [documentId = memory.documentId] = isReworded ? await this.documents.newSittings(tx, 1) : [];
    const session = new Session(known, set, false, []);
    const { version, effects } = session.revise(memory, draft, documentId);
    await set.apply(tx, this.memories, this.documents);
    if (isReworded) await this.indexing.add(tx, [memoryDocument(version)]);
    return effects;
  }

  /** What is known of the same things, held still until the end of the transaction. */
  private async load(tx: Transaction, drafts: readonly Draft[]): Promise<Memory[]> {
    const claims = drafts.flatMap(({ claim }) => (claim ? [claim] : []));
    const hashes = [...new Set(drafts.map(sameness))];
    const scopes = [...new Set(drafts.flatMap(scopesOf))];
    await this.memories.lock(tx, [
      ...hashes,
      ...drafts.flatMap((draft) =>
        scopesOf(draft).flatMap((scope) =>
          draft.claim ? [`${scope} ${draft.claim.subjectId} ${draft.claim.predicate}`] : [],
        ),
      ),
    ]);
    const same = await this.memories.findSame(tx, scopes, hashes);
    const facts = claims.length === 0 ? [] : await this.memories.findFacts(tx, scopes, claims);
    return [...new Map([...same, ...facts].map((memory) => [memory.id, memory])).values()];
  }

  private async count(tx: Transaction, created: readonly Memory[]): Promise<void> {
    const counts = new Map<string, number>();
    for (const { ownerId } of created) counts.set(ownerId, (counts.get(ownerId) ?? 0) + 1);
    const familyId = created[0]?.familyId ?? '';
    // In one order, so that two batches never wait for each other.
    for (const [ownerId, count] of [...counts].sort(([one], [other]) => (one < other ? -1 : 1))) {
      const total = await this.memories.count(tx, familyId, ownerId, count);
      if (total > MEMORIES_PER_MEMBER) throw new MemoryError('memory_quota_exceeded');
    }
  }
}

const MILLISECOND = 1000;

/** Now, or a millisecond after the last thing known, where clocks or a batch have run ahead. */
function afterAll(known: readonly Memory[]): Micros {
  const said = known.map(({ isSinceStated, validFrom, createdAt }) =>
    isSinceStated ? createdAt : (validFrom ?? createdAt),
  );
  const last = Math.max(...said, 0);
  return Math.max(microsOf(new Date()), (Math.floor(last / MILLISECOND) + 1) * MILLISECOND);
}
