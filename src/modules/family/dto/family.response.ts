import { ApiProperty } from '@nestjs/swagger';
import { FAMILY_ROLES, type FamilyRole } from '../../../platform/security/index.js';
import { FAMILY_LANGUAGES, type Family, type FamilyLanguage } from '../family.entity.js';
import type { MembershipRow } from '../family.repository.js';

export class FamilyResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Núñez O’Brien' })
  name!: string;

  @ApiProperty({ enum: FAMILY_LANGUAGES })
  language!: FamilyLanguage;

  @ApiProperty({ example: 'Europe/Madrid' })
  time_zone!: string;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;
}

export class MembershipResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Núñez O’Brien' })
  name!: string;

  @ApiProperty({ enum: FAMILY_ROLES, description: 'Your role there' })
  role!: FamilyRole;

  @ApiProperty({ format: 'uuid', description: 'Your member id there' })
  member_id!: string;

  @ApiProperty({ description: 'Whether requests of this session act in it' })
  active!: boolean;
}

export class MembershipsResponse {
  @ApiProperty({ type: [MembershipResponse] })
  data!: MembershipResponse[];
}

export const toFamilyResponse = (family: Family): FamilyResponse => ({
  id: family.id,
  name: family.name,
  language: family.language,
  time_zone: family.timeZone,
  created_at: family.createdAt.toISOString(),
});

export const toMembershipsResponse = (
  rows: readonly MembershipRow[],
  activeId: string | null,
): MembershipsResponse => ({
  data: rows.map((row) => ({
    id: row.id,
    name: row.name,
    role: row.role,
    member_id: row.member_id,
    active: row.id === activeId,
  })),
});
