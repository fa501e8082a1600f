import { Injectable } from '@nestjs/common';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import { DomainError } from '../../platform/http/index.js';
import type { Principal } from '../../platform/security/index.js';
import { DevicesService } from '../auth/index.js';
import { familyOf, MembershipData, MinorsService, OffersService } from '../family/index.js';
import { PrivacyError } from './privacy.errors.js';
import { isDecidedByParents } from './privacy.policy.js';

/** Children whose account lives on devices alone: their parents decide over a copy and the end of it. */
@Injectable()
export class WardsService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly minors: MinorsService,
    private readonly devices: DevicesService,
    private readonly memberships: MembershipData,
    private readonly offers: OffersService,
  ) {}

  /**
   * The account of such a child of the active family.
   * @throws FamilyError `member_not_found`; AuthError `member_signs_in_alone`; PrivacyError `member_without_account`,
   *   `not_decided_by_parents`
   */
  async require(principal: Principal, memberId: string, wish: 'copy' | 'end'): Promise<string> {
    const familyId = familyOf(principal);
    await this.runner.run(principal, (tx) => this.minors.get(tx, familyId, memberId));
    return this.runner.runAsIdentity((tx) => this.requireIn(tx, familyId, memberId, wish));
  }

  /**
   * The same in a transaction that sees accounts, as where something takes effect; the caller locks the family before.
   * @throws as `require`
   */
  async requireIn(tx: Transaction, familyId: string, memberId: string, wish: 'copy' | 'end'): Promise<string> {
    await this.runner.actInFamily(tx, familyId);
    const { userId, role, hasOwnThings } = await this.minors.get(tx, familyId, memberId);
    if (userId === null) throw new PrivacyError('member_without_account');
    await this.devices.requireNoOtherWayIn(tx, userId);
    const remaining = await this.memberships.remainingIn(tx, userId);
    const ever = [...remaining, ...(await this.memberships.formerIn(tx, userId))];
    const hasOtherFamilies = ever.some((each) => each.familyId !== familyId);
    if (!isDecidedByParents({ role, hasOwnThings: hasOwnThings === true, hasOtherFamilies }, wish))
      throw new PrivacyError('not_decided_by_parents');
    return userId;
  }

  /** Whether a copy that somebody asked for is still a parent's to have, when it is made. */
  async isStillTheirs(userId: string, askedBy: string): Promise<boolean> {
    try {
      return await this.runner.runAsIdentity(async (tx) => {
        const [home] = await this.memberships.remainingIn(tx, userId);
        if (!home) return false;
        await this.requireIn(tx, home.familyId, home.memberId, 'copy');
        await this.runner.actInFamily(tx, home.familyId);
        return await this.offers.stands(tx, home.familyId, askedBy);
      });
    } catch (error) {
      if (error instanceof DomainError) return false;
      throw error;
    }
  }
}
