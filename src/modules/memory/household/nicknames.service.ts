import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/index.js';
import { MemoriesRepository } from '../memories/memories.repository.js';

/** What says how somebody is called. */
export const NICKNAMES = ['preferred_name', 'nickname'] as const;

/** What members are called besides their names, as far as the viewer knows. */
@Injectable()
export class NicknamesService {
  constructor(private readonly memories: MemoriesRepository) {}

  /** By member id. @param scopes for a background job, which sees more than whom it works for */
  async of(
    tx: Transaction,
    familyId: string,
    scopes?: readonly string[],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const names = new Map<string, string[]>();
    for (const { subjectId, object } of await this.memories.liveObjects(tx, familyId, NICKNAMES, scopes ?? null))
      names.set(subjectId, [...(names.get(subjectId) ?? []), object]);
    return names;
  }
}
