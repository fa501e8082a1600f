import type { Micros } from '../../../platform/database/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import type { EffectResponse } from '../dto/memory.response.js';
import type { Memory } from '../memory.entity.js';
import type { ChangeSet } from './change-set.js';
import { isParaphrase, sameness, scopesOf, type Claim, type Draft } from './draft.js';
import { EFFECT_OF, resolveClaim, type Ruling } from './ruling.js';

/** What became of a draft. */
export interface Recorded {
  /** The memory that holds it now: a new one, or the one that said so already. */
  readonly memoryId: string;
  readonly effects: readonly EffectResponse[];
}

interface Item {
  readonly draft: Draft;
  readonly hash: string;
  /** Drafts read from the same words belong to the one before them. */
  readonly besideId?: string | undefined;
}

/** One run over drafts, in their order: each one meets what those before it left. */
export class Session {
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
    const own = this.at(draft.ownerId).filter((memory) => isAbout(memory, claim) && isHeld(memory));
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
    const validTo = earlier(draft.validTo, insert?.validTo ?? null);
    const memory = this.set.create(
      {
        id: uuidv7(),
        documentId: this.sittings.pop() ?? 0,
        familyId: draft.familyId,
        scopeId: draft.scopeId,
        ownerId: draft.ownerId,
        authorId: draft.authorId,
        ...wordingOf(draft, holds ? claim : null, hash),
        evidenceCount: insert?.evidenceCount ?? 1,
        status: insert?.status ?? 'live',
        validFrom: validTo !== null && validFrom >= validTo ? null : validFrom,
        validTo,
        isSinceStated: (draft.validFrom ?? insert?.validFrom ?? claim?.validFrom ?? null) !== null,
        supersededBy: null,
        sourceTurnIds: draft.sourceTurnIds,
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
    const validTo = earlier(draft.validTo, ruling?.insert?.validTo ?? null);
    const version = this.set.change(
      memory,
      {
        documentId,
        ...wordingOf(draft, holds ? claim : null, sameness(draft)),
        status: ruling?.insert?.status ?? (memory.status === 'retracted' ? 'live' : memory.status),
        validFrom: validTo !== null && validFrom !== null && validFrom >= validTo ? null : validFrom,
        validTo,
        isSinceStated: memory.isSinceStated || draft.validFrom !== null,
      },
      { step: 'changed', reason: 'by_hand', isAutomatic: false },
    );
    return { version, effects };
  }

  private at(scopeId: string): Memory[] {
    return [...this.known.values()].filter((memory) => memory.scopeId === scopeId);
  }
}

/** The end of what ends; null is never. */
const earlier = (one: Micros | null, other: Micros | null): Micros | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

/** What a draft says, and the value that it holds; none where it only says that something ended. */
const wordingOf = (draft: Draft, claim: Claim | null, contentHash: string) => ({
  subjectId: draft.subjectId,
  kind: draft.kind,
  content: draft.content,
  language: draft.language,
  predicate: claim?.predicate ?? null,
  object: claim?.object ?? null,
  objectKey: claim?.objectKey ?? null,
  cardinality: claim?.cardinality ?? null,
  authority: draft.authority,
  importance: draft.importance,
  confidence: draft.confidence,
  tags: draft.tags,
  metadata: draft.metadata,
  contentHash,
});

/** A memory that is reworded is no more evidence for another one. */
const withoutConfirming = (ruling: Ruling): Ruling => ({
  ...ruling,
  changes: ruling.changes.filter(({ kind }) => kind !== 'confirm'),
});

const isHeld = ({ status }: Memory): boolean => status === 'live' || status === 'contested';

const isAbout = (memory: Memory, { subjectId, predicate }: Claim): boolean =>
  memory.subjectId === subjectId && memory.predicate === predicate && memory.status !== 'retracted';
