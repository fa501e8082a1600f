import { Injectable } from '@nestjs/common';
import { microsOf, type Transaction } from '../../../platform/database/index.js';
import { ChangeSet } from '../recording/change-set.js';
import { DocumentsRepository } from '../indexing/documents.repository.js';
import type { Insider } from '../household/household.service.js';
import { MemoriesRepository } from './memories.repository.js';
import type { Memory, MemoryStep, Step } from '../memory.entity.js';
import { MemoryError } from '../memory.errors.js';
import type { Viewer } from '../memory.policy.js';

const TAKES_BACK = 'undone';

/** Takes steps back, newest first. Nothing is rewritten: what was before comes again as a new version. */
@Injectable()
export class UndoService {
  constructor(
    private readonly memories: MemoriesRepository,
    private readonly documents: DocumentsRepository,
  ) {}

  /**
   * Takes back the last step that still counts. What it did to other memories goes with it: who takes back a new
   * address has the old one again.
   * @throws MemoryError `nothing_to_undo`
   */
  async undo(tx: Transaction, { viewer }: Insider, memory: Memory): Promise<void> {
    const last = (await this.memories.steps(tx, memory.id)).find(isOpen);
    if (!last) throw new MemoryError('nothing_to_undo');
    if (isDoubtOfAnother(last, viewer)) throw new MemoryError('not_allowed_for_memory');
    const set = new ChangeSet(viewer.memberId, microsOf(new Date()));
    const taken = [last];
    const isBirth = last.versionBefore === null;
    if (isBirth) {
      set.change(memory, { status: 'retracted' }, takingBack(last));
      for (const step of await this.consequences(tx, last)) {
        await this.restore(tx, set, step, last);
        taken.push(step);
      }
    } else {
      await this.restore(tx, set, last, last);
    }
    const moved = last.scopeBefore;
    if (moved !== null) {
      const isInDoubt = await this.clashes(tx, set.current(memory), moved);
      if (isInDoubt)
        set.change(
          memory,
          { status: 'contested' },
          { step: doubtAfter(last), reason: 'another_value_there', isAutomatic: true, causeId: memory.id },
        );
    } else {
      await this.settle(tx, set, set.current(memory), doubtAfter(last));
    }
    await set.apply(tx, this.memories, this.documents);
    const current = set.current(memory);
    if (moved !== null) {
      await this.memories.move(tx, current, moved);
      await this.documents.moveMemory(tx, current, moved);
    } else if (current.documentId !== memory.documentId) {
      await this.documents.place(tx, current.documentId, current.scopeId);
    }
    await this.memories.markUndone(
      tx,
      taken.map(({ id }) => id),
      set.operationId,
    );
  }

  /** Takes back what the coming of a memory did to others, before it is erased. */
  async takeBackEffects(tx: Transaction, { viewer }: Insider, id: string): Promise<void> {
    const birth = (await this.memories.steps(tx, id)).find(({ versionBefore }) => versionBefore === null);
    const consequences = birth && isOpen(birth) ? await this.consequences(tx, birth) : [];
    const effects = consequences.filter(({ versionBefore }) => versionBefore !== null);
    if (!birth || effects.length === 0) return;
    const set = new ChangeSet(viewer.memberId, microsOf(new Date()));
    for (const step of effects) await this.restore(tx, set, step, birth);
    // Who is erased is no rival any more.
    const born = await this.memories.findLocked(tx, id);
    if (born) set.change(born, { status: 'retracted' }, takingBack(birth));
    await set.apply(tx, this.memories, this.documents);
    await this.memories.markUndone(
      tx,
      effects.map((step) => step.id),
      set.operationId,
    );
  }

  /** Whether a scope has another live value of the same fact at the same time. */
  async clashes(tx: Transaction, memory: Memory, scopeId: string): Promise<boolean> {
    return (await this.rivals(tx, memory, scopeId)).length > 0;
  }

