import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../../platform/audit/index.js';
import { TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import { Traced } from '../../../platform/observability/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { ProfileService, type ProfileResponse } from '../../family/index.js';
import { MemoryCache, type Fresh } from '../cache/memory-cache.service.js';
import { ProfileWarmer } from '../cache/profile-warmer.service.js';
import type { MemberProfileResponse, ProfileFieldResponse } from '../dto/profile.response.js';
import { PROFILE_FIELDS, type ProfileField } from '../facts/index.js';
import { HouseholdService, type Insider } from '../household/household.service.js';
import { MemoriesRepository } from '../memories/memories.repository.js';
import type { Memory } from '../memory.entity.js';
import { canRead, type Viewer } from '../memory.policy.js';
import { projectProfile, type ProfileFact, type ProfileValue } from './profile.js';

/** Profiles, projected from what the reader may see of somebody. */
@Injectable()
export class MemberProfileService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly profiles: ProfileService,
    private readonly households: HouseholdService,
    private readonly memories: MemoriesRepository,
    private readonly cache: MemoryCache,
    private readonly warmer: ProfileWarmer,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * @param id of an account, or of a member (who may have none)
   * @throws FamilyError `profile_not_found` also for those that one may not read
   */
  @Traced()
  async read(principal: Principal, id: string): Promise<MemberProfileResponse> {
    const load = (): Promise<Fresh<MemberProfileResponse>> => this.compute(principal, id);
    const key = id.toLowerCase();
    const { familyId, sessionId } = principal;
    if (familyId !== null)
      this.warmer.seen(familyId, `${sessionId} ${key}`, () =>
        this.cache.through(principal, 'profile', key, load, 'profile_warming'),
      );
    const profile = await this.cache.through(principal, 'profile', key, load);
    await this.recordSight(principal, profile);
    return profile;
  }

  /** Also of an answer from the cache; reading one's own leaves no trace. */
  private async recordSight(principal: Principal, { user_id, member_id }: MemberProfileResponse): Promise<void> {
    if (user_id === principal.userId || member_id === principal.memberId) return;
    await this.runner.run(principal, (tx) =>
      this.trail.record(tx, {
        ...by(principal, 'profile.read'),
        subjectUserId: user_id,
        ...(member_id === null ? {} : { targetType: 'member', targetId: member_id }),
      }),
    );
  }

  /** What follows about a member from what the viewer may see. @param other who may see it all, too */
  async learned(
    tx: Transaction,
    { viewer, scopes, people }: Insider,
    memberId: string,
    other: Viewer = viewer,
  ): Promise<Readonly<Record<ProfileField, ProfileValue | null>>> {
    const facts = await this.memories.factsAbout(tx, memberId);
    const readable = facts.filter((memory) => {
      const guarded = scopes.guarded(memory, people);
      return canRead(viewer, guarded) && canRead(other, guarded);
    });
    return projectProfile(readable.flatMap(toFact));
  }

  private compute(principal: Principal, id: string): Promise<Fresh<MemberProfileResponse>> {
    return this.runner.run(principal, async (tx) => {
      const person = await this.profiles.read(tx, principal, id);
      const { member_id: memberId } = person;
      if (memberId === null) return { value: compose(person, projectProfile([])), closing: undefined };
      const value = compose(person, await this.learned(tx, await this.households.of(tx, principal), memberId));
      return { value, closing: await this.cache.close(tx, { subjectIds: [memberId] }) };
    });
  }
}

function compose(
  person: ProfileResponse,
  learned: Readonly<Record<ProfileField, ProfileValue | null>>,
): MemberProfileResponse {
  const declared: Partial<Record<ProfileField, string | null>> = {
    full_name: person.name === '' ? null : person.name,
    birth_date: person.birth_date,
    time_zone: person.time_zone,
  };
  const fields = PROFILE_FIELDS.map((field) => [field, toField(learned[field], declared[field] ?? null)] as const);
  const { user_id, member_id, name, language, role } = person;
  return {
    user_id,
    member_id,
    name,
    language,
    role,
    ...(Object.fromEntries(fields) as Record<ProfileField, ProfileFieldResponse>),
  };
}

/** What the family has noted in so many words comes before what was picked up. */
function toField(learned: ProfileValue | null, declared: string | null): ProfileFieldResponse {
  if (declared !== null) return { value: declared, confidence: 1, source_memory_id: null, updated_at: null };
  if (!learned) return { value: null, confidence: null, source_memory_id: null, updated_at: null };
  const { value, confidence, source_memory_id, updated_at } = learned;
  return { value, confidence, source_memory_id, updated_at: updated_at.toISOString() };
}

function toFact(memory: Memory): ProfileFact[] {
  const { id, predicate, object, objectKey, confidence, evidenceCount, status, recordedFrom } = memory;
  if (predicate === null || object === null || objectKey === null || (status !== 'live' && status !== 'contested'))
    return [];
  return [
    {
      memoryId: id,
      predicate,
      object,
      objectKey,
      confidence,
      evidenceCount,
      status,
      updatedAt: new Date(recordedFrom / 1000),
    },
  ];
}
