import type { Micros } from '../../../platform/database/index.js';
import type { Draft, Claim } from './draft.js';
import type { EffectResponse } from '../dto/memory.response.js';
import { compareObjects, resolve, type Change, type LiveFact } from '../facts/index.js';
import type { Memory, Status, Step } from '../memory.entity.js';

/** A change to a memory that is there, ready to be made. */
export interface Applied {
  readonly id: string;
  readonly kind: Change['kind'];
  apply(memory: Memory, causeId: string, saidAt: Micros): { readonly step: Step; readonly changes: Partial<Memory> };
}

/** A decision of `resolve`, in the terms of stored memories. */
export interface Ruling {
  readonly reason: string;
  /** What the new memory holds; null when it holds no value. */
  readonly insert: {
    readonly status: Status;
    readonly validFrom: Micros | null;
    readonly validTo: Micros | null;
    readonly evidenceCount: number;
  } | null;
  /** The memory that said the same already. */
  readonly confirmed: string | undefined;
  readonly changes: readonly Applied[];
}

export const EFFECT_OF: Readonly<Record<Change['kind'], EffectResponse['effect']>> = {
  confirm: 'confirmed',
  settle: 'confirmed',
  close: 'superseded',
  replace: 'superseded',
  retract: 'superseded',
  contest: 'contested',
};

const dateOf = (micros: Micros | null): Date | null => (micros === null ? null : new Date(micros / 1000));
const microsOrNull = (date: Date | null | undefined): Micros | null => (date ? date.getTime() * 1000 : null);

/** A memory as a value among others; none of what was taken back, or said more exactly since. */
function factOf(memory: Memory, known: readonly Memory[]): LiveFact[] {
  const { predicate, objectKey, status } = memory;
  if (predicate === null || objectKey === null || status === 'retracted') return [];
  if (status === 'superseded' && (memory.validTo === null || isSaidOtherwise(memory, known))) return [];
  return [
    {
      id: memory.id,
      predicate,
      objectKey,
      validFrom: memory.isSinceStated || status === 'superseded' ? dateOf(memory.validFrom) : null,
      validTo: dateOf(memory.validTo),
      recordedAt: new Date(saidAtOf(memory) / 1000),
      authority: memory.authority,
      evidenceCount: memory.evidenceCount,
      status: status === 'superseded' ? 'past' : status,
    },
  ];
}

const isSaidOtherwise = ({ supersededBy, predicate, objectKey }: Memory, known: readonly Memory[]): boolean =>
  known.some(
    (other) =>
      other.id === supersededBy &&
      other.objectKey !== null &&
      compareObjects(predicate ?? '', objectKey ?? '', other.objectKey) !== 'different',
  );

/**
 * When it was said. What nobody gave a beginning began when it was said. What was read from a turn may have been said long
 * before it was stored, but not before it began.
 */
const saidAtOf = ({ isSinceStated, validFrom, createdAt, sourceTurnIds }: Memory): Micros =>
  isSinceStated && sourceTurnIds.length === 0 ? createdAt : Math.min(validFrom ?? createdAt, createdAt);

/** Decides what a claim does to what is known of the same subject under the same predicate. */
export function resolveClaim(draft: Draft, claim: Claim, known: readonly Memory[]): Ruling {
  const decision = resolve(
    {
      subjectId: claim.subjectId,
      predicate: claim.predicate,
      objectKey: claim.objectKey,
      polarity: claim.polarity,
      validFrom: dateOf(draft.validFrom ?? claim.validFrom),
      validTo: dateOf(draft.validTo ?? claim.validTo),
      authority: draft.authority,
      saidAt: new Date(draft.saidAt / 1000),
    },
    known.flatMap((memory) => factOf(memory, known)),
  );
  const replaced = known.find(({ id }) =>
    decision.changes.some((change) => change.kind === 'replace' && change.id === id),
  );
  return {
    reason: decision.reason,
    insert: decision.insert && {
      // A past value holds no more; it is superseded by nothing but time.
      status: decision.insert.status === 'past' ? 'superseded' : decision.insert.status,
      validFrom: microsOrNull(decision.insert.validFrom),
      validTo: microsOrNull(decision.insert.validTo),
      evidenceCount: (replaced?.evidenceCount ?? 0) + 1,
    },
    confirmed: decision.changes.find(({ kind }) => kind === 'confirm')?.id,
    changes: decision.changes.map((change) => ({
      id: change.id,
      kind: change.kind,
      apply: making(change, microsOrNull(decision.insert?.validFrom)),
    })),
  };
}

/** @param successor from when the value that comes instead holds; null where none does */
function making(change: Change, successor: Micros | null): Applied['apply'] {
  return (memory, causeId, saidAt) => {
    switch (change.kind) {
      case 'confirm':
        return { step: 'confirmed', changes: { evidenceCount: memory.evidenceCount + 1 } };
      case 'settle':
        return { step: 'confirmed', changes: { status: 'live' } };
      case 'contest':
        return { step: 'contested', changes: { status: 'contested' } };
      case 'retract':
        // Nobody said since when it held; it did before the one that came instead.
        if (successor !== null && !memory.isSinceStated)
          return {
            step: 'superseded',
            changes: { status: 'superseded', validFrom: null, validTo: successor, supersededBy: causeId },
          };
        return { step: 'retracted', changes: { status: 'retracted', supersededBy: causeId } };
      case 'replace':
        return { step: 'superseded', changes: { status: 'superseded', supersededBy: causeId } };
      case 'close':
        return { step: 'superseded', changes: { ...closedAt(memory, change.validTo, saidAt), supersededBy: causeId } };
    }
  };
}

/** What would end before it began was never so. */
function closedAt({ validFrom }: Memory, end: Date, saidAt: Micros): Partial<Memory> {
  const validTo = end.getTime() * 1000;
  if (validFrom !== null && validFrom >= validTo) return { status: 'retracted' };
  // What ends on a day to come holds until then.
  return validTo > Math.max(saidAt, Date.now() * 1000) ? { validTo } : { status: 'superseded', validTo };
}
