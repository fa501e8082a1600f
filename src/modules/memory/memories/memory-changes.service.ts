import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../../platform/audit/index.js';
import { microsOf, type Transaction } from '../../../platform/database/index.js';
import { fieldError } from '../../../platform/http/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { ChangeSet, type Cause } from '../recording/change-set.js';
import { normaliseContent } from '../content/index.js';
import { DocumentsRepository } from '../indexing/documents.repository.js';
import type { ContestRequest, ShareRequest, UpdateMemoryRequest } from '../dto/memory.request.js';
import { toMemoryResponse, type MemoryResponse, type RememberedResponse } from '../dto/memory.response.js';
import { HouseholdService, type Insider } from '../household/household.service.js';
import { MemoriesRepository, type MemoryRow } from './memories.repository.js';
import type { Memory } from '../memory.entity.js';
import { MemoryError } from '../memory.errors.js';
import { canChange, canContest, isContestable, type Guarded } from '../memory.policy.js';
import { MemoryReadingService } from './memory-reading.service.js';
import { MemoryService } from './memory.service.js';
import { SharingService } from '../sharing/sharing.service.js';
import { UndoService } from './undo.service.js';
import { WritingService } from '../recording/writing.service.js';

/** Changes to a memory by people: every one is a version and a step that can be taken back. Erasing is not. */
@Injectable()
export class MemoryChangesService {
  constructor(
    private readonly writing: WritingService,
    private readonly households: HouseholdService,
    private readonly reading: MemoryReadingService,
    private readonly remembering: MemoryService,
    private readonly undoing: UndoService,
    private readonly memories: MemoriesRepository,
    private readonly documents: DocumentsRepository,
    private readonly sharing: SharingService,
    private readonly trail: AuditTrail,
  ) {}

  async update(principal: Principal, id: string, request: UpdateMemoryRequest): Promise<RememberedResponse> {
    return this.act(principal, id, 'memory.update', async (tx, insider, memory) => {
      if (!canChange(insider.viewer, memory)) throw new MemoryError('not_allowed_for_memory');
      const effects = await this.remembering.revise(tx, insider, memory, request);
      return { ...(await this.answer(tx, insider, id)), effects };
    });
  }

  /** Erases a memory, its versions, its steps and what was made beside it from the same words. */
  async delete(principal: Principal, id: string): Promise<void> {
    await this.act(principal, id, 'memory.delete', async (tx, insider, memory) => {
      if (!canChange(insider.viewer, memory)) throw new MemoryError('not_allowed_for_memory');
      // What gave way to it holds again: an erased mistake must not leave a gap.
      await this.undoing.takeBackEffects(tx, insider, id);
      const ids = [id, ...(await this.memories.madeBeside(tx, id))];
      await this.documents.erase(tx, ids);
      const erased = await this.memories.erase(tx, ids);
      await this.memories.count(tx, insider.familyId, memory.ownerId, -erased);
    });
  }

  async undo(principal: Principal, id: string): Promise<MemoryResponse> {
    return this.act(principal, id, 'memory.undo', async (tx, insider, memory) => {
      if (!canChange(insider.viewer, memory)) throw new MemoryError('not_allowed_for_memory');
      await this.undoing.undo(tx, insider, memory);
      return this.answer(tx, insider, id);
    });
  }

  async share(principal: Principal, id: string, request: ShareRequest): Promise<MemoryResponse> {
    if (request.visibility === 'private')
      throw fieldError('visibility', 'visibility must be family or audience; unshare makes it private');
    const wish = request.visibility ?? (request.audience === undefined ? 'family' : 'audience');
    return this.move(principal, id, { ...request, visibility: wish }, 'shared');
  }

  async unshare(principal: Principal, id: string): Promise<MemoryResponse> {
    return this.move(principal, id, { visibility: 'private' }, 'unshared');
  }

  async contest(principal: Principal, id: string, { reason }: ContestRequest): Promise<MemoryResponse> {
    return this.act(principal, id, 'memory.contest', async (tx, insider, memory) => {
      if (!canContest(insider.viewer, memory)) throw new MemoryError('not_allowed_for_memory');
      if (!isContestable(memory.status)) throw new MemoryError('cannot_contest');
      const words = normaliseContent(reason ?? '') || 'contested_by_hand';
      const cause = { step: 'contested', reason: words, isAutomatic: false } as const;
      await this.change(tx, insider, memory, { status: 'contested' }, cause);
      return this.answer(tx, insider, id);
    });
  }

  private move(
    principal: Principal,
    id: string,
    wish: ShareRequest,
    step: 'shared' | 'unshared',
  ): Promise<MemoryResponse> {
    return this.act(
      principal,
      id,
      step === 'shared' ? 'memory.share' : 'memory.unshare',
      async (tx, insider, memory) => {
        if (!canChange(insider.viewer, memory)) throw new MemoryError('not_allowed_for_memory');
        const scopeId = await this.sharing.scopeFor(tx, insider, memory.ownerId, wish);
        if (scopeId !== memory.scopeId) {
          const isInDoubt = await this.undoing.clashes(tx, memory, scopeId);
          const reason = isInDoubt ? 'another_value_there' : 'by_hand';
          const cause = { step, reason, isAutomatic: false, scopeBefore: memory.scopeId };
          const status = isInDoubt ? 'contested' : memory.status;
          const moved = await this.change(tx, insider, memory, { scopeId, status }, cause);
          await this.memories.move(tx, moved, scopeId);
          await this.documents.moveMemory(tx, moved, scopeId);
        }
        return this.answer(tx, insider, id);
      },
    );
  }

  private async change(
    tx: Transaction,
    { viewer }: Insider,
    memory: Memory,
    changes: Partial<Memory>,
    cause: Cause,
  ): Promise<Memory> {
    const set = new ChangeSet(viewer.memberId, microsOf(new Date()));
    const version = set.change(memory, changes, cause);
    await set.apply(tx, this.memories, this.documents);
    return version;
  }

  /** One transaction on a locked memory; the audit log and, at the end, the caches hear of it. */
  private act<T>(
    principal: Principal,
    id: string,
    action: string,
    work: (tx: Transaction, insider: Insider, memory: MemoryRow & Guarded) => Promise<T>,
  ): Promise<T> {
    return this.writing.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const memory = await this.reading.require(tx, insider, id, { lock: true });
      const result = await work(tx, insider, memory);
      const isOwn = memory.ownerId === principal.memberId;
      await this.trail.record(tx, {
        ...by(principal, action),
        subjectUserId: isOwn ? null : (insider.people.get(memory.ownerId)?.userId ?? null),
        targetType: 'memory',
        targetId: id,
      });
      await this.memories.changed(tx, insider.familyId);
      return result;
    });
  }

  private async answer(tx: Transaction, insider: Insider, id: string): Promise<MemoryResponse> {
    const memory = await this.reading.require(tx, insider, id);
    return toMemoryResponse(memory, memory);
  }
}
