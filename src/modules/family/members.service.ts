import { Injectable } from '@nestjs/common';
import { AuditTrail, by, type AuditEvent } from '../../platform/audit/index.js';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import { decodeCursor, toPage, type Page, type PageQuery } from '../../platform/http/index.js';
import { uuidv7 } from '../../platform/ids.js';
import type { Principal } from '../../platform/security/index.js';
import { AccountsService } from '../users/index.js';
import type { CreateMemberRequest, UpdateMemberRequest } from './dto/member.request.js';
import { rowToMemberResponse, toMemberResponse, type MemberResponse } from './dto/member.response.js';
import { familyOf } from './active-family.js';
import { FamilyError } from './family.errors.js';
import {
  becomesMinor,
  canChangeMember,
  canRemoveMember,
  defaultAgeGroup,
  fitsAge,
  isMinor,
  losesLastParent,
} from './family.policy.js';
import { FamilyRepository } from './family.repository.js';
import { InvitationsRepository } from './invitations.repository.js';
import type { Member } from './member.entity.js';
import { MembersRepository } from './members.repository.js';
import { OffersRepository } from './offers.repository.js';

/** Use cases around the members of the active family. */
@Injectable()
export class MembersService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly families: FamilyRepository,
    private readonly members: MembersRepository,
    private readonly invitations: InvitationsRepository,
    private readonly offers: OffersRepository,
    private readonly accounts: AccountsService,
    private readonly trail: AuditTrail,
  ) {}

  async list(principal: Principal, { limit, cursor }: PageQuery): Promise<Page<MemberResponse>> {
    const rows = await this.members.page(principal, limit, decodeCursor(cursor));
    return toPage(rows, limit, ({ sort_key, id }) => ({ at: sort_key, id }), rowToMemberResponse);
  }

  async get(principal: Principal, id: string): Promise<MemberResponse> {
    return this.runner.run(principal, async (tx) => toMemberResponse(await this.require(tx, familyOf(principal), id)));
  }

  async create(principal: Principal, request: CreateMemberRequest): Promise<MemberResponse> {
    const familyId = familyOf(principal);
    const now = new Date();
    const member: Member = {
      id: uuidv7(),
      familyId,
      userId: null,
      ...completeFields(request),
      createdAt: now,
      updatedAt: now,
    };
    requireFittingAge(member);
    if (member.role === 'parent') requirePerson(principal);
    return this.runner.run(principal, async (tx) => {
      await this.members.insert(tx, member);
      await this.trail.record(tx, about(principal, 'member.create', member, { role: member.role }));
      return toMemberResponse(member);
    });
  }

  /** Replaces every field; those left out get their defaults. */
  async replace(principal: Principal, id: string, request: CreateMemberRequest): Promise<MemberResponse> {
    return this.change(principal, id, completeFields(request), Object.keys(completeFields(request)).map(snake));
  }

  /** Changes the given fields only. A role that no longer fits the age group takes the usual one of the new role. */
  async update(principal: Principal, id: string, request: UpdateMemberRequest): Promise<MemberResponse> {
    const changes = givenFields(request);
    if (changes.role && !changes.ageGroup) {
      const usual = defaultAgeGroup(changes.role);
      return this.change(principal, id, changes, Object.keys(changes).map(snake), usual);
    }
    return this.change(principal, id, changes, Object.keys(changes).map(snake));
  }

  /** Takes a member out of the family; with one's own id: leaves it. */
  async remove(principal: Principal, id: string): Promise<void> {
    const familyId = familyOf(principal);
    await this.runner.run(principal, async (tx) => {
      const member = await this.lock(tx, familyId, id);
      if (!canRemoveMember(principal, id)) throw new FamilyError('not_allowed_for_role');
      const isOwn = id === principal.memberId;
      if (isOwn && isMinor(member.role) && !(await this.isAdultElsewhere(tx, member)))
        throw new FamilyError('not_allowed_for_role');
      await this.keepAParent(tx, member, undefined);
      await this.invitations.deleteOpenOf(tx, familyId, { userId: member.userId, memberId: id });
      await this.members.delete(tx, familyId, id);
      await this.trail.record(tx, about(principal, isOwn ? 'member.leave' : 'member.remove', member));
    });
  }

  private async change(
    principal: Principal,
    id: string,
    changes: Partial<Member>,
    fields: readonly string[],
    ageGroupForRole?: Member['ageGroup'],
  ): Promise<MemberResponse> {
    const familyId = familyOf(principal);
    return this.runner.run(principal, async (tx) => {
      const member = await this.lock(tx, familyId, id);
      if (!canChangeMember(principal, id, fields)) throw new FamilyError('not_allowed_for_role');
      const changed = { ...member, ...changes };
      if (ageGroupForRole && !fitsAge(changed.role, changed.ageGroup)) changed.ageGroup = ageGroupForRole;
      requireFittingAge(changed);
      if (changed.role !== member.role) requirePerson(principal);
      await this.keepAParent(tx, member, changed);
      if (becomesMinor(member.role, changed.role) && (await this.isAdultElsewhere(tx, member)))
        throw new FamilyError('adult_elsewhere');
      // Who is no parent any more offers nothing; an offer of the old role is no offer of the new one.
      if (changed.role !== member.role) {
        await this.invitations.deleteOpenOf(tx, familyId, { userId: member.userId, memberId: id });
      }
      await this.members.update(tx, familyId, id, { ...changes, ageGroup: changed.ageGroup });
      const roles = { from: member.role, to: changed.role };
      await this.trail.recordAll(tx, [
        about(principal, 'member.update', member, { fields: fields.join(',') }),
        ...(roles.from === roles.to ? [] : [about(principal, 'member.role_change', member, roles)]),
      ]);
      return toMemberResponse(await this.require(tx, familyId, id));
    });
  }

  /** Rules over the family and over the account of the member are decided one change at a time. */
  private async lock(tx: Transaction, familyId: string, id: string): Promise<Member> {
    await this.families.lock(tx, familyId);
    const member = await this.require(tx, familyId, id);
    if (member.userId !== null) await this.accounts.lockWaysIn(tx, member.userId);
    return member;
  }

  private async isAdultElsewhere(tx: Transaction, { userId, familyId }: Member): Promise<boolean> {
    return userId !== null && (await this.offers.isAdultElsewhere(tx, userId, familyId));
  }

  private async require(tx: Transaction, familyId: string, id: string): Promise<Member> {
    const member = await this.members.find(tx, familyId, id);
    if (!member) throw new FamilyError('member_not_found');
    return member;
  }

  private async keepAParent(tx: Transaction, before: Member, after: Member | undefined): Promise<void> {
    const isParent = before.role === 'parent' && before.userId !== null;
    const remainsParent = after?.role === 'parent';
    if (!isParent || remainsParent) return;
    const otherParents = await this.members.countParentsBesides(tx, before.familyId, before.id);
    if (losesLastParent({ isParent, remainsParent, otherParents })) throw new FamilyError('last_parent');
  }
}

