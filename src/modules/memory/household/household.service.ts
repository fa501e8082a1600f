import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { FamilyService, familyOf, type Member } from '../../family/index.js';
import { AudiencesRepository } from '../sharing/audiences.repository.js';
import type { Memory } from '../memory.entity.js';
import { canRead, type Viewer } from '../memory.policy.js';
import { Scopes } from '../sharing/scopes.js';

/** What decisions about memories need to know of a family, read in the transaction that decides. */
export interface Household {
  readonly familyId: string;
  /** IANA name: times that people name are times there. */
  readonly timeZone: string;
  readonly language: 'en' | 'es' | 'bilingual';
  readonly people: ReadonlyMap<string, Member>;
  readonly scopes: Scopes;
}

/** Somebody in their household. */
export interface Insider extends Household {
  readonly viewer: Viewer;
}

/** Reads households. */
@Injectable()
export class HouseholdService {
  constructor(
    private readonly families: FamilyService,
    private readonly audiences: AudiencesRepository,
  ) {}

  /** @throws FamilyError `no_family`, `family_not_found` */
  async of(tx: Transaction, principal: Principal): Promise<Insider> {
    const household = await this.read(tx, familyOf(principal));
    const me = household.people.get(principal.memberId ?? '');
    // The session's own member: the database has just verified it.
    const role = me?.role ?? principal.familyRole ?? 'child';
    return { ...household, viewer: { familyId: household.familyId, memberId: principal.memberId ?? '', role } };
  }

  /** The same household with all audiences that rows are shown to: one may have been made since it was read. */
  async knowing<Known extends Household>(
    tx: Transaction,
    household: Known,
    rows: readonly Pick<Memory, 'scopeId' | 'ownerId'>[],
  ): Promise<Known> {
    if (rows.every((row) => household.scopes.knows(row))) return household;
    return { ...household, scopes: new Scopes(household.familyId, await this.audiences.visible(tx)) };
  }

  /** The scopes that the viewer may read of: for a background job, which sees more than whom it works for. */
  async readableScopes(tx: Transaction, { familyId, people, scopes, viewer }: Insider): Promise<string[]> {
    const owned = [familyId, ...people.keys()].map((id) => ({ id, ownerId: id }));
    return [...owned, ...(await this.audiences.visible(tx))]
      .filter(({ id, ownerId }) => canRead(viewer, scopes.guarded({ familyId, scopeId: id, ownerId }, people)))
      .map(({ id }) => id);
  }

  async read(tx: Transaction, familyId: string): Promise<Household> {
    const { family, members } = await this.families.household(tx, familyId);
    return {
      familyId,
      timeZone: family.timeZone,
      language: family.language,
      people: new Map(members.map((member) => [member.id, member])),
      scopes: new Scopes(familyId, await this.audiences.visible(tx)),
    };
  }
}
