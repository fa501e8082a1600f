import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import { IsOptionalNotNull, IsTimeZoneName, Trim } from '../../../platform/http/index.js';
import { FAMILY_LANGUAGES, type FamilyLanguage } from '../family.entity.js';
import { applyDecorators } from '@nestjs/common';

/** The name of a family: 1 to 100 characters, none of them control characters. */
export const IsFamilyName = (): PropertyDecorator =>
  applyDecorators(
    Trim(),
    Matches(/^[^\p{Cc}\p{Cf}<>]{1,100}$/u, { message: '$property must be 1 to 100 characters, without < and >' }),
  );

export class CreateFamilyRequest {
  @ApiProperty({ example: 'Núñez O’Brien' })
  @IsFamilyName()
  name!: string;

  @ApiPropertyOptional({ enum: FAMILY_LANGUAGES })
  @IsOptionalNotNull()
  @IsIn(FAMILY_LANGUAGES)
  language?: FamilyLanguage;

  @ApiPropertyOptional({ example: 'Europe/Madrid' })
  @IsOptionalNotNull()
  @IsTimeZoneName()
  time_zone?: string;
}

export class UpdateFamilyRequest extends PartialType(CreateFamilyRequest, { skipNullProperties: false }) {}
