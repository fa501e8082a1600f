import { Injectable } from '@nestjs/common';
import { managerOf, runNamed, type Transaction } from '../../platform/database/index.js';
import { Family } from './family.entity.js';
import type { FamilyRole } from '../../platform/security/index.js';

export interface MembershipRow {
  readonly id: string;
  readonly name: string;
  readonly role: FamilyRole;
  readonly member_id: string;
}

export interface FormerMembershipRow {
  readonly family_id: string;
  readonly member_id: string;
  readonly left_at: Date;
}

const FIND = {
  name: 'family',
  text: `SELECT id, name, language, time_zone AS "timeZone", created_at AS "createdAt", updated_at AS "updatedAt"
    FROM families WHERE id = $1`,
};

/** Every query on families. Row-level security shows the active family and those one belongs to. */
@Injectable()
export class FamilyRepository {
  async insert(tx: Transaction, family: Family): Promise<void> {
    await managerOf(tx).insert(Family, family);
  }

  async allIds(tx: Transaction): Promise<string[]> {
    const rows = await managerOf(tx).find(Family, { select: { id: true }, order: { id: 'ASC' } });
    return rows.map(({ id }) => id);
  }

  async find(tx: Transaction, id: string): Promise<Family | null> {
    const [family] = await runNamed<Family>(tx, FIND, [id]);
    return family ?? null;
  }

  async delete(tx: Transaction, id: string): Promise<boolean> {
    return (await managerOf(tx).delete(Family, { id })).affected === 1;
  }

  /** Locks the family, so that rules over all its members are decided one change at a time. */
  lock(tx: Transaction, id: string): Promise<Family | null> {
    return managerOf(tx).findOne(Family, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** The same; whoever only refers to the family, as a new key does, waits for nothing. */
  async hold(tx: Transaction, id: string): Promise<void> {
    await managerOf(tx).findOne(Family, { where: { id }, lock: { mode: 'for_no_key_update' } });
  }

  async update(tx: Transaction, id: string, changes: Partial<Family>): Promise<void> {
    await managerOf(tx).update(Family, { id }, { ...changes, updatedAt: new Date() });
  }

  /** The families of a person, in the order of joining. */
  memberships(tx: Transaction, userId: string): Promise<MembershipRow[]> {
    return managerOf(tx).query<MembershipRow[]>(
      `SELECT f.id, f.name, m.role, m.id AS member_id FROM members m JOIN families f ON f.id = m.family_id
       WHERE m.user_id = $1 ORDER BY m.created_at, m.id`,
      [userId],
    );
  }

  /** Which members of which families a person was and is no more; a trigger writes it down. Needs the sight of accounts. */
  formerMemberships(tx: Transaction, userId: string): Promise<FormerMembershipRow[]> {
    return managerOf(tx).query<FormerMembershipRow[]>(
      'SELECT family_id, member_id, left_at FROM former_members WHERE user_id = $1 ORDER BY left_at, member_id',
      [userId],
    );
  }
}
