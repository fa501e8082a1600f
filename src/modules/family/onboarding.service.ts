import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../platform/audit/index.js';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import { uuidv7 } from '../../platform/ids.js';
import type { FamilyRole } from '../../platform/security/index.js';
import { AccountsService, type User } from '../users/index.js';
import type { Family } from './family.entity.js';
import { FamilyError } from './family.errors.js';
import { defaultAgeGroup } from './family.policy.js';
import { FamilyRepository } from './family.repository.js';
import { hashInvitationCode } from './invitation-code.js';
import type { Invitation } from './invitation.entity.js';
import { InvitationsRepository } from './invitations.repository.js';
import type { Member } from './member.entity.js';
import { MembersRepository } from './members.repository.js';
import { OffersRepository } from './offers.repository.js';

export interface Joined {
  readonly family: Family;
  readonly memberId: string;
  readonly role: FamilyRole;
}

/** How people come into a family: by founding it, or by an invitation. Runs in the caller's transaction. */
@Injectable()
export class OnboardingService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly families: FamilyRepository,
    private readonly members: MembersRepository,
    private readonly invitations: InvitationsRepository,
    private readonly offers: OffersRepository,
    private readonly accounts: AccountsService,
    private readonly trail: AuditTrail,
  ) {}

  /** Founds a family whose first parent is this person. */
  async found(tx: Transaction, user: User, name: string): Promise<Joined> {
    const now = new Date();
    const family: Family = {
      id: uuidv7(),
      name,
      language: user.language,
      timeZone: user.timeZone,
      createdAt: now,
      updatedAt: now,
    };
    await this.runner.actInFamily(tx, family.id);
    await this.families.insert(tx, family);
    const member = newMember(user, family.id, 'parent');
    await this.members.insert(tx, member);
    const actor = { userId: user.id, familyId: family.id };
    await this.trail.record(tx, { ...by(actor, 'family.create'), targetType: 'family', targetId: family.id });
    return { family, memberId: member.id, role: 'parent' };
  }

  /**
   * Whether the code opens anything at this moment; asked before an account is made for its holder.
   * @throws FamilyError `invitation_invalid`
   */
  async requireInvitation(tx: Transaction, code: string): Promise<void> {
    const invitation = await this.invitations.findByCodeHash(tx, hashInvitationCode(code));
    if (!invitation || invitation.acceptedAt || invitation.expiresAt <= new Date())
      throw new FamilyError('invitation_invalid');
    if (!(await this.offers.isActiveParent(tx, invitation.familyId, invitation.createdBy)))
      throw new FamilyError('invitation_invalid');
  }

  /** Whose account an invitation is to complete: that of a member who lives on devices; undefined for all others. */
  async accountToComplete(tx: Transaction, code: string): Promise<string | undefined> {
    const invitation = await this.invitations.findByCodeHash(tx, hashInvitationCode(code));
    if (!invitation?.memberId) return undefined;
    await this.runner.actInFamily(tx, invitation.familyId);
    const userId = (await this.members.find(tx, invitation.familyId, invitation.memberId))?.userId ?? undefined;
    return userId === undefined || (await this.offers.signsInAlone(tx, userId)) ? undefined : userId;
  }

  /**
   * Joins by an invitation's code; of parallel callers one wins. It counts as long as its maker is a parent there.
   * @param completes whether the person is the invited member already, and is to get a way in of their own
   * @throws FamilyError `invitation_invalid`, `already_member`
   */
  async join(tx: Transaction, user: User, code: string, completes = false): Promise<Joined> {
    const invitation = await this.invitations.findByCodeHash(tx, hashInvitationCode(code));
    if (!invitation) throw new FamilyError('invitation_invalid');
    const { familyId, memberId, role } = invitation;
    await this.runner.actInFamily(tx, familyId);
    if (!completes && (await this.members.findByUser(tx, familyId, user.id))) throw new FamilyError('already_member');
    // Locked first: removing a parent takes the invitations of that parent with it, and comes before or after this.
    const family = await this.families.lock(tx, familyId);
    await this.accounts.lockWaysIn(tx, user.id);
    const stands = family && (await this.offers.isActiveParent(tx, familyId, invitation.createdBy, true));
    if (!stands || !(await this.invitations.consume(tx, invitation.id, user.id))) {
      throw new FamilyError('invitation_invalid');
    }
    await this.trail.record(tx, {
      ...by({ userId: user.id, familyId }, 'invitation.accept'),
      targetType: 'invitation',
      targetId: invitation.id,
      details: { role },
    });
    if (memberId !== null) return { family, ...(await this.takeOver(tx, invitation, memberId, user, completes)) };
    const member = newMember(user, familyId, role);
    await this.members.insert(tx, member);
    return { family, memberId: member.id, role };
  }

  /** The person takes over the profile that parents made, or has it already; it keeps its role and names. */
  private async takeOver(
    tx: Transaction,
    { familyId, role }: Invitation,
    memberId: string,
    user: User,
    completes: boolean,
  ): Promise<Omit<Joined, 'family'>> {
    const member = await this.members.find(tx, familyId, memberId);
    if (member?.userId !== (completes ? user.id : null) || member.role !== role)
      throw new FamilyError('invitation_invalid');
    if (completes && (await this.offers.signsInAlone(tx, user.id, true))) throw new FamilyError('invitation_invalid');
    await this.members.update(tx, familyId, memberId, { userId: user.id });
    return { memberId, role };
  }
}

function newMember(user: User, familyId: string, role: FamilyRole): Member {
  const now = new Date();
  return {
    id: uuidv7(),
    familyId,
    userId: user.id,
    firstName: user.firstName,
    lastName: user.lastName,
    telegramId: null,
    role,
    ageGroup: defaultAgeGroup(role),
    languagePreference: user.language,
    activeSkills: [],
    birthDate: user.birthDate,
    createdAt: now,
    updatedAt: now,
  };
}
