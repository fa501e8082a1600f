import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import { IsOptionalNotNull } from '../../../../platform/http/index.js';
import type { Delivery } from '../../session.entity.js';

const RETURN_TO =
  'A page to come back to, one of `SIGN_IN_RETURN_URLS`; after a failure it gets the code as `?error=`. Without one the answer is JSON';

/** How somebody wants to sign in by a provider. */
export class ProviderLoginQuery {
  @ApiPropertyOptional({ enum: ['body', 'cookie'], default: 'body', description: '`cookie` for web apps' })
  @IsOptionalNotNull()
  @IsIn(['body', 'cookie'])
  delivery?: Delivery;

  @ApiPropertyOptional({ default: false, type: Boolean })
  @Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : (value as unknown)))
  @IsOptionalNotNull()
  @IsBoolean()
  remember_me?: boolean;

  @ApiPropertyOptional({ description: `${RETURN_TO}. Needs \`delivery=cookie\`: tokens never stand in an address` })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(500)
  return_to?: string;

  @ApiPropertyOptional({ description: 'Code of an invitation, as 7K2M-9QXA-R4TD, for a new account' })
  @IsOptionalNotNull()
  // As people type it, and messengers change it.
  @Transform(({ value }) => (typeof value === 'string' ? value.replaceAll(/[\p{Pd}\s]/gu, '') : (value as unknown)))
  @Matches(/^[0-9A-Za-z]{1,40}$/, { message: 'invitation must be a code such as 7K2M-9QXA-R4TD' })
  invitation?: string;
}

export class LinkRequest {
  @ApiProperty({ example: 'google' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(32)
  provider!: string;

  @ApiPropertyOptional({ description: RETURN_TO })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(500)
  return_to?: string;
}
