import { Injectable } from '@nestjs/common';
import { microsOf, type Transaction, TransactionRunner } from '../../../platform/database/index.js';
import { fieldError, type Page } from '../../../platform/http/index.js';
import { Traced } from '../../../platform/observability/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import { JobQueue } from '../../../platform/jobs/index.js';
import type { Principal } from '../../../platform/security/index.js';
import type { Member } from '../../family/index.js';
import { contentProblem, normaliseContent } from '../content/index.js';
import type { Conversation, Turn } from './conversation.entity.js';
import { ConversationsRepository, type Numbering } from './conversations.repository.js';
import { ConversationsService } from './conversations.service.js';
import { SITTING } from '../indexing/document.entity.js';
import { turnDocument } from '../indexing/document.js';
import { DocumentsRepository } from '../indexing/documents.repository.js';
import { IndexingService } from '../indexing/indexing.service.js';
import { METADATA } from '../dto/limits.js';
import type { TurnRequest, TurnsQuery } from '../dto/conversation.request.js';
import { toTurnResponse, type TurnResponse, type TurnsResponse } from '../dto/conversation.response.js';
import { HouseholdService, type Household, type Insider } from '../household/household.service.js';
import { IdempotencyService } from '../recording/idempotency.service.js';
import { detectLanguage } from '../language/index.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import { MemoryError } from '../memory.errors.js';
import { EXTRACT } from '../memory.jobs.js';
import { canSpeakIn } from '../memory.policy.js';
import { namesakesOf } from '../household/people.js';
import { beginOf } from '../request-times.js';
import { hasQuestion } from '../search/ranking/index.js';
import { SettingsService } from '../settings/settings.service.js';

/** A pause as long as this begins a new sitting: 6 hours, in microseconds. */
const SITTING_GAP = 6 * 3_600_000_000;

