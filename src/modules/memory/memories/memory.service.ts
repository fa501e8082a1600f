import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../../platform/audit/index.js';
import { microsOf, type Transaction } from '../../../platform/database/index.js';
import { fieldError } from '../../../platform/http/index.js';
import { Traced } from '../../../platform/observability/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { contentProblem, normaliseContent } from '../content/index.js';
import { type Draft } from '../recording/draft.js';
import { METADATA } from '../dto/limits.js';
import type { CreateMemoryRequest, UpdateMemoryRequest } from '../dto/memory.request.js';
import {
  toMemoryResponse,
  type EffectResponse,
  type RememberedManyResponse,
  type RememberedResponse,
} from '../dto/memory.response.js';
import { PREDICATES } from '../facts/index.js';
import { HouseholdService, type Insider } from '../household/household.service.js';
import { IdempotencyService } from '../recording/idempotency.service.js';
import { detectLanguage } from '../language/index.js';
import { MemoriesRepository } from './memories.repository.js';
import { MemoryError } from '../memory.errors.js';
import { authorityOf } from '../memory.policy.js';
import type { Memory } from '../memory.entity.js';
import { ProposalService } from '../model/index.js';
import { NicknamesService } from '../household/nicknames.service.js';
import { RecorderService } from '../recording/recorder.service.js';
import type { Recorded } from '../recording/session.js';
import { beginOf, endOf } from '../request-times.js';
import { SettingsService } from '../settings/settings.service.js';
import { SharingService } from '../sharing/sharing.service.js';
import { UnderstandingService } from '../extraction/understanding.service.js';
import { WritingService } from '../recording/writing.service.js';

type Drafts = [Draft, ...Draft[]];

/** What is the same for all drafts of a request. */
interface Setting {
  readonly nicknames: ReadonlyMap<string, readonly string[]>;
  /** Of a memory that is there. */
  readonly place?: Pick<Memory, 'scopeId' | 'ownerId' | 'authorId'>;
}

/** Whether a change leaves alone what the words say, of whom, and since when: then nothing is read or decided anew. */
const isAnnotation = ({ content, subject_id, valid_from, valid_to }: UpdateMemoryRequest): boolean =>
  [content, subject_id, valid_from, valid_to].every((field) => field === undefined);

/** Remembering: one thing, many things, and another wording of a thing. */
@Injectable()
export class MemoryService {
  constructor(
    private readonly writing: WritingService,
    private readonly households: HouseholdService,
    private readonly memories: MemoriesRepository,
    private readonly recorder: RecorderService,
    private readonly sharing: SharingService,
    private readonly understanding: UnderstandingService,
    private readonly nicknames: NicknamesService,
    private readonly idempotency: IdempotencyService,
    private readonly settings: SettingsService,
    private readonly proposals: ProposalService,
    private readonly trail: AuditTrail,
  ) {}

  @Traced()
  async create(principal: Principal, request: CreateMemoryRequest, key?: string): Promise<RememberedResponse> {
    const [memory] = await this.remember(principal, [request], key, '');
    // Said before under the same key, and erased or hidden since.
    if (!memory) throw new MemoryError('memory_not_found');
    return memory;
  }

  @Traced()
  async createMany(
    principal: Principal,
    requests: readonly CreateMemoryRequest[],
    key?: string,
  ): Promise<RememberedManyResponse> {
    return { data: await this.remember(principal, requests, key, 'memories') };
  }

  /** Another wording, or other fields, of a memory: a new version, which meets what is known as a new memory would. */
  async revise(
    tx: Transaction,
    insider: Insider,
    memory: Memory,
    request: UpdateMemoryRequest,
  ): Promise<readonly EffectResponse[]> {
    if (isAnnotation(request)) {
      const problem = contentProblem(memory.content, request.metadata, METADATA);
      if (problem) throw fieldError(problem.field, problem.message);
      return this.recorder.annotate(tx, memory, request, insider.viewer.memberId);
    }
    const isReworded = request.content !== undefined && normaliseContent(request.content) !== memory.content;
    const merged: CreateMemoryRequest = {
      content: request.content ?? memory.content,
      // A kind that came from the words changes with them, one that somebody gave does not.
      kind: request.kind ?? (request.content === undefined || !isUnderstoodKind(memory) ? memory.kind : undefined),
      // Other words may be about somebody else.
      subject_id: request.subject_id === undefined ? (isReworded ? null : memory.subjectId) : request.subject_id,
      importance: request.importance ?? memory.importance,
      confidence: request.confidence ?? memory.confidence,
      tags: request.tags ?? [...memory.tags],
      metadata: request.metadata ?? { ...memory.metadata },
      ...(request.valid_from === undefined ? {} : { valid_from: request.valid_from }),
      ...(request.valid_to === undefined ? {} : { valid_to: request.valid_to }),
    } as CreateMemoryRequest;
    const [draft] = await this.draft(tx, insider, merged, '', {
      nicknames: await this.nicknames.of(tx, insider.familyId),
      place: memory,
    });
    const validFrom = request.valid_from === undefined ? memory.validFrom : draft.validFrom;
    const validTo = request.valid_to === undefined ? memory.validTo : draft.validTo;
    // A beginning that nobody stated gives way to an end.
    const isStated = memory.isSinceStated || draft.validFrom !== null;
    if (isStated && validFrom !== null && validTo !== null && validFrom >= validTo)
      throw fieldError(request.valid_to === undefined ? 'valid_from' : 'valid_to', 'valid_to must be after valid_from');
    return this.recorder.revise(
      tx,
      memory,
      {
        ...draft,
        subjectId: draft.subjectId ?? (request.subject_id === undefined ? memory.subjectId : null),
        saidAt: memory.createdAt,
        validFrom,
        validTo,
        sourceTurnIds: memory.sourceTurnIds,
      },
      { actorId: insider.viewer.memberId, isReworded },
    );
  }

