import { ApiProperty } from '@nestjs/swagger';
import { FAMILY_ROLES, type FamilyRole } from '../../../platform/security/index.js';
import { FAMILY_LANGUAGES, type FamilyLanguage } from '../family.entity.js';
import { AGE_GROUPS, type AgeGroup, type Member } from '../member.entity.js';
import type { MemberRow } from '../members.repository.js';

/** A member of the family. */
export class MemberResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true, description: 'The account, where the member has one' })
  user_id!: string | null;

  @ApiProperty({ example: 'Leo' })
  first_name!: string;

  @ApiProperty({ type: 'string', nullable: true, example: 'Núñez' })
  last_name!: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 123456789 })
  telegram_id!: number | null;

  @ApiProperty({ enum: FAMILY_ROLES })
  role!: FamilyRole;

  @ApiProperty({ enum: AGE_GROUPS })
  age_group!: AgeGroup;

  @ApiProperty({ enum: FAMILY_LANGUAGES })
  language_preference!: FamilyLanguage;

  @ApiProperty({ type: [String], example: ['homework'] })
  active_skills!: readonly string[];

  @ApiProperty({ type: 'string', format: 'date', nullable: true, example: '2012-02-29' })
  birth_date!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export function toMemberResponse(member: Member): MemberResponse {
  return {
    id: member.id,
    user_id: member.userId,
    first_name: member.firstName,
    last_name: member.lastName,
    telegram_id: member.telegramId,
    role: member.role,
    age_group: member.ageGroup,
    language_preference: member.languagePreference,
    active_skills: member.activeSkills,
    birth_date: member.birthDate,
    created_at: member.createdAt.toISOString(),
    updated_at: member.updatedAt.toISOString(),
  };
}

/** The same from the hot list's row, which has the names of the answer already. */
export function rowToMemberResponse(row: MemberRow): MemberResponse {
  return {
    id: row.id,
    user_id: row.user_id,
    first_name: row.first_name,
    last_name: row.last_name,
    telegram_id: row.telegram_id,
    role: row.role,
    age_group: row.age_group,
    language_preference: row.language_preference,
    active_skills: row.active_skills,
    birth_date: row.birth_date,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
