import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import {
  PrivacyRegistry,
  type FormerMembership,
  type Membership,
  type PersonalData,
  type Person,
  type Receipt,
  type Row,
  type Section,
} from '../../platform/privacy/index.js';
import { toMemberResponse } from './dto/member.response.js';
import { FamilyRepository, type MembershipRow } from './family.repository.js';
import { InvitationsRepository } from './invitations.repository.js';
import { MembersRepository } from './members.repository.js';

/** What becomes of a family when somebody's account is erased. */
export interface Remaining {
  readonly familyId: string;
  readonly memberId: string;
  readonly role: Membership['role'];
  /** Other members with an account. */
  readonly others: number;
  /** Those of them who are not about to have it erased. */
  readonly staying: number;
  /** The parents among these. */
  readonly otherParents: number;
}

/** The memberships of a person, as they have them and as they go. */
@Injectable()
export class MembershipData implements PersonalData, OnModuleInit {
  readonly stage = 'memberships';

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: PrivacyRegistry,
    private readonly families: FamilyRepository,
    private readonly members: MembersRepository,
    private readonly invitations: InvitationsRepository,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  /** The families of a person, and who would be left in them. */
  remainingOf(userId: string): Promise<Remaining[]> {
    return this.runner.runAsIdentity((tx) => this.remainingIn(tx, userId));
  }

  /** The same in a transaction that sees accounts. */
  async remainingIn(tx: Transaction, userId: string): Promise<Remaining[]> {
    const households: Remaining[] = [];
    for (const { id: familyId, member_id: memberId, role } of await this.membershipsOf(tx, userId)) {
      await this.runner.actInFamily(tx, familyId);
      const left = await this.members.countAccountsBesides(tx, familyId, memberId);
      households.push({ familyId, memberId, role, ...left });
    }
    await this.runner.actInFamily(tx, '');
    return households;
  }

  /**
   * The same, with these families locked until the transaction ends: nobody leaves them, or is given another role,
   * meanwhile. In one order, so that two do not wait for each other.
   */
  async lockRemaining(tx: Transaction, userId: string): Promise<Remaining[]> {
    const ids = (await this.membershipsOf(tx, userId)).map(({ id }) => id);
    for (const id of ids.toSorted()) {
      await this.runner.actInFamily(tx, id);
      await this.families.hold(tx, id);
    }
    return this.remainingIn(tx, userId);
  }

  /** The families that a person has left, or was taken out of. */
  formerOf(userId: string): Promise<FormerMembership[]> {
    return this.runner.runAsIdentity((tx) => this.formerIn(tx, userId));
  }

  /** The same in a transaction that sees accounts. */
  async formerIn(tx: Transaction, userId: string): Promise<FormerMembership[]> {
    const rows = await this.families.formerMemberships(tx, userId);
    return rows.map(({ family_id, member_id, left_at }) => ({
      familyId: family_id,
      memberId: member_id,
      leftAt: left_at,
    }));
  }

  /** Takes back the open invitations for these members, by which somebody would come into their account. */
  async withdrawInvitations(tx: Transaction, memberships: readonly Remaining[]): Promise<void> {
    for (const { familyId, memberId } of memberships) {
      await this.runner.actInFamily(tx, familyId);
      await this.invitations.deleteOpenOf(tx, familyId, { userId: null, memberId });
    }
    await this.runner.actInFamily(tx, '');
  }

  sections(person: Person): readonly Section[] {
    return [{ name: 'families', title: { en: 'Your families', es: 'Sus familias' }, rows: () => this.rows(person) }];
  }

  async erase({ userId, memberships }: Person, receipt: Receipt): Promise<void> {
    for (const { familyId, memberId, isErased } of memberships) {
      await this.runner.runAsWorker(familyId, async (tx) => {
        if (isErased) {
          if (await this.families.delete(tx, familyId)) await receipt.add(tx, 'families', 1);
          return;
        }
        if (!(await this.members.find(tx, familyId, memberId))) return;
        await this.invitations.deleteOpenOf(tx, familyId, { userId, memberId });
        await this.members.delete(tx, familyId, memberId);
        await receipt.add(tx, 'memberships', 1);
      });
    }
  }

  private async membershipsOf(tx: Transaction, userId: string): Promise<MembershipRow[]> {
    await this.runner.actFor(tx, userId);
    const rows = await this.families.memberships(tx, userId);
    await this.runner.actFor(tx, '');
    return rows;
  }

  private async *rows({ memberships, formerly }: Person): AsyncGenerator<Row> {
    for (const { familyId, memberId } of memberships) {
      const row = await this.runner.runAsWorker(familyId, async (tx) => {
        const family = await this.families.find(tx, familyId);
        const member = await this.members.find(tx, familyId, memberId);
        return family && member && { family: { id: family.id, name: family.name }, ...toMemberResponse(member) };
      });
      if (row) yield row;
    }
    for (const { familyId, memberId, leftAt } of formerly)
      yield { family: { id: familyId }, id: memberId, left_at: leftAt.toISOString() };
  }
}
