import { Injectable } from '@nestjs/common';
import { TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import { decodeCursor, toPage, type Page } from '../../../platform/http/index.js';
import type { Principal } from '../../../platform/security/index.js';
import type { MemoriesQuery, TimeQuery } from '../dto/memory.query.js';
import { toMemoryResponse, toStepResponse, type HistoryResponse, type MemoryResponse } from '../dto/memory.response.js';
import { HouseholdService, type Insider } from '../household/household.service.js';
import { ReadTrail, sightsOf } from '../household/read-trail.service.js';
import { MemoriesRepository, type MemoryFilter, type MemoryRow } from './memories.repository.js';
import { MemoryError } from '../memory.errors.js';
import { canRead, type Guarded } from '../memory.policy.js';
import { beginOf, spanOf, stretchOf, type Stretch } from '../request-times.js';

/** Reads memories: those that hold, those that held at a time, and what we knew at a time. */
@Injectable()
export class MemoryReadingService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly households: HouseholdService,
    private readonly memories: MemoriesRepository,
    private readonly reads: ReadTrail,
  ) {}

  list(principal: Principal, query: MemoriesQuery): Promise<Page<MemoryResponse>> {
    const after = decodeCursor(query.cursor);
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const rows = await this.memories.page(tx, filterOf(query, insider.timeZone), query.limit, after);
      const readable = rows
        .map((row) => insider.scopes.guarded(row, insider.people))
        .filter((row) => canRead(insider.viewer, row));
      await this.reads.record(tx, principal, 'memory.list', sightsOf(insider, readable.slice(0, query.limit)));
      return toPage(
        readable,
        query.limit,
        ({ sortKey, id }) => ({ at: sortKey, id }),
        (row) => toMemoryResponse(row, insider.scopes.sharingOf(row.scopeId)),
      );
    });
  }

  /** @throws MemoryError `memory_not_found` also for what was not known then, or not true */
  get(principal: Principal, id: string, { as_of, known_at }: TimeQuery): Promise<MemoryResponse> {
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const current = await this.require(tx, insider, id);
      const knownAt = beginOf('known_at', known_at, insider.timeZone);
      const [memory] = knownAt === undefined ? [current] : await this.memories.findKnownAt(tx, [id], knownAt);
      if (
        !memory ||
        !mayRead(insider, memory) ||
        (as_of !== undefined && !held(memory, stretchOf('as_of', as_of, insider.timeZone)))
      )
        throw new MemoryError('memory_not_found');
      await this.reads.record(tx, principal, 'memory.read', sightsOf(insider, [current]), { type: 'memory', id });
      return toMemoryResponse(memory, insider.scopes.sharingOf(memory.scopeId));
    });
  }

  history(principal: Principal, id: string): Promise<HistoryResponse> {
    return this.runner.run(principal, async (tx) => {
      const insider = await this.households.of(tx, principal);
      const current = await this.require(tx, insider, id);
      await this.reads.record(tx, principal, 'memory.read', sightsOf(insider, [current]), { type: 'memory', id });
      const versions = (await this.memories.versions(tx, id)).filter((version) => mayRead(insider, version));
      const causes = await this.memories.visibleCauses(tx, id);
      return {
        steps: (await this.memories.steps(tx, id)).map((step) => toStepResponse(step, causes)),
        versions: versions.map((version) => toMemoryResponse(version, insider.scopes.sharingOf(version.scopeId))),
      };
    });
  }

  /** A memory that exists for the viewer. @throws MemoryError `memory_not_found` */
  async require(tx: Transaction, insider: Insider, id: string, { lock = false } = {}): Promise<MemoryRow & Guarded> {
    const row = await (lock ? this.memories.findLocked(tx, id) : this.memories.find(tx, id));
    const { scopes } = await this.households.knowing(tx, insider, row ? [row] : []);
    const memory = row && scopes.guarded(row, insider.people);
    if (!memory || !canRead(insider.viewer, memory)) throw new MemoryError('memory_not_found');
    return memory;
  }
}

/** An earlier version is who may see it then: sharing shows a memory as it is now. */
const mayRead = ({ viewer, scopes, people }: Insider, version: Omit<MemoryRow, 'supersedes'>): boolean =>
  canRead(viewer, scopes.guarded(version, people));

/** Whether it was true at some time of a half-open stretch, or at an instant. What was taken back never was. */
function held({ status, validFrom, validTo }: MemoryRow, { from, to }: Stretch): boolean {
  const begins = validFrom ?? -Infinity;
  return status !== 'retracted' && (begins < to || begins === from) && from < (validTo ?? Infinity);
}

function filterOf(query: MemoriesQuery, timeZone: string): MemoryFilter {
  return {
    status: query.status ?? 'live',
    subjectId: query.subject_id,
    kind: query.kind,
    predicate: query.predicate,
    tag: query.tag,
    ...spanOf(query, timeZone),
    asOf: query.as_of === undefined ? undefined : stretchOf('as_of', query.as_of, timeZone),
    knownAt: beginOf('known_at', query.known_at, timeZone),
  };
}
