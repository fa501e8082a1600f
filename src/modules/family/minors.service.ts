import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/index.js';
import type { Family } from './family.entity.js';
import { FamilyError } from './family.errors.js';
import { FamilyRepository } from './family.repository.js';
import type { Member } from './member.entity.js';
import { MembersRepository } from './members.repository.js';

/** Members whose account parents see to. Runs in the caller's transaction. */
@Injectable()
export class MinorsService {
  constructor(
    private readonly families: FamilyRepository,
    private readonly members: MembersRepository,
  ) {}

  /** The one of a path. @throws FamilyError `member_not_found` */
  async get(tx: Transaction, familyId: string, memberId: string): Promise<Member> {
    const member = await this.members.find(tx, familyId, memberId);
    if (!member) throw new FamilyError('member_not_found');
    return member;
  }

  /** One that a request names. @throws FamilyError `member_not_found` */
  async require(tx: Transaction, familyId: string, memberId: string): Promise<Member> {
    const member = await this.members.find(tx, familyId, memberId);
    if (!member)
      throw new FamilyError('member_not_found', {
        errors: [{ field: 'member_id', messages: ['is not a member of the family'] }],
      });
    return member;
  }

  /** One with the family locked: of two who give the member an account one comes first. */
  async lock(
    tx: Transaction,
    familyId: string,
    memberId: string,
  ): Promise<{ family: Family; member: Member } | undefined> {
    const family = await this.families.lock(tx, familyId);
    const member = family && (await this.members.find(tx, familyId, memberId));
    return family && member ? { family, member } : undefined;
  }

  async giveAccount(tx: Transaction, { familyId, id }: Member, userId: string): Promise<void> {
    await this.members.update(tx, familyId, id, { userId });
  }
}
