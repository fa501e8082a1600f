import { Injectable } from '@nestjs/common';
import { isoOf, isoOrNull, type Transaction, TransactionRunner } from '../../../platform/database/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { MemoryCache, type Fresh } from '../cache/memory-cache.service.js';
import { normaliseContent, sanitiseForDisplay } from '../content/index.js';
import { ConversationsRepository } from '../conversations.repository.js';
import type { SearchRequest } from '../dto/search.request.js';
import type { FoundResponse, SearchResponse } from '../dto/search.response.js';
import { EmbeddingService } from '../embedding.service.js';
import { HouseholdService, type Insider } from '../household.service.js';
import { MemoriesRepository } from '../memories.repository.js';
import { canRead } from '../memory.policy.js';
import { NICKNAMES, NicknamesService } from '../nicknames.service.js';
import { beginOf, spanOf, stretchOf } from '../request-times.js';
import { readQuestion } from './question.js';
import { rank, type Ranked } from './rank.js';
import { SearchRepository, type QueryVector, type SearchFilter } from './search.repository.js';

const DEFAULT_LIMIT = 10;

/** Finds memories and turns. */
@Injectable()
export class SearchService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly households: HouseholdService,
    private readonly nicknames: NicknamesService,
    private readonly searches: SearchRepository,
    private readonly memories: MemoriesRepository,
    private readonly conversations: ConversationsRepository,
    private readonly embedding: EmbeddingService,
    private readonly cache: MemoryCache,
  ) {}

  async search(principal: Principal, request: SearchRequest): Promise<SearchResponse> {
    const started = performance.now();
    const wish = normalised(request);
    const modelId = await this.embedding.searchModel();
    const results = await this.cache.through(principal, 'search', [wish, modelId], (now) =>
      this.compute(principal, wish, modelId, now),
    );
    return { results, took_ms: Math.round((performance.now() - started) * 10) / 10 };
  }

  private async compute(
    principal: Principal,
    request: SearchRequest,
    modelId: number | undefined,
    now: Date,
  ): Promise<Fresh<FoundResponse[]>> {
    const vector = await this.embedding.query(request.query);
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const value = await this.find(tx, insider, request, vector, now);
      // Whoever asks next may have the vector again.
      const isWhole = vector?.modelId === modelId;
      const dependence = { subjectIds: [...insider.people.keys()], predicates: NICKNAMES };
      return { value, closing: isWhole ? await this.cache.close(tx, dependence) : undefined };
    });
  }

  private async find(
    tx: Transaction,
    insider: Insider,
    request: SearchRequest,
    vector: QueryVector | undefined,
    now: Date,
  ): Promise<FoundResponse[]> {
    const { query } = request;
    const filter = filterOf(request, insider.timeZone);
    const question = readQuestion(query, {
      now,
      timeZone: insider.timeZone,
      people: [...insider.people.values()],
      nicknames: await this.nicknames.of(tx, insider.familyId),
    });
    const wantsAny = question.times.length > 0 || question.people.size > 0;
    const candidates = await this.searches.candidates(tx, query, filter, vector, wantsAny);
    const ranked = rank(candidates, question, now.getTime() / 1000);
    return this.describe(tx, insider, ranked.slice(0, request.limit ?? DEFAULT_LIMIT), request.explain ?? false);
  }

  /** Reads what was found, which the policy has to agree to once more. */
  private async describe(
    tx: Transaction,
    { viewer, scopes, people }: Insider,
    ranked: readonly Ranked[],
    explain: boolean,
  ): Promise<FoundResponse[]> {
    const idsOf = (type: 'memory' | 'turn'): string[] =>
      ranked.flatMap(({ candidate }) => (candidate.type === type ? [candidate.itemId] : []));
    const memories = new Map((await this.memories.findMany(tx, idsOf('memory'))).map((row) => [row.id, row]));
    const turns = new Map((await this.conversations.findTurns(tx, idsOf('turn'))).map((row) => [row.id, row]));
    return ranked.flatMap(({ candidate: { itemId, type }, score, parts }): FoundResponse[] => {
      const scored = { score: round(score), ...(explain ? { scores: rounded(parts) } : {}) };
      const memory = type === 'memory' ? memories.get(itemId) : undefined;
      if (memory && canRead(viewer, scopes.guarded(memory, people)))
        return [
          {
            id: memory.id,
            type: 'memory',
            content: sanitiseForDisplay(memory.content),
            ...scored,
            occurred_at: isoOf(memory.validFrom ?? memory.createdAt),
            subject_id: memory.subjectId,
            owner_id: memory.ownerId,
            visibility: scopes.sharingOf(memory.scopeId).visibility,
            metadata: memory.metadata,
            kind: memory.kind,
            status: memory.status,
            valid_from: isoOrNull(memory.validFrom),
            valid_to: isoOrNull(memory.validTo),
            tags: memory.tags,
          },
        ];
      const turn = type === 'turn' ? turns.get(itemId) : undefined;
      if (!turn || !canRead(viewer, scopes.guarded(turn, people))) return [];
      return [
        {
          id: turn.id,
          type: 'turn',
          content: sanitiseForDisplay(turn.content),
          ...scored,
          occurred_at: isoOf(turn.occurredAt),
          subject_id: turn.speakerId,
          owner_id: turn.ownerId,
          visibility: scopes.sharingOf(turn.scopeId).visibility,
          metadata: turn.metadata,
          conversation_id: turn.conversationId,
          turn_number: turn.turnNumber,
          role: turn.role,
          speaker: turn.speaker,
        },
      ];
    });
  }
}

/** Requests that ask the same are one request. */
function normalised(request: SearchRequest): SearchRequest {
  const { query, limit = DEFAULT_LIMIT, explain = false, types, kinds, tags, conversation_id, subject_id } = request;
  const { from, to, as_of, known_at } = request;
  return {
    query: normaliseContent(query),
    limit,
    explain,
    ...defined({
      types: types?.length === 2 ? undefined : types,
      kinds: kinds && [...new Set(kinds)].sort(),
      tags: tags && [...new Set(tags)].sort(),
      conversation_id: conversation_id?.toLowerCase(),
      subject_id: subject_id?.toLowerCase(),
      from,
      to,
      as_of,
      known_at,
    }),
  };
}

/** In this order, without what is undefined. */
const defined = <T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };

function filterOf(request: SearchRequest, timeZone: string): SearchFilter {
  const filter: SearchFilter = {
    types: request.types?.length === 2 ? undefined : request.types,
    conversationId: request.conversation_id,
    subjectId: request.subject_id,
    kinds: request.kinds,
    tags: request.tags,
    ...spanOf(request, timeZone),
    asOf: request.as_of === undefined ? undefined : stretchOf('as_of', request.as_of, timeZone),
    knownAt: beginOf('known_at', request.known_at, timeZone),
  };
  return filter;
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;

const rounded = (parts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, round(value)]));