  private async remember(
    principal: Principal,
    requests: readonly CreateMemoryRequest[],
    key: string | undefined,
    list: string,
  ): Promise<RememberedResponse[]> {
    return this.writing.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const recorded = await this.idempotency.once(tx, insider, key, { list, requests }, async () => {
        const nicknames = await this.nicknames.of(tx, insider.familyId);
        const groups: Drafts[] = [];
        for (const [index, request] of requests.entries()) {
          const field = list === '' ? '' : `${list}[${String(index)}].`;
          groups.push(await this.draft(tx, insider, request, field, { nicknames }));
        }
        const results = await this.recorder.record(tx, groups, {
          actorId: insider.viewer.memberId,
          isAutomatic: false,
        });
        await this.propose(tx, insider, groups, results);
        const [only, ...others] = results;
        await this.trail.record(tx, {
          ...by(principal, 'memory.create'),
          ...(only && others.length === 0 ? { targetType: 'memory', targetId: only.memoryId } : {}),
          details: { memories: results.length },
        });
        return results;
      });
      const answer = await this.answer(tx, insider, recorded);
      await this.memories.changed(tx, insider.familyId);
      return answer;
    });
  }

  /** Where nobody understood the words, and they are new, a language model may, later. */
  private async propose(
    tx: Transaction,
    { familyId }: Insider,
    groups: readonly Drafts[],
    results: readonly Recorded[],
  ): Promise<void> {
    const items = groups.flatMap(([{ claim, content }], index) => {
      const { memoryId: id, effects } = results[index] ?? {};
      return claim === null && id !== undefined && effects?.length === 0 ? [{ id, content }] : [];
    });
    if (items.length === 0 || !this.proposals.isOn || !(await this.settings.of(tx, familyId)).extract) return;
    await this.proposals.enqueue(tx, familyId, 'memory', items);
  }

  /** What a request says, with what its words mean. @throws DomainError 400 on the bad field */
  private async draft(
    tx: Transaction,
    insider: Insider,
    request: CreateMemoryRequest,
    field: string,
    { nicknames, place }: Setting,
  ): Promise<Drafts> {
    const { viewer, people, timeZone, familyId } = insider;
    const content = normaliseContent(request.content);
    const problem = contentProblem(content, request.metadata, METADATA);
    if (problem) throw fieldError(`${field}${problem.field}`, problem.message);
    const given = request.subject_id ?? null;
    if (given !== null && !people.has(given))
      throw fieldError(`${field}subject_id`, 'subject_id must be a member of the family');
    const validFrom = beginOf(`${field}valid_from`, request.valid_from, timeZone) ?? null;
    const validTo = endOf(`${field}valid_to`, request.valid_to, timeZone) ?? null;
    if (validFrom !== null && validTo !== null && validFrom >= validTo)
      throw fieldError(`${field}valid_to`, 'valid_to must be after valid_from');
    const ownerId = place?.ownerId ?? viewer.memberId;
    const scopeId = place?.scopeId ?? (await this.sharing.scopeFor(tx, insider, ownerId, request, field));
    const language = detectLanguage(content, insider.language === 'es' ? 'es' : 'en');
    const saidAt = new Date();
    const author = people.get(place?.authorId ?? viewer.memberId) ?? { id: viewer.memberId, role: viewer.role };
    const claims = this.understanding
      .read({ content, language, speakerId: author.id, subjectId: given, saidAt }, insider, nicknames)
      .filter(({ claim }) => given === null || claim.subjectId === given);
    const [first, ...others] = claims;
    const common = {
      familyId,
      scopeId,
      ownerId,
      authorId: author.id,
      language,
      importance: request.importance ?? 0.5,
      validFrom,
      validTo,
      saidAt: microsOf(saidAt),
      sourceTurnIds: [],
      tags: request.tags ?? [],
      metadata: request.metadata ?? {},
    };
    const weigh = (subjectId: string | null) => authorityOf(author, subjectId);
    const subjectId = given ?? first?.claim.subjectId ?? null;
    return [
      {
        ...common,
        subjectId,
        content,
        kind: request.kind ?? PREDICATES.get(first?.claim.predicate ?? '')?.kind ?? 'note',
        claim: first?.claim ?? null,
        authority: weigh(subjectId),
        confidence: request.confidence ?? first?.confidence ?? 0.9,
        isDerived: false,
      },
      ...others.map(({ claim, span, confidence }): Draft => ({
        ...common,
        subjectId: claim.subjectId,
        content: span,
        kind: PREDICATES.get(claim.predicate)?.kind ?? 'note',
        claim,
        authority: weigh(claim.subjectId),
        confidence: request.confidence ?? confidence,
        isDerived: true,
      })),
    ];
  }

  private async answer(
    tx: Transaction,
    insider: Insider,
    recorded: readonly Recorded[],
  ): Promise<RememberedResponse[]> {
    const rows = await this.memories.findMany(tx, [...new Set(recorded.map(({ memoryId }) => memoryId))]);
    const { scopes } = await this.households.knowing(tx, insider, rows);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return recorded.map(({ memoryId, effects }) => {
      const row = byId.get(memoryId);
      // Made by an earlier request with this key, and erased since.
      if (!row) throw new MemoryError('memory_not_found');
      return { ...toMemoryResponse(row, scopes.sharingOf(row.scopeId)), effects };
    });
  }
}

const isUnderstoodKind = ({ kind, predicate }: Memory): boolean =>
  kind === (PREDICATES.get(predicate ?? '')?.kind ?? 'note');
