import { type Micros, type Transaction } from '../../../platform/database/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import { canBeFound } from '../indexing/document.js';
import type { DocumentsRepository } from '../indexing/documents.repository.js';
import type { MemoriesRepository } from '../memories/memories.repository.js';
import type { Memory, MemoryStep, Step } from '../memory.entity.js';

/** Why a memory changes. */
export interface Cause {
  readonly step: Step;
  /** A code. */
  readonly reason: string;
  readonly isAutomatic: boolean;
  readonly causeId?: string | undefined;
  readonly scopeBefore?: string | undefined;
}

type Changes = Partial<Omit<Memory, 'id' | 'version' | 'familyId' | 'recordedFrom' | 'recordedTo' | 'createdAt'>>;

/**
 * One operation on memories, thought through first and written at the end: versions that end, versions that begin, and a
 * step for each. All versions begin at one moment, so that nobody who asks what was known then sees half of it; but each
 * begins later than the one before it, whatever the clocks of servers say.
 */
export class ChangeSet {
  readonly operationId = uuidv7();
  private readonly latest = new Map<string, Memory>();
  private readonly begun: Memory[] = [];
  private readonly closed = new Map<string, Micros>();
  private readonly steps: MemoryStep[] = [];
  private readonly created = new Set<string>();
  /** Texts of versions that ended. */
  private readonly left = new Set<number>();
  private time: Micros;

  /** @param actorId the member who acts; null for the system */
  constructor(
    private readonly actorId: string | null,
    now: Micros,
  ) {
    this.time = now;
  }

  /** A memory as it stands after what was planned so far. */
  current(memory: Memory): Memory {
    return this.latest.get(memory.id) ?? memory;
  }

  /** A new memory. */
  create(memory: Omit<Memory, 'version' | 'recordedFrom' | 'recordedTo' | 'createdAt'>, cause: Cause): Memory {
    const now = this.time;
    const version: Memory = { ...memory, version: 1, recordedFrom: now, recordedTo: null, createdAt: now };
    this.created.add(memory.id);
    this.begin(version, null, cause);
    return version;
  }

  /** A new version of a memory. */
  change(memory: Memory, changes: Changes, cause: Cause): Memory {
    const before = this.current(memory);
    const now = this.tick(before.recordedFrom);
    if (!this.created.has(memory.id)) this.left.add(before.documentId);
    const planned = this.begun.findIndex(({ id, recordedTo }) => id === before.id && recordedTo === null);
    if (planned >= 0) this.begun[planned] = { ...before, recordedTo: now };
    else this.closed.set(before.id, now);
    const version: Memory = { ...before, ...changes, version: before.version + 1, recordedFrom: now, recordedTo: null };
    this.begin(version, before, cause);
    return version;
  }

  /** Writes everything: ends versions before others begin, so that no fact has two values at any moment. */
  async apply(tx: Transaction, memories: MemoriesRepository, documents: DocumentsRepository): Promise<void> {
    await memories.close(
      tx,
      [...this.closed].map(([id, at]) => ({ id, at })),
    );
    await memories.insert(tx, this.begun);
    await memories.insertSteps(tx, this.steps);
    const isLive = new Map<number, boolean>();
    for (const documentId of this.left) isLive.set(documentId, false);
    // A new memory has no text in the index yet; it comes with what it is then.
    for (const memory of this.latest.values())
      if (!this.created.has(memory.id)) isLive.set(memory.documentId, canBeFound(memory));
    await documents.setLive(
      tx,
      [...isLive].map(([id, live]) => ({ id, isLive: live })),
    );
  }

  get isEmpty(): boolean {
    return this.steps.length === 0;
  }

  private begin(version: Memory, before: Memory | null, cause: Cause): void {
    this.begun.push(version);
    this.latest.set(version.id, version);
    this.steps.push({
      id: uuidv7(),
      familyId: version.familyId,
      scopeId: version.scopeId,
      memoryId: version.id,
      operationId: this.operationId,
      step: cause.step,
      versionBefore: before?.version ?? null,
      versionAfter: version.version,
      actorId: this.actorId,
      isAutomatic: cause.isAutomatic,
      reason: cause.reason,
      causeId: cause.causeId ?? null,
      scopeBefore: cause.scopeBefore ?? null,
      undoneBy: null,
      createdAt: version.recordedFrom,
    });
  }

  private tick(after: Micros): Micros {
    this.time = Math.max(this.time, after + 1);
    return this.time;
  }
}
