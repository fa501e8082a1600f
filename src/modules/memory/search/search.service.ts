import { Injectable } from '@nestjs/common';
import {
  isoOf,
  isoOrNull,
  type Micros,
  type Transaction,
  TransactionRunner,
} from '../../../platform/database/index.js';
import { Traced } from '../../../platform/observability/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { MemoryCache, type Fresh } from '../cache/memory-cache.service.js';
import { normaliseContent, sanitiseForDisplay } from '../content/index.js';
import { ConversationsRepository } from '../conversations/conversations.repository.js';
import type { SearchRequest } from '../dto/search.request.js';
import type { FoundResponse, SearchResponse } from '../dto/search.response.js';
import { EmbeddingService, type VectorInWork } from '../indexing/embedding.service.js';
import { ReadTrail, sightsOf, type Sight } from '../household/read-trail.service.js';
import { HouseholdService, type Insider } from '../household/household.service.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import { canRead, type Guarded } from '../memory.policy.js';
import { NICKNAMES, NicknamesService } from '../household/nicknames.service.js';
import { beginOf, spanOf, stretchOf } from '../request-times.js';
import { fold } from '../fold.js';
import { readQuestion } from './question.js';
import { rank, type Ranked } from './rank.js';
import { SearchRepository, type SearchFilter } from './search.repository.js';
import { SpellingService } from './spelling.service.js';

const DEFAULT_LIMIT = 10;
/** Seconds after something happened in which people tell of it: a month. */
const TOLD_AFTER = 30 * 86_400;
const FIRST_SECOND = Date.UTC(1000, 0, 1) / 1000;
const LAST_SECOND = Date.UTC(9999, 11, 31) / 1000;

/** What was found, and whose of it the viewer sees as somebody who stands in for them. */
interface Findings {
  readonly results: FoundResponse[];
  readonly sights: readonly Sight[];
}

/** Finds memories and turns. */
@Injectable()
export class SearchService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly households: HouseholdService,
    private readonly nicknames: NicknamesService,
    private readonly searches: SearchRepository,
    private readonly spelling: SpellingService,
    private readonly memories: MemoriesRepository,
    private readonly conversations: ConversationsRepository,
    private readonly embedding: EmbeddingService,
    private readonly cache: MemoryCache,
    private readonly reads: ReadTrail,
  ) {}

  @Traced()
  async search(principal: Principal, request: SearchRequest): Promise<SearchResponse> {
    const started = performance.now();
    const wish = normalised(request);
    const vector = this.embedding.begin(wish.query);
    const modelId = await this.embedding.searchModel();
    const { results, sights } = await this.cache.through(principal, 'search', [wish, modelId], (now) =>
      this.compute(principal, wish, vector, modelId, now),
    );
    if (sights.length > 0)
      await this.runner.run(principal, (tx) => this.reads.record(tx, principal, 'memory.search', sights));
    return { results, took_ms: Math.round((performance.now() - started) * 10) / 10 };
  }

  /** All that came up, best first, with what the ranking saw of it: to train it. */
  async ranked(principal: Principal, request: SearchRequest): Promise<Ranked[]> {
    const wish = normalised(request);
    const vector = this.embedding.begin(wish.query);
    await vector.ready();
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      return this.find(tx, insider, wish, vector, new Date());
    });
  }

  private async compute(
    principal: Principal,
    request: SearchRequest,
    vector: VectorInWork,
    modelId: number | undefined,
    now: Date,
  ): Promise<Fresh<Findings>> {
    await vector.ready();
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const ranked = await this.find(tx, insider, request, vector, now);
      const shown = ranked.slice(0, request.limit ?? DEFAULT_LIMIT);
      const value = await this.describe(tx, insider, shown, request);
      // Whoever asks next may have the vector again.
      const isWhole = (await vector.vector())?.modelId === modelId;
      const dependence = { subjectIds: [...insider.people.keys()], predicates: NICKNAMES };
      return { value, closing: isWhole ? await this.cache.close(tx, dependence) : undefined };
    });
  }

  private async find(
    tx: Transaction,
    insider: Insider,
    request: SearchRequest,
    vector: VectorInWork,
    now: Date,
  ): Promise<Ranked[]> {
    const { query } = request;
    const filter = filterOf(request, insider.timeZone);
    const people = [...insider.people.values()];
    const nicknames = await this.nicknames.of(tx, insider.familyId);
    const names = [...people.map(({ firstName }) => firstName), ...[...nicknames.values()].flat()].map(fold);
    const corrected = await this.spelling.correct(tx, query, names, asksAboutThen(filter));
    const { timeZone, viewer } = insider;
    const question = readQuestion(corrected.query, { now, timeZone, people, nicknames, viewer });
    const own = await this.searches.prepare(tx, [corrected.query, ...question.relatives].join(' '));
    const terms = [...own, ...corrected.terms];
    const time = question.times.find(({ isOfAnyYear }) => !isOfAnyYear);
    const candidates = await this.searches.candidates(tx, terms, filter, await vector.vector(), {
      newest: question.times.length > 0 || question.people.size > 0,
      time: time && { from: storable(time.from), to: storable(time.to + TOLD_AFTER) },
    });
    return rank(candidates, question, now.getTime() / 1000);
  }

  /** Reads what was found, which the policy has to agree to once more. */
  private async describe(
    tx: Transaction,
    insider: Insider,
    ranked: readonly Ranked[],
    { explain = false, known_at }: SearchRequest,
  ): Promise<Findings> {
    const { viewer, scopes, people } = insider;
    const idsOf = (type: 'memory' | 'turn'): string[] =>
      ranked.flatMap(({ candidate }) => (candidate.type === type ? [candidate.itemId] : []));
    const current = new Map((await this.memories.findMany(tx, idsOf('memory'))).map((row) => [row.id, row]));
    const knownAt = beginOf('known_at', known_at, insider.timeZone);
    const known = knownAt === undefined ? undefined : await this.memories.findKnownAt(tx, [...current.keys()], knownAt);
    const memories = known ? new Map(known.map((row) => [row.id, row])) : current;
    const turns = new Map((await this.conversations.findTurns(tx, idsOf('turn'))).map((row) => [row.id, row]));
    const seen: Guarded[] = [];
    const results = ranked.flatMap(({ candidate: { itemId, type }, score, parts }): FoundResponse[] => {
      const scored = { score: round(score), ...(explain ? { scores: rounded(parts) } : {}) };
      const row = type === 'memory' ? current.get(itemId) : turns.get(itemId);
      const item = row && scopes.guarded(row, people);
      if (!item || !canRead(viewer, item)) return [];
      const memory = type === 'memory' ? memories.get(itemId) : undefined;
      // Also as it was known then: sharing shows a memory as it is now.
      if (type === 'memory' && !(memory && canRead(viewer, scopes.guarded(memory, people)))) return [];
      seen.push(item);
      if (memory)
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
      const turn = turns.get(itemId);
      if (!turn) return [];
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
    return { results, sights: sightsOf(insider, seen) };
  }
}

/** Whether what holds no more may be found. */
const asksAboutThen = ({ asOf, knownAt }: SearchFilter): boolean => asOf !== undefined || knownAt !== undefined;

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

/** Microseconds of a time in the years that the database and ISO 8601 agree on. */
const storable = (seconds: number): Micros => Math.round(Math.min(Math.max(seconds, FIRST_SECOND), LAST_SECOND) * 1e6);

const round = (value: number): number => Math.round(value * 1e6) / 1e6;

const rounded = (parts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, round(value)]));