const about = (
  actor: Principal,
  action: string,
  { id, userId }: Pick<Member, 'id' | 'userId'>,
  details: NonNullable<AuditEvent['details']> = {},
): AuditEvent => ({ ...by(actor, action), subjectUserId: userId, targetType: 'member', targetId: id, details });

/** A key would give rights that outlive it. */
function requirePerson({ apiKey }: Principal): void {
  if (apiKey) throw new FamilyError('not_allowed_for_key');
}

function requireFittingAge({ role, ageGroup }: Pick<Member, 'role' | 'ageGroup'>): void {
  if (fitsAge(role, ageGroup)) return;
  throw new FamilyError('role_age_mismatch', {
    errors: [{ field: 'age_group', messages: [`does not fit the role ${role}`] }],
  });
}

type MemberFields = Omit<Member, 'id' | 'familyId' | 'userId' | 'createdAt' | 'updatedAt'>;

function completeFields(request: CreateMemberRequest): MemberFields {
  return {
    firstName: request.first_name,
    lastName: request.last_name ?? null,
    telegramId: request.telegram_id ?? null,
    role: request.role,
    ageGroup: request.age_group ?? defaultAgeGroup(request.role),
    languagePreference: request.language_preference ?? 'en',
    activeSkills: request.active_skills ?? [],
    birthDate: request.birth_date ?? null,
  };
}

const COLUMN_OF = {
  first_name: 'firstName',
  last_name: 'lastName',
  telegram_id: 'telegramId',
  role: 'role',
  age_group: 'ageGroup',
  language_preference: 'languagePreference',
  active_skills: 'activeSkills',
  birth_date: 'birthDate',
} as const satisfies Record<keyof UpdateMemberRequest, keyof Member>;

function givenFields(request: UpdateMemberRequest): Partial<Member> {
  const given = Object.entries(COLUMN_OF).flatMap(([field, column]) => {
    const value = request[field as keyof typeof COLUMN_OF];
    return value === undefined ? [] : [[column, value] as const];
  });
  return Object.fromEntries(given);
}

const FIELD_OF = Object.fromEntries(Object.entries(COLUMN_OF).map(([field, column]) => [column, field]));
const snake = (column: string): string => FIELD_OF[column] ?? column;
