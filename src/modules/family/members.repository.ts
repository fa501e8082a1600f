import { Injectable } from '@nestjs/common';
import {
  isUniqueViolation,
  managerOf,
  runNamed,
  TransactionRunner,
  viewerStatement,
  type Transaction,
  type Viewer,
} from '../../platform/database/index.js';
import type { Position } from '../../platform/http/index.js';
import type { FamilyRole } from '../../platform/security/index.js';
import { FamilyError } from './family.errors.js';
import type { FamilyLanguage } from './family.entity.js';
import { Member, type AgeGroup } from './member.entity.js';

/** A member as the hot list reads it. */
export interface MemberRow {
  readonly id: string;
  readonly user_id: string | null;
  readonly first_name: string;
  readonly last_name: string | null;
  readonly telegram_id: number | null;
  readonly role: FamilyRole;
  readonly age_group: AgeGroup;
  readonly language_preference: FamilyLanguage;
  readonly active_skills: string[];
  readonly birth_date: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly sort_key: string;
}

const PAGE = viewerStatement(
  'members-page',
  `SELECT m.id, m.user_id, m.first_name, m.last_name, m.telegram_id::float8 AS telegram_id, m.role, m.age_group,
     m.language_preference, m.active_skills, m.birth_date, m.created_at, m.updated_at, m.created_at::text AS sort_key
   FROM members m
   WHERE m.family_id = viewer.family_id
     AND ($4::timestamptz IS NULL OR (m.created_at, m.id) > ($4::timestamptz, $5::uuid))
   ORDER BY m.created_at, m.id
   LIMIT $3::int`,
);

const ALL = {
  name: 'members-all',
  text: `SELECT id, family_id AS "familyId", user_id AS "userId", first_name AS "firstName", last_name AS "lastName",
      telegram_id::float8 AS "telegramId", role, age_group AS "ageGroup", language_preference AS "languagePreference",
      active_skills AS "activeSkills", birth_date AS "birthDate", has_own_things AS "hasOwnThings", created_at AS "createdAt", updated_at AS "updatedAt"
    FROM members WHERE family_id = $1 ORDER BY created_at, id`,
};

/** Every query on members. */
@Injectable()
export class MembersRepository {
  constructor(private readonly runner: TransactionRunner) {}

  /** The members of the viewer's family in the order of joining; one row more than `limit` where there are more. */
  page(viewer: Viewer, limit: number, after: Position | undefined): Promise<MemberRow[]> {
    return this.runner.read<MemberRow>(PAGE, viewer, [limit + 1, after?.at ?? null, after?.id ?? null]);
  }

  find(tx: Transaction, familyId: string, id: string): Promise<Member | null> {
    return managerOf(tx).findOneBy(Member, { familyId, id });
  }

  /** In the order of joining. */
  all(tx: Transaction, familyId: string): Promise<Member[]> {
    return runNamed<Member>(tx, ALL, [familyId]);
  }

  findByUser(tx: Transaction, familyId: string, userId: string): Promise<Member | null> {
    return managerOf(tx).findOneBy(Member, { familyId, userId });
  }

  /** @throws FamilyError when the telegram id or the account is in the family already */
  async insert(tx: Transaction, member: Member): Promise<void> {
    await unique(() => managerOf(tx).insert(Member, member));
  }

  /** @throws FamilyError as `insert` */
  async update(tx: Transaction, familyId: string, id: string, changes: Partial<Member>): Promise<void> {
    await unique(() => managerOf(tx).update(Member, { familyId, id }, { ...changes, updatedAt: new Date() }));
  }

  async delete(tx: Transaction, familyId: string, id: string): Promise<void> {
    await managerOf(tx).delete(Member, { familyId, id });
  }

  /** Other members with an account, how many of these are not about to be erased, and the parents who can sign in. Needs the sight of accounts. */
  async countAccountsBesides(
    tx: Transaction,
    familyId: string,
    memberId: string,
  ): Promise<{ others: number; staying: number; otherParents: number }> {
    const [row] = await managerOf(tx).query<{ others: number; staying: number; otherParents: number }[]>(
      `SELECT count(*)::int AS others, (count(*) FILTER (WHERE NOT u.is_leaving))::int AS staying,
         app.count_parents_besides($1, $2) AS "otherParents"
       FROM members m JOIN (SELECT id, status IN ('closing', 'erasing') AS is_leaving FROM users) u ON u.id = m.user_id
       WHERE m.family_id = $1 AND m.id <> $2`,
      [familyId, memberId],
    );
    return row ?? { others: 0, staying: 0, otherParents: 0 };
  }

  /** Parents besides this member who can sign in: accounts that are closed, closing or live on devices do not count. */
  async countParentsBesides(tx: Transaction, familyId: string, memberId: string): Promise<number> {
    const [row] = await managerOf(tx).query<{ parents: number }[]>(
      'SELECT app.count_parents_besides($1, $2) AS parents',
      [familyId, memberId],
    );
    return row?.parents ?? 0;
  }
}

async function unique(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (isUniqueViolation(error, 'members_family_user_key')) throw new FamilyError('already_member');
    if (!isUniqueViolation(error, 'members_family_telegram_key')) throw error;
    throw new FamilyError('member_telegram_id_taken', {
      errors: [{ field: 'telegram_id', messages: ['already exists in the family'] }],
    });
  }
}
