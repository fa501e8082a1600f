import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, Matches } from 'class-validator';
import { IsBirthDate, IsOptionalNotNull, IsPersonName, IsTelegramId, Nullable } from '../../../platform/http/index.js';
import { FAMILY_ROLES, type FamilyRole } from '../../../platform/security/index.js';
import { FAMILY_LANGUAGES, type FamilyLanguage } from '../family.entity.js';
import { AGE_GROUPS, type AgeGroup } from '../member.entity.js';

/** A member of the family, who need not have an account. */
export class CreateMemberRequest {
  @ApiProperty({ example: 'Leo' })
  @IsPersonName()
  first_name!: string;

  @Nullable({ type: 'string', example: 'Núñez' })
  @IsPersonName()
  last_name?: string | null;

  @Nullable({ type: 'integer', example: 123456789 })
  @IsTelegramId()
  telegram_id?: number | null;

  @ApiProperty({ enum: FAMILY_ROLES, example: 'teenager' })
  @IsIn(FAMILY_ROLES)
  role!: FamilyRole;

  @ApiPropertyOptional({ enum: AGE_GROUPS, description: 'Default: the usual one of the role' })
  @IsOptionalNotNull()
  @IsIn(AGE_GROUPS)
  age_group?: AgeGroup;

  @ApiPropertyOptional({ enum: FAMILY_LANGUAGES, default: 'en' })
  @IsOptionalNotNull()
  @IsIn(FAMILY_LANGUAGES)
  language_preference?: FamilyLanguage;

  @ApiPropertyOptional({
    type: [String],
    example: ['homework'],
    description: 'At most 50, each 1 to 64 of a-z, 0-9, . _ -',
  })
  @IsOptionalNotNull()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @Matches(/^[a-z0-9][a-z0-9._-]{0,63}$/, {
    each: true,
    message: 'each of active_skills must be 1 to 64 of a-z, 0-9, . _ -',
  })
  active_skills?: string[];

  @Nullable({ type: 'string', format: 'date', example: '2012-02-29' })
  @IsBirthDate()
  birth_date?: string | null;
}

/** Changes; fields that are left out stay as they are. */
export class UpdateMemberRequest extends PartialType(CreateMemberRequest, { skipNullProperties: false }) {}
