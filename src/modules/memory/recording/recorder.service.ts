import { Injectable } from '@nestjs/common';
import { type Micros, microsOf, type Transaction } from '../../../platform/database/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import { JobQueue } from '../../../platform/jobs/index.js';
import { ChangeSet } from './change-set.js';
import { DocumentsRepository, type Document } from '../indexing/documents.repository.js';
import { isParaphrase, sameness, type Claim, type Draft } from './draft.js';
import type { EffectResponse } from '../dto/memory.response.js';
import { MEMORIES_PER_MEMBER } from '../dto/limits.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import { MemoryError } from '../memory.errors.js';
import type { Memory } from '../memory.entity.js';
import { EMBED } from '../memory.jobs.js';
import { EFFECT_OF, resolveClaim, type Ruling } from './ruling.js';
import { hasQuestion, saysNumber, saysTime } from '../search/ranking/index.js';

/** What became of a draft. */
export interface Recorded {
  /** The memory that holds it now: a new one, or the one that said so already. */
  readonly memoryId: string;
  readonly effects: readonly EffectResponse[];
}

interface Recording {
  readonly actorId: string | null;
  readonly isAutomatic: boolean;
  readonly besideId?: string | undefined;
  readonly reason?: string;
}

interface Item {
  readonly draft: Draft;
  readonly hash: string;
  /** Drafts read from the same words belong to the one before them. */
  readonly besideId?: string | undefined;
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
    private readonly jobs: JobQueue,
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
    await this.index(tx, session.created);
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
    if (isReworded) await this.index(tx, [version]);
    return effects;
  }

  /** Makes new texts findable: by their words at once, by their meaning soon. */
  async index(tx: Transaction, memories: readonly Memory[]): Promise<void> {
    await this.documents.insert(tx, memories.map(toDocument));
    const [first] = memories;
    if (first) await this.jobs.enqueue(tx, EMBED, { family_id: first.familyId }, { key: first.familyId });
  }

  /** What is known of the same things, held still until the end of the transaction. */
  async load(tx: Transaction, drafts: readonly Draft[]): Promise<Memory[]> {
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

/** Where a draft may change something: in its own scope, and in what its owner alone knows. Nobody else learns of it there. */
const scopesOf = ({ scopeId, ownerId, authorId }: Draft): string[] =>
  scopeId !== ownerId && ownerId === authorId ? [scopeId, ownerId] : [scopeId];

/** One run over drafts, in their order: each one meets what those before it left. */
class Session {
  readonly created: Memory[] = [];
  private readonly known: Map<string, Memory>;

  constructor(
    known: readonly Memory[],
    private readonly set: ChangeSet,
    private readonly isAutomatic: boolean,
    /** Numbers for new documents. */
    private readonly sittings: number[],
    /** Of what is new. */
    private readonly reason = 'new',
  ) {
    this.known = new Map(known.map((memory) => [memory.id, memory]));
  }

  record(item: Item): Recorded {
    const { draft, hash } = item;
    const here = this.at(draft.scopeId);
    const same = here.find((memory) => memory.contentHash === hash && isHeld(memory));
    if (draft.claim === null) return same ? this.confirm(same, item) : this.keep(item, null);
    const claim = draft.claim;
    const rivals = here.filter((memory) => isAbout(memory, claim));
    const ruling = resolveClaim(draft, claim, rivals);
    if (ruling.insert === null && ruling.confirmed !== undefined)
      return this.repeat(item, claim, ruling, ruling.confirmed);
    if (ruling.insert === null && same) return this.confirm(same, item);
    const recorded = this.keep(item, ruling);
    const effects = this.apply(ruling, recorded.memoryId, draft.saidAt);
    return { ...recorded, effects: [...effects, ...this.closeOwn(draft, claim, recorded.memoryId)] };
  }

  /** The same claim in other words: they are kept where they tell more, and not where they do not. */
  private repeat(item: Item, claim: Claim, ruling: Ruling, confirmedId: string): Recorded {
    const { draft } = item;
    const confirmed = this.known.get(confirmedId);
    const isNothingNew =
      draft.isDerived || (confirmed !== undefined && isParaphrase(draft.content, confirmed.content, claim));
    if (isNothingNew) {
      const effects = this.apply(ruling, confirmedId, draft.saidAt, draft.sourceTurnIds);
      return { memoryId: confirmedId, effects };
    }
    const same = this.at(draft.scopeId).find((memory) => memory.contentHash === item.hash && isHeld(memory));
    if (same) return this.confirm(same, item);
    const recorded = this.keep({ ...item, draft: { ...draft, claim: null } }, null);
    return { ...recorded, effects: this.apply(ruling, recorded.memoryId, draft.saidAt) };
  }

  /** What the owner alone knew gives way to what they say to others; nobody else can see that. */
  private closeOwn(draft: Draft, claim: Claim, causeId: string): EffectResponse[] {
    if (scopesOf(draft).length === 1) return [];
    const own = this.at(draft.ownerId).filter((memory) => isAbout(memory, claim));
    const ruling = resolveClaim(draft, claim, own);
    const changes = ruling.changes.filter(({ kind }) => kind === 'close' || kind === 'retract');
    return this.apply({ ...ruling, changes }, causeId, draft.saidAt);
  }

  private apply(ruling: Ruling, causeId: string, saidAt: Micros, sources: readonly string[] = []): EffectResponse[] {
    return ruling.changes.flatMap((change) => {
      const memory = this.known.get(change.id);
      if (!memory) return [];
      const { step, changes } = change.apply(memory, causeId, saidAt);
      const sourced =
        step === 'confirmed' && sources.length > 0
          ? { sourceTurnIds: [...new Set([...memory.sourceTurnIds, ...sources])].slice(-50) }
          : {};
      this.known.set(
        memory.id,
        this.set.change(
          memory,
          { ...changes, ...sourced },
          { step, reason: ruling.reason, isAutomatic: true, causeId },
        ),
      );
      return [{ memory_id: memory.id, effect: EFFECT_OF[change.kind], reason: ruling.reason }];
    });
  }

  private confirm(memory: Memory, { draft }: Item): Recorded {
    const changed = this.set.change(
      memory,
      {
        evidenceCount: memory.evidenceCount + 1,
        sourceTurnIds: [...new Set([...memory.sourceTurnIds, ...draft.sourceTurnIds])].slice(-50),
      },
      { step: 'confirmed', reason: 'said_again', isAutomatic: this.isAutomatic, causeId: memory.id },
    );
    this.known.set(memory.id, changed);
    return { memoryId: memory.id, effects: [{ memory_id: memory.id, effect: 'confirmed', reason: 'said_again' }] };
  }

  private keep({ draft, hash, besideId }: Item, ruling: Ruling | null): Recorded {
    const { claim } = draft;
    const insert = ruling?.insert ?? null;
    // A statement that something ended is kept as it was said; it holds no value itself.
    const holds = claim !== null && claim.polarity === 'asserts' && insert !== null;
    const validFrom = draft.validFrom ?? insert?.validFrom ?? draft.saidAt;
    const validTo = draft.validTo ?? insert?.validTo ?? null;
    const memory = this.set.create(
      {
        id: uuidv7(),
        documentId: this.sittings.pop() ?? 0,
        familyId: draft.familyId,
        scopeId: draft.scopeId,
        ownerId: draft.ownerId,
        authorId: draft.authorId,
        subjectId: draft.subjectId,
        kind: draft.kind,
        content: draft.content,
        language: draft.language,
        predicate: holds ? claim.predicate : null,
        object: holds ? claim.object : null,
        objectKey: holds ? claim.objectKey : null,
        cardinality: holds ? claim.cardinality : null,
        authority: draft.authority,
        importance: draft.importance,
        confidence: draft.confidence,
        evidenceCount: insert?.evidenceCount ?? 1,
        status: insert?.status ?? 'live',
        validFrom: validTo !== null && validFrom >= validTo ? null : validFrom,
        validTo,
        isSinceStated: (draft.validFrom ?? insert?.validFrom ?? claim?.validFrom ?? null) !== null,
        supersededBy: null,
        sourceTurnIds: draft.sourceTurnIds,
        contentHash: hash,
        tags: draft.tags,
        metadata: draft.metadata,
      },
      besideId === undefined && !this.isAutomatic
        ? { step: 'created', reason: ruling?.reason ?? 'new', isAutomatic: this.isAutomatic }
        : {
            step: 'extracted',
            reason: this.reason === 'new' ? (ruling?.reason ?? 'new') : this.reason,
            isAutomatic: true,
            causeId: besideId,
          },
    );
    this.known.set(memory.id, memory);
    this.created.push(memory);
    return { memoryId: memory.id, effects: [] };
  }

  /** What a draft says instead of what the memory said. */
  revise(memory: Memory, draft: Draft, documentId: number): { version: Memory; effects: readonly EffectResponse[] } {
    const { claim } = draft;
    const ruling = claim
      ? resolveClaim(
          draft,
          claim,
          this.at(memory.scopeId).filter((other) => isAbout(other, claim)),
        )
      : null;
    const effects = ruling ? this.apply(withoutConfirming(ruling), memory.id, draft.saidAt) : [];
    const holds = claim !== null && claim.polarity === 'asserts';
    const validFrom = draft.validFrom ?? ruling?.insert?.validFrom ?? memory.validFrom;
    const validTo = draft.validTo ?? ruling?.insert?.validTo ?? null;
    const version = this.set.change(
      memory,
      {
        documentId,
        subjectId: draft.subjectId,
        kind: draft.kind,
        content: draft.content,
        language: draft.language,
        predicate: holds ? claim.predicate : null,
        object: holds ? claim.object : null,
        objectKey: holds ? claim.objectKey : null,
        cardinality: holds ? claim.cardinality : null,
        authority: draft.authority,
        importance: draft.importance,
        confidence: draft.confidence,
        status: ruling?.insert?.status ?? (memory.status === 'retracted' ? 'live' : memory.status),
        validFrom: validTo !== null && validFrom !== null && validFrom >= validTo ? null : validFrom,
        validTo,
        isSinceStated: memory.isSinceStated || draft.validFrom !== null,
        contentHash: sameness(draft),
        tags: draft.tags,
        metadata: draft.metadata,
      },
      { step: 'changed', reason: 'by_hand', isAutomatic: false },
    );
    return { version, effects };
  }

  private at(scopeId: string): Memory[] {
    return [...this.known.values()].filter((memory) => memory.scopeId === scopeId);
  }
}

/** A memory that is reworded is no more evidence for another one. */
const withoutConfirming = (ruling: Ruling): Ruling => ({
  ...ruling,
  changes: ruling.changes.filter(({ kind }) => kind !== 'confirm'),
});

const isHeld = ({ status }: Memory): boolean => status === 'live' || status === 'contested';

const isAbout = (memory: Memory, { subjectId, predicate }: Claim): boolean =>
  memory.subjectId === subjectId && memory.predicate === predicate && isHeld(memory);

export const toDocument = (memory: Memory): Document => ({
  id: memory.documentId,
  familyId: memory.familyId,
  scopeId: memory.scopeId,
  type: 'memory',
  isLive: true,
  itemId: memory.id,
  conversationId: null,
  personId: memory.subjectId,
  speaker: null,
  language: memory.language,
  content: memory.content,
  hasQuestion: hasQuestion(memory.content),
  afterQuestion: false,
  saysTime: saysTime(memory.content),
  saysNumber: saysNumber(memory.content),
  importance: memory.importance,
  confidence: memory.confidence,
  occurredAt: memory.validFrom ?? memory.createdAt,
});
