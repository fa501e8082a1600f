import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../platform/audit/index.js';
import { LimitsConfig } from '../../platform/config/index.js';
import { lockInTransaction, TransactionRunner, type Transaction } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { AccountsService } from '../users/index.js';
import type { CreateFamilyRequest, UpdateFamilyRequest } from './dto/family.request.js';
import {
  toFamilyResponse,
  toMembershipsResponse,
  type FamilyResponse,
  type MembershipsResponse,
} from './dto/family.response.js';
import type { Family } from './family.entity.js';
import { FamilyError } from './family.errors.js';
import { FamilyRepository } from './family.repository.js';
import type { Member } from './member.entity.js';
import { MembersRepository } from './members.repository.js';
import { OnboardingService } from './onboarding.service.js';

/** A family and who belongs to it. */
export interface Household {
  readonly family: Family;
  readonly members: readonly Member[];
}

/** Use cases around families: the active one, all of one's own, another one. */
@Injectable()
export class FamilyService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly families: FamilyRepository,
    private readonly members: MembersRepository,
    private readonly onboarding: OnboardingService,
    private readonly accounts: AccountsService,
    private readonly trail: AuditTrail,
    private readonly limits: LimitsConfig,
  ) {}

  async active(principal: Principal): Promise<FamilyResponse> {
    return this.runner.run(principal, async (tx) => toFamilyResponse(await this.requireActive(tx, principal)));
  }

  async update(principal: Principal, { name, language, time_zone }: UpdateFamilyRequest): Promise<FamilyResponse> {
    return this.runner.run(principal, async (tx) => {
      const { id } = await this.requireActive(tx, principal);
      await this.families.update(tx, id, {
        ...(name === undefined ? {} : { name }),
        ...(language === undefined ? {} : { language }),
        ...(time_zone === undefined ? {} : { timeZone: time_zone }),
      });
      await this.trail.record(tx, { ...by(principal, 'family.update'), targetType: 'family', targetId: id });
      return toFamilyResponse(await this.requireActive(tx, principal));
    });
  }

  async memberships(principal: Principal): Promise<MembershipsResponse> {
    return this.runner.run(principal, async (tx) =>
      toMembershipsResponse(await this.families.memberships(tx, principal.userId), principal.familyId),
    );
  }

  /** Founds another family with the caller as its parent. @throws FamilyError `too_many_families` */
  async found(principal: Principal, { name, language, time_zone }: CreateFamilyRequest): Promise<FamilyResponse> {
    return this.runner.run(principal, async (tx) => {
      await lockInTransaction(tx, `families of ${principal.userId}`);
      const memberships = await this.families.memberships(tx, principal.userId);
      if (memberships.filter(({ role }) => role === 'parent').length >= this.limits.familiesPerUser)
        throw new FamilyError('too_many_families');
      const user = await this.accounts.find(tx, principal.userId);
      if (!user) throw new FamilyError('family_not_found');
      const chosen = { ...user, language: language ?? user.language, timeZone: time_zone ?? user.timeZone };
      return toFamilyResponse((await this.onboarding.found(tx, chosen, name)).family);
    });
  }

  /**
   * A family that the person belongs to.
   * @throws FamilyError `family_not_found` for any other
   */
  async requireOwn(tx: Transaction, userId: string, familyId: string): Promise<{ id: string; name: string }> {
    const membership = (await this.families.memberships(tx, userId)).find(({ id }) => id === familyId);
    if (!membership) throw new FamilyError('family_not_found');
    return { id: membership.id, name: membership.name };
  }

  /** Every family of the server, for background jobs that go from one to the next. */
  allIds(): Promise<string[]> {
    return this.runner.runAsWorker(null, (tx) => this.families.allIds(tx));
  }

  /** A visible family with all its members. @throws FamilyError `family_not_found` */
  async household(tx: Transaction, familyId: string): Promise<Household> {
    const family = await this.families.find(tx, familyId);
    if (!family) throw new FamilyError('family_not_found');
    return { family, members: await this.members.all(tx, familyId) };
  }

  /** The name of a visible family. */
  find(tx: Transaction, familyId: string): Promise<Family | null> {
    return this.families.find(tx, familyId);
  }

  private async requireActive(tx: Transaction, { familyId }: Principal): Promise<Family> {
    const family = familyId === null ? null : await this.families.find(tx, familyId);
    if (!family) throw new FamilyError('no_family');
    return family;
  }
}
