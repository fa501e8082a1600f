import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { AccountsService, fullName, type User } from '../users/index.js';
import type { ProfileResponse } from './dto/profile.response.js';
import { FamilyError } from './family.errors.js';
import { canReadProfile } from './family.policy.js';
import { FamilyRepository } from './family.repository.js';
import type { Member } from './member.entity.js';
import { MembersRepository } from './members.repository.js';

/** Profiles: one's own, or any member's for a parent. */
@Injectable()
export class ProfileService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly members: MembersRepository,
    private readonly families: FamilyRepository,
  ) {}

  /**
   * @param id of an account, or of a member (who may have none)
   * @throws FamilyError `profile_not_found` also for those that one may not read: what one may not see does not exist
   */
  async read(tx: Transaction, principal: Principal, id: string): Promise<ProfileResponse> {
    const isOwn = id === principal.userId || id === principal.memberId;
    const member = await this.findMember(tx, principal, isOwn && principal.memberId !== null ? principal.memberId : id);
    if (member && !canReadProfile(principal, member.id)) throw new FamilyError('profile_not_found');
    const user = isOwn ? await this.accounts.find(tx, principal.userId) : null;
    if (!member && !user) throw new FamilyError('profile_not_found');
    const family = member ? await this.families.find(tx, member.familyId) : null;
    return compose(member, user, family?.timeZone);
  }

  private async findMember(tx: Transaction, { familyId }: Principal, id: string): Promise<Member | null> {
    if (familyId === null) return null;
    return (await this.members.find(tx, familyId, id)) ?? (await this.members.findByUser(tx, familyId, id));
  }
}

/** What the family noted comes before what the account says; the time zone is the person's own, then the family's. */
function compose(member: Member | null, user: User | null, familyZone: string | undefined): ProfileResponse {
  const named = member ?? user;
  return {
    user_id: member?.userId ?? user?.id ?? null,
    member_id: member?.id ?? null,
    name: named ? fullName(named) : '',
    language: user?.language ?? member?.languagePreference ?? 'en',
    role: member?.role ?? null,
    time_zone: user?.timeZone ?? familyZone ?? 'UTC',
    birth_date: member?.birthDate ?? user?.birthDate ?? null,
  };
}
