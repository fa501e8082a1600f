import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../../platform/audit/index.js';
import { microsOf, type Transaction, TransactionRunner } from '../../../platform/database/index.js';
import { decodeCursor, toPage, type Page, type PageQuery } from '../../../platform/http/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import type { Principal } from '../../../platform/security/index.js';
import type { Conversation } from './conversation.entity.js';
import { ConversationsRepository } from './conversations.repository.js';
import { DocumentsRepository } from '../indexing/documents.repository.js';
import type { CreateConversationRequest, UpdateConversationRequest } from '../dto/conversation.request.js';
import { toConversationResponse, type ConversationResponse } from '../dto/conversation.response.js';
import { HouseholdService, type Insider } from '../household/household.service.js';
import { ReadTrail, sightsOf } from '../household/read-trail.service.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import { MemoryError } from '../memory.errors.js';
import { canChange, canRead, type Guarded } from '../memory.policy.js';
import { SharingService } from '../sharing/sharing.service.js';

/** Use cases around conversations; what is said in them is the business of `TurnsService`. */
@Injectable()
export class ConversationsService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly households: HouseholdService,
    private readonly conversations: ConversationsRepository,
    private readonly documents: DocumentsRepository,
    private readonly memories: MemoriesRepository,
    private readonly sharing: SharingService,
    private readonly reads: ReadTrail,
    private readonly trail: AuditTrail,
  ) {}

  async create(principal: Principal, request: CreateConversationRequest): Promise<ConversationResponse> {
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const { familyId, memberId } = insider.viewer;
      const scopeId = await this.sharing.scopeFor(tx, insider, memberId, request);
      const now = microsOf(new Date());
      const conversation: Conversation = {
        id: uuidv7(),
        familyId,
        scopeId,
        ownerId: memberId,
        title: request.title ?? null,
        extract: request.extract ?? null,
        turnCount: 0,
        createdAt: now,
        updatedAt: now,
      };
      await this.conversations.insert(tx, conversation);
      return this.answer(tx, insider, conversation.id);
    });
  }

  async list(principal: Principal, { limit, cursor }: PageQuery): Promise<Page<ConversationResponse>> {
    const after = decodeCursor(cursor);
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const rows = await this.conversations.page(tx, limit, after);
      const readable = rows
        .map((row) => insider.scopes.guarded(row, insider.people))
        .filter((row) => canRead(insider.viewer, row));
      await this.reads.record(tx, principal, 'conversation.list', sightsOf(insider, readable.slice(0, limit)));
      return toPage(
        readable,
        limit,
        ({ sortKey, id }) => ({ at: sortKey, id }),
        (row) => toConversationResponse(row, insider.scopes.sharingOf(row.scopeId)),
      );
    });
  }

  get(principal: Principal, id: string): Promise<ConversationResponse> {
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const conversation = await this.read(tx, principal, insider, id);
      return toConversationResponse(conversation, conversation);
    });
  }

  /** Changes what is given; another visibility takes all turns along. */
  async update(principal: Principal, id: string, request: UpdateConversationRequest): Promise<ConversationResponse> {
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const conversation = await this.requireChangeable(tx, insider, id);
      const { title = conversation.title, extract = conversation.extract, visibility, audience } = request;
      await this.conversations.update(tx, id, { title, extract });
      if (visibility !== undefined || audience !== undefined) {
        const scopeId = await this.sharing.scopeFor(tx, insider, conversation.ownerId, request);
        await this.documents.move(tx, await this.conversations.move(tx, id, scopeId), scopeId);
      }
      const answer = await this.answer(tx, insider, id);
      await this.recordChange(tx, principal, insider, 'conversation.update', conversation);
      await this.memories.changed(tx, insider.familyId);
      return answer;
    });
  }

  /** Erases a conversation with its turns for good; what was remembered from it stays. */
  async delete(principal: Principal, id: string): Promise<void> {
    await this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const conversation = await this.requireChangeable(tx, insider, id);
      await this.documents.erase(tx, await this.conversations.turnIds(tx, id));
      await this.conversations.erase(tx, id);
      await this.recordChange(tx, principal, insider, 'conversation.delete', conversation);
      await this.memories.changed(tx, insider.familyId);
    });
  }

  /** A conversation that exists for the viewer. @throws MemoryError `conversation_not_found` */
  async require(tx: Transaction, insider: Insider, id: string): Promise<Conversation & Guarded> {
    const row = await this.conversations.find(tx, id);
    const { scopes } = await this.households.knowing(tx, insider, row ? [row] : []);
    const conversation = row && scopes.guarded(row, insider.people);
    if (!conversation || !canRead(insider.viewer, conversation)) throw new MemoryError('conversation_not_found');
    return conversation;
  }

  /** The same, seen by the viewer: it is known that they saw it where it is somebody else's. */
  async read(tx: Transaction, principal: Principal, insider: Insider, id: string): Promise<Conversation & Guarded> {
    const conversation = await this.require(tx, insider, id);
    const target = { type: 'conversation', id };
    await this.reads.record(tx, principal, 'conversation.read', sightsOf(insider, [conversation]), target);
    return conversation;
  }

  private recordChange(
    tx: Transaction,
    principal: Principal,
    { people }: Insider,
    action: string,
    { id, ownerId }: Conversation,
  ): Promise<void> {
    const subjectUserId = ownerId === principal.memberId ? null : (people.get(ownerId)?.userId ?? null);
    return this.trail.record(tx, { ...by(principal, action), subjectUserId, targetType: 'conversation', targetId: id });
  }

  private async requireChangeable(tx: Transaction, insider: Insider, id: string): Promise<Conversation & Guarded> {
    const conversation = await this.require(tx, insider, id);
    if (!canChange(insider.viewer, conversation)) throw new MemoryError('not_allowed_for_memory');
    return conversation;
  }

  private async answer(tx: Transaction, insider: Insider, id: string): Promise<ConversationResponse> {
    const conversation = await this.require(tx, insider, id);
    return toConversationResponse(conversation, conversation);
  }
}