/** What was said: added to conversations, numbered without gaps, and read. */
@Injectable()
export class TurnsService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly households: HouseholdService,
    private readonly conversationsService: ConversationsService,
    private readonly conversations: ConversationsRepository,
    private readonly documents: DocumentsRepository,
    private readonly indexing: IndexingService,
    private readonly memories: MemoriesRepository,
    private readonly settings: SettingsService,
    private readonly idempotency: IdempotencyService,
    private readonly jobs: JobQueue,
  ) {}

  /** Adds turns in the order given, all or none. With an idempotency key a repetition adds nothing. */
  @Traced()
  async add(
    principal: Principal,
    conversationId: string,
    requests: readonly TurnRequest[],
    idempotencyKey?: string,
  ): Promise<TurnsResponse> {
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const conversation = await this.conversationsService.require(tx, insider, conversationId);
      if (!canSpeakIn(insider.viewer, conversation)) throw new MemoryError('not_allowed_for_memory');
      const ids = await this.idempotency.once(tx, insider, idempotencyKey, { conversationId, requests }, async () =>
        this.append(tx, insider, conversation, requests),
      );
      return { data: (await this.conversations.findTurns(tx, ids)).map(toTurnResponse) };
    });
  }

  async list(principal: Principal, conversationId: string, { limit, cursor }: TurnsQuery): Promise<Page<TurnResponse>> {
    const after = afterNumber(cursor);
    return this.runner.run(principal, async (tx) => {
      await this.conversationsService.read(tx, principal, await this.households.of(tx, principal), conversationId);
      const rows = await this.conversations.turns(tx, conversationId, limit, after);
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        data: shown.map(toTurnResponse),
        next_cursor:
          rows.length > limit && last ? Buffer.from(`#${String(last.turnNumber)}`).toString('base64url') : null,
      };
    });
  }

  private async append(
    tx: Transaction,
    insider: Insider,
    conversation: Conversation,
    requests: readonly TurnRequest[],
  ): Promise<string[]> {
    const now = microsOf(new Date());
    const said = requests.map((request, index) => read(request, insider, `turns[${String(index)}].`));
    const numbering = await this.conversations.lock(tx, conversation.id);
    if (!numbering) throw new MemoryError('conversation_not_found');
    let current: Numbering = numbering;
    const places: number[] = [];
    const turns: Turn[] = [];
    for (const [index, part] of said.entries()) {
      // What is said in one request is said one after the other.
      const occurredAt = part.occurredAt ?? now + index * 1000;
      const next = current.lastDocument === null ? 0 : current.lastDocument + 1;
      const isNewSitting =
        current.lastTurnAt === null || Math.abs(occurredAt - current.lastTurnAt) > SITTING_GAP || next % SITTING === 0;
      const [begun] = isNewSitting ? await this.documents.newSittings(tx, 1) : [];
      current = {
        turnCount: current.turnCount + 1,
        sessionNumber: current.sessionNumber + (isNewSitting ? 1 : 0),
        lastTurnAt: occurredAt,
        lastDocument: begun ?? next,
      };
      places.push(begun ?? next);
      turns.push({
        ...part,
        id: uuidv7(),
        familyId: insider.familyId,
        scopeId: conversation.scopeId,
        conversationId: conversation.id,
        turnNumber: current.turnCount,
        sessionNumber: current.sessionNumber,
        authorId: insider.viewer.memberId,
        occurredAt,
        createdAt: now,
      });
    }
    await this.conversations.insertTurns(tx, turns);
    const isAfterQuestion = await this.isAfterQuestion(tx, turns);
    await this.conversations.saveNumbering(tx, conversation.id, current);
    await this.indexing.add(
      tx,
      turns.map((turn, index) => turnDocument(turn, places[index] ?? 0, isAfterQuestion[index] ?? false)),
    );
    await this.enqueue(tx, insider, conversation, turns);
    await this.memories.changed(tx, insider.familyId);
    return turns.map(({ id }) => id);
  }

  /** Whether what was said just before, in the same sitting, asks something. */
  private async isAfterQuestion(tx: Transaction, turns: readonly Turn[]): Promise<boolean[]> {
    const [first] = turns;
    const [before] = first ? await this.conversations.turns(tx, first.conversationId, 1, first.turnNumber - 2) : [];
    const earlier = before?.turnNumber === (first?.turnNumber ?? 0) - 1 ? before : undefined;
    return turns.map((turn, index) => {
      const previous = index === 0 ? earlier : turns[index - 1];
      return previous?.sessionNumber === turn.sessionNumber && hasQuestion(previous.content);
    });
  }

  /** Facts are read after the answer. */
  private async enqueue(
    tx: Transaction,
    { familyId }: Household,
    conversation: Conversation,
    turns: readonly Turn[],
  ): Promise<void> {
    const readable = turns.filter(({ role, speakerId }) => role === 'user' && speakerId !== null);
    if (readable.length === 0) return;
    const isOn = conversation.extract ?? (await this.settings.of(tx, familyId)).extract;
    if (!isOn) return;
    await this.jobs.enqueueAll(
      tx,
      EXTRACT,
      readable.map(({ id }) => ({ payload: { family_id: familyId, turn_id: id } })),
    );
  }
}

type Said = Pick<Turn, 'speakerId' | 'speaker' | 'role' | 'content' | 'language' | 'metadata'> & {
  readonly occurredAt: number | undefined;
};

/** @throws DomainError 400 on the bad field */
function read(request: TurnRequest, insider: Insider, field: string): Said {
  const content = normaliseContent(request.content);
  const problem = contentProblem(content, request.metadata, METADATA);
  if (problem) throw fieldError(`${field}${problem.field}`, problem.message);
  return {
    role: request.role,
    content,
    language: detectLanguage(content, fallbackOf(insider)),
    metadata: request.metadata ?? {},
    occurredAt: beginOf(`${field}occurred_at`, request.occurred_at, insider.timeZone),
    ...speakerOf(request, insider),
  };
}

export const fallbackOf = ({ language }: Household): 'en' | 'es' => (language === 'es' ? 'es' : 'en');

/** By id, or by a name that exactly one member bears; any other name stays a name. */
function speakerOf({ speaker, role }: TurnRequest, { people, viewer }: Insider): Pick<Turn, 'speakerId' | 'speaker'> {
  if (speaker === undefined || speaker === null)
    return role === 'user' ? { speakerId: viewer.memberId, speaker: null } : { speakerId: null, speaker: null };
  if (people.has(speaker)) return { speakerId: speaker, speaker: null };
  const [member, ...others]: Member[] = namesakesOf(speaker, [...people.values()]);
  return member && others.length === 0 ? { speakerId: member.id, speaker: null } : { speakerId: null, speaker };
}

function afterNumber(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const [, number] = /^#([1-9]\d{0,8})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (number === undefined) throw fieldError('cursor', 'cursor must be the next_cursor of an earlier page');
  return Number(number);
}
