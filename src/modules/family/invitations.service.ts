import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../platform/audit/index.js';
import { LimitsConfig, ServerConfig } from '../../platform/config/index.js';
import { StaleViewerError, TransactionRunner, type Transaction } from '../../platform/database/index.js';
import { decodeCursor, fieldError, toPage, type Page, type PageQuery } from '../../platform/http/index.js';
import { uuidv7 } from '../../platform/ids.js';
import type { Principal } from '../../platform/security/index.js';
import { AccountsService } from '../users/index.js';
import type { CreateInvitationRequest } from './dto/invitation.request.js';
import {
  toInvitationResponse,
  toJoinedResponse,
  type InvitationResponse,
  type JoinedResponse,
  type NewInvitationResponse,
} from './dto/invitation.response.js';
import { familyOf } from './active-family.js';
import { FamilyError } from './family.errors.js';
import { hashInvitationCode, newInvitationCode } from './invitation-code.js';
import { INVITABLE_ROLES, type Invitation, type InvitableRole } from './invitation.entity.js';
import { InvitationsRepository } from './invitations.repository.js';
import { MembersRepository } from './members.repository.js';
import { OffersRepository } from './offers.repository.js';
import { OffersService } from './offers.service.js';
import { OnboardingService } from './onboarding.service.js';

const DEFAULT_HOURS = 168;
const HOUR = 3_600_000;

/** Use cases around invitations. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly invitations: InvitationsRepository,
    private readonly members: MembersRepository,
    private readonly onboarding: OnboardingService,
    private readonly accounts: AccountsService,
    private readonly trail: AuditTrail,
    private readonly server: ServerConfig,
    private readonly limits: LimitsConfig,
    private readonly offers: OffersRepository,
    private readonly offering: OffersService,
  ) {}

  /** The code is in this answer only. @throws FamilyError `too_many_invitations` */
  async create(principal: Principal, request: CreateInvitationRequest): Promise<NewInvitationResponse> {
    const familyId = familyOf(principal);
    const code = newInvitationCode();
    const now = new Date();
    const invitation = await this.runner.run(principal, async (tx) => {
      if (!(await this.offering.mayOffer(tx, principal, familyId))) throw new StaleViewerError();
      if ((await this.invitations.countOpen(tx, familyId)) >= this.limits.openInvitations)
        throw new FamilyError('too_many_invitations');
      const created: Invitation = {
        id: uuidv7(),
        familyId,
        codeHash: hashInvitationCode(code),
        role: await this.roleFor(tx, familyId, request),
        memberId: request.member_id ?? null,
        createdBy: principal.userId,
        createdAt: now,
        expiresAt: new Date(now.getTime() + (request.expires_in_hours ?? DEFAULT_HOURS) * HOUR),
        acceptedAt: null,
        acceptedBy: null,
      };
      await this.invitations.insert(tx, created);
      await this.trail.record(tx, {
        ...by(principal, 'invitation.create'),
        targetType: 'invitation',
        targetId: created.id,
        details: { role: created.role },
      });
      return created;
    });
    return { ...toInvitationResponse(invitation), code, link: `${this.server.origin}/join#${code}` };
  }

  async list(principal: Principal, { limit, cursor }: PageQuery): Promise<Page<InvitationResponse>> {
    const after = decodeCursor(cursor);
    return this.runner.run(principal, async (tx) => {
      const rows = await this.invitations.page(tx, familyOf(principal), limit, after);
      return toPage(
        rows,
        limit,
        ({ sortKey, id }) => ({ at: sortKey, id }),
        (row) => toInvitationResponse(row),
      );
    });
  }

  /** Takes an invitation back. @throws FamilyError `invitation_used` when it has been accepted */
  async revoke(principal: Principal, id: string): Promise<void> {
    const familyId = familyOf(principal);
    await this.runner.run(principal, async (tx) => {
      const invitation = await this.invitations.find(tx, familyId, id);
      if (!invitation) throw new FamilyError('invitation_not_found');
      if (invitation.acceptedAt) throw new FamilyError('invitation_used');
      await this.invitations.delete(tx, familyId, id);
      await this.trail.record(tx, {
        ...by(principal, 'invitation.withdraw'),
        targetType: 'invitation',
        targetId: id,
      });
    });
  }

  async accept(principal: Principal, code: string): Promise<JoinedResponse> {
    return this.runner.run(principal, async (tx) => {
      const user = await this.accounts.find(tx, principal.userId);
      if (!user) throw new FamilyError('invitation_invalid');
      return toJoinedResponse(await this.onboarding.join(tx, user, code));
    });
  }

  private async roleFor(
    tx: Transaction,
    familyId: string,
    { role, member_id }: CreateInvitationRequest,
  ): Promise<InvitableRole> {
    if (member_id === undefined) {
      if (role === undefined) throw fieldError('role', 'role is needed where there is no member_id');
      return role;
    }
    const member = await this.members.find(tx, familyId, member_id);
    if (!member)
      throw new FamilyError('member_not_found', {
        errors: [{ field: 'member_id', messages: ['is not a member of the family'] }],
      });
    // Whoever lives on devices is invited to a way in of their own.
    if (member.userId !== null && (await this.offers.signsInAlone(tx, member.userId)))
      throw new FamilyError('member_has_account');
    if (role !== undefined && role !== member.role) {
      throw fieldError('role', `the member has the role ${member.role}`, 'impossible');
    }
    const invitable = INVITABLE_ROLES.find((known) => known === member.role);
    if (!invitable)
      throw fieldError('member_id', 'a child cannot be invited to an account with email and password', 'impossible');
    return invitable;
  }
}
