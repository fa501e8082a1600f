import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsIn, IsString, MaxLength } from 'class-validator';
import { IsOptionalNotNull, IsPersonName, IsTimeZoneName } from '../../../platform/http/index.js';
import { IsFamilyName } from '../../family/index.js';
import { IsUsername, LANGUAGES, type Language } from '../../users/index.js';
import { normaliseEmail } from '../sign-in-name.js';
import { PASSWORD_MAX, PASSWORD_MIN } from '../password/password-rules.js';

const EXAMPLE_PASSWORD = 'violet-harbour-93-teapots';

export class RegisterRequest {
  @ApiProperty({ format: 'email', example: 'maria@example.org' })
  @Transform(({ value }) => (typeof value === 'string' ? normaliseEmail(value) : (value as unknown)))
  @IsEmail({}, { message: 'email must be an email address' })
  @MaxLength(254)
  email!: string;

  @ApiProperty({
    example: EXAMPLE_PASSWORD,
    minLength: PASSWORD_MIN,
    maxLength: PASSWORD_MAX,
    description: 'Any characters; refused when it is one of the common ones. Every broken rule is reported.',
  })
  @IsString()
  password!: string;

  @ApiPropertyOptional({ example: 'maria', description: '3 to 32 of a-z, 0-9, dot, hyphen, underscore' })
  @IsOptionalNotNull()
  @IsUsername()
  username?: string;

  @ApiProperty({ example: 'María' })
  @IsPersonName()
  first_name!: string;

  @ApiPropertyOptional({ example: 'Núñez' })
  @IsOptionalNotNull()
  @IsPersonName()
  last_name?: string;

  @ApiPropertyOptional({ enum: LANGUAGES, default: 'en' })
  @IsOptionalNotNull()
  @IsIn(LANGUAGES)
  language?: Language;

  @ApiPropertyOptional({ example: 'Europe/Madrid', default: 'UTC' })
  @IsOptionalNotNull()
  @IsTimeZoneName()
  time_zone?: string;

  @ApiPropertyOptional({
    example: 'Núñez O’Brien',
    description: 'Name of the family that is founded; default: your last name',
  })
  @IsOptionalNotNull()
  @IsFamilyName()
  family_name?: string;

  @ApiPropertyOptional({ description: 'Code of an invitation, as 7K2M-9QXA-R4TD; you join its family' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(40)
  invitation?: string;

  @ApiPropertyOptional({
    description: 'For the first account of a server that other machines can reach; printed at its start',
  })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  setup_token?: string;
}