  private async rivals(tx: Transaction, memory: Memory, scopeId: string): Promise<Memory[]> {
    const { subjectId, predicate, cardinality, status } = memory;
    if (status !== 'live' || cardinality !== 'functional' || subjectId === null || predicate === null) return [];
    const facts = await this.memories.findFacts(tx, [scopeId], [{ subjectId, predicate }]);
    return facts.filter((fact) => fact.id !== memory.id && fact.status === 'live' && overlaps(fact, memory));
  }

  /** What else the operation did because of this memory, where nothing has happened to it since. */
  private async consequences(tx: Transaction, birth: MemoryStep): Promise<MemoryStep[]> {
    const others = (await this.memories.stepsOf(tx, birth.operationId)).filter(
      (step) => step.causeId === birth.memoryId && step.memoryId !== birth.memoryId && isOpen(step),
    );
    const untouched: MemoryStep[] = [];
    for (const step of others) {
      const [latest] = (await this.memories.steps(tx, step.memoryId)).filter(isOpen);
      if (latest?.id === step.id) untouched.push(step);
    }
    return untouched;
  }

  private async restore(tx: Transaction, set: ChangeSet, step: MemoryStep, taken: MemoryStep): Promise<void> {
    const now = await this.memories.findLocked(tx, step.memoryId);
    if (!now) return;
    if (step.versionBefore === null) {
      set.change(now, { status: 'retracted' }, takingBack(taken));
      return;
    }
    const before = await this.memories.findVersion(tx, step.memoryId, step.versionBefore);
    if (!before) return;
    const back = step.scopeBefore === null ? {} : { scopeId: step.scopeBefore };
    set.change(now, { ...stateOf(before), ...back }, takingBack(taken));
  }

  /** Two values at a time cannot both hold: the one that came back does, the other is in doubt. */
  private async settle(tx: Transaction, set: ChangeSet, memory: Memory, step: Step): Promise<void> {
    for (const rival of await this.rivals(tx, memory, memory.scopeId)) {
      const current = set.current(rival);
      if (current.status !== 'live') continue;
      set.change(
        current,
        { status: 'contested' },
        { step, reason: 'older_value_restored', isAutomatic: true, causeId: memory.id },
      );
    }
  }
}

/** What a version said and how it stood, without what makes it that version. */
const stateOf = (version: Memory): Partial<Memory> =>
  Object.fromEntries(Object.entries(version).filter(([name]) => !OF_THE_VERSION.has(name)));

const OF_THE_VERSION = new Set(['id', 'version', 'familyId', 'scopeId', 'recordedFrom', 'recordedTo', 'createdAt']);

const isOpen = ({ undoneBy, step }: MemoryStep): boolean => undoneBy === null && step !== TAKES_BACK;

/**
 * What undoing casts doubt on can be undone in turn, but the doubt that this casts cannot: two values would take turns
 * for ever, and nobody came to the beginning.
 */
const doubtAfter = ({ step, reason, isAutomatic }: MemoryStep): Step =>
  isAutomatic && step === 'contested' && DOUBTS.has(reason) ? TAKES_BACK : 'contested';
const DOUBTS = new Set(['older_value_restored', 'another_value_there']);

/** Who is contradicted does not settle it: that is for whoever raised the doubt, or a parent. */
const isDoubtOfAnother = ({ step, isAutomatic, actorId }: MemoryStep, { memberId, role }: Viewer): boolean =>
  step === 'contested' && !isAutomatic && actorId !== memberId && role !== 'parent';

const takingBack = (step: MemoryStep) =>
  ({ step: TAKES_BACK, reason: `undo_${step.step}`, isAutomatic: false, causeId: step.memoryId }) as const;

const overlaps = (one: Memory, other: Memory): boolean =>
  (one.validFrom ?? -Infinity) < (other.validTo ?? Infinity) &&
  (other.validFrom ?? -Infinity) < (one.validTo ?? Infinity);
