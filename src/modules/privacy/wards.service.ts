import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { DevicesService } from '../auth/index.js';
import { familyOf, MembershipData, MinorsService } from '../family/index.js';
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
  ) {}

  /**
   * The account of such a child of the active family.
   * @throws FamilyError `member_not_found`; AuthError `member_signs_in_alone`; PrivacyError `member_without_account`,
   *   `not_decided_by_parents`
   */
  async require(principal: Principal, memberId: string, wish: 'copy' | 'end'): Promise<string> {
    const familyId = familyOf(principal);
    const { userId, role, hasOwnThings } = await this.runner.run(principal, (tx) =>
      this.minors.get(tx, familyId, memberId),
    );
    if (userId === null) throw new PrivacyError('member_without_account');
    await this.runner.runAsIdentity((tx) => this.devices.requireNoOtherWayIn(tx, userId));
    const ever = [...(await this.memberships.remainingOf(userId)), ...(await this.memberships.formerOf(userId))];
    const hasOtherFamilies = ever.some((each) => each.familyId !== familyId);
    if (!isDecidedByParents({ role, hasOwnThings: hasOwnThings === true, hasOtherFamilies }, wish))
      throw new PrivacyError('not_decided_by_parents');
    return userId;
  }
}
