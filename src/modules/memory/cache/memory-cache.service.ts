import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { TieredCache, type Loaded } from '../../../platform/cache/index.js';
import { CommitNews, type Transaction } from '../../../platform/database/index.js';
import { Metrics, type CacheCounters } from '../../../platform/observability/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { MEMORY_CHANGED } from '../memories/memories.repository.js';
import { MemoryMetrics } from './memory-metrics.service.js';
import { MemoryStateRepository, type Dependence, type MemoryState, type StateThen } from './memory-state.repository.js';

/** What is cached. */
export type CacheName = 'search' | 'profile';
/** Under which name look-ups are counted: warming is no request. */
type CountedAs = CacheName | 'profile_warming';

/** A fresh answer with what is needed to tell for how long it holds. */
export interface Fresh<T> {
  readonly value: T;
  /** As `close` gave it; undefined for an answer that the next one who asks should not get. */
  readonly closing: StateThen | undefined;
}

/**
 * Answers that depend on the present see it in steps of this many milliseconds, and hold until the next one. Days begin
 * at a step in every time zone.
 */
const STEP = 300_000;

/**
 * Answers about a family's memory, each for one viewer, one request and one state of the family. Whoever asks has the
 * session verified and the state read in one round trip first; only an answer of that very state is given, so none is
 * ever stale, and none is another's. An answer is kept when the state was the same before and after it was read.
 */
@Injectable()
export class MemoryCache implements OnModuleInit {
  private readonly logger = new Logger(MemoryCache.name);
  private readonly counters: Readonly<Record<CountedAs, CacheCounters>>;

  constructor(
    private readonly states: MemoryStateRepository,
    private readonly cache: TieredCache,
    private readonly news: CommitNews,
    private readonly measures: MemoryMetrics,
    metrics: Metrics,
  ) {
    this.counters = {
      search: metrics.cache('search'),
      profile: metrics.cache('profile'),
      profile_warming: metrics.cache('profile_warming'),
    };
  }

  onModuleInit(): void {
    this.news.listen(MEMORY_CHANGED, ({ familyId }) => {
      this.cache.forget(familyId).catch((error: unknown) => {
        this.logger.error({ err: error }, 'a cache could not forget');
      });
    });
  }

  /**
   * @param request whatever the answer depends on besides the viewer and what the family remembers
   * @param load computes the answer as of `now`, and fails as it likes: failures are not kept
   * @throws StaleViewerError when the session has ended or its rights have changed
   */
  async through<T>(
    principal: Principal,
    name: CacheName,
    request: unknown,
    load: (now: Date) => Promise<Fresh<T>>,
    countedAs: CountedAs = name,
  ): Promise<T> {
    const state = await this.measures.time('cache', 'state', () => this.states.current(principal));
    const { familyId } = principal;
    const step = Math.floor((state?.now ?? Date.now()) / STEP) * STEP;
    if (!state || familyId === null) return (await load(new Date(step))).value;
    const slot = {
      group: familyId,
      version: state.stamp,
      key: JSON.stringify([name, viewerOf(principal), state.besides, step, request]),
      now: state.now,
    };
    const text = await this.cache.through(slot, this.counters[countedAs], () =>
      this.fetch(name, state, step, () => load(new Date(step))),
    );
    return JSON.parse(text) as T;
  }

  /** The last statement of a reading. */
  close(tx: Transaction, dependence: Dependence): Promise<StateThen | undefined> {
    return this.states.atEnd(tx, dependence);
  }

  private async fetch<T>(
    name: CacheName,
    before: MemoryState,
    step: number,
    load: () => Promise<Fresh<T>>,
  ): Promise<Loaded> {
    const { value, closing } = await this.measures.time('postgresql', name, load);
    const isOfOneState = closing?.stamp === before.stamp && closing.besides === before.besides;
    const until = Math.min(step + STEP, closing?.changesAt ?? Infinity);
    return { text: JSON.stringify(value), until: isOfOneState ? until : undefined };
  }
}

/** Everything about a viewer that decides what they see. Sessions of one person share answers. */
const viewerOf = ({ userId, accessVersion, familyId, memberId, familyRole }: Principal): unknown[] => [
  userId,
  accessVersion,
  familyId,
  memberId,
  familyRole,
];
