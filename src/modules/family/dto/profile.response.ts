import { ApiProperty } from '@nestjs/swagger';
import { FAMILY_ROLES, type FamilyRole } from '../../../platform/security/index.js';
import { FAMILY_LANGUAGES, type FamilyLanguage } from '../family.entity.js';

/** What the account and the family say of somebody; the memory module adds what it has learned. */
export class ProfileResponse {
  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  user_id!: string | null;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  member_id!: string | null;

  @ApiProperty({ example: 'Leo Núñez' })
  name!: string;

  @ApiProperty({ enum: FAMILY_LANGUAGES })
  language!: FamilyLanguage;

  @ApiProperty({ enum: FAMILY_ROLES, nullable: true, type: 'string' })
  role!: FamilyRole | null;

  @ApiProperty({ example: 'Europe/Madrid' })
  time_zone!: string;

  @ApiProperty({ type: 'string', format: 'date', nullable: true, example: '2012-02-29' })
  birth_date!: string | null;
}
