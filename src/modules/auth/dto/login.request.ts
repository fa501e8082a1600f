import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { IsOptionalNotNull, IsTelegramId } from '../../../platform/http/index.js';
import type { Delivery } from '../session.entity.js';

/** Longest password that is looked at: refuses work for megabytes, accepts whatever a rule ever allowed. */
const LONGEST = 1024;
const EXAMPLE_PASSWORD = 'violet-harbour-93-teapots';

/** Members of an OAuth2 form (RFC 6749, section 4.3.2) that are accepted and mean nothing here. */
class OAuthForm {
  @ApiPropertyOptional({ description: 'OAuth2 form; ignored' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(1000)
  scope?: string;

  @ApiPropertyOptional({ description: 'OAuth2 form; ignored' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(200)
  client_id?: string;

  @ApiPropertyOptional({ description: 'OAuth2 form; ignored' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(200)
  client_secret?: string;
}

/** Exactly one of email, username and telegram_id, and the password. */
export class LoginRequest extends OAuthForm {
  @ApiPropertyOptional({ example: 'maria@example.org' })
  @IsOptionalNotNull()
  @IsString()
  @IsNotEmpty()
  @MaxLength(254)
  email?: string;

  @ApiPropertyOptional({ description: 'In an OAuth2 form it may also be an email or a telegram id' })
  @IsOptionalNotNull()
  @IsString()
  @IsNotEmpty()
  @MaxLength(254)
  username?: string;

  @ApiPropertyOptional({ type: 'integer' })
  @IsOptionalNotNull()
  @IsTelegramId()
  telegram_id?: number;

  @ApiProperty({ example: EXAMPLE_PASSWORD })
  @IsString()
  @IsNotEmpty()
  @MaxLength(LONGEST)
  password!: string;

  @ApiPropertyOptional({ default: false, description: 'A longer life of the session' })
  @Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : (value as unknown)))
  @IsOptionalNotNull()
  @IsBoolean()
  remember_me?: boolean;

  @ApiPropertyOptional({
    enum: ['body', 'cookie'],
    default: 'body',
    description: '`cookie` for web apps: the tokens are set as cookies',
  })
  @IsOptionalNotNull()
  @IsIn(['body', 'cookie'])
  delivery?: Delivery;

  @ApiPropertyOptional({ enum: ['password'], description: 'OAuth2 form' })
  @IsOptionalNotNull()
  @IsIn(['password', ''])
  grant_type?: string;
}

/** The token endpoint of OAuth2 (RFC 6749): grants `password` and `refresh_token`. */
export class TokenRequest extends OAuthForm {
  @ApiProperty({ enum: ['password', 'refresh_token'], example: 'password' })
  @IsString()
  @MaxLength(100)
  grant_type!: string;

  @ApiPropertyOptional({ example: 'maria@example.org', description: 'Email, username or telegram id; for `password`' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(254)
  username?: string;

  @ApiPropertyOptional({ example: EXAMPLE_PASSWORD, description: 'For `password`' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(LONGEST)
  password?: string;

  @ApiPropertyOptional({ description: 'For `refresh_token`' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(256)
  refresh_token?: string;
}

export class RefreshRequest {
  @ApiPropertyOptional({
    example: '3q2-7wPKp0mB1sYl9xJ4nC8uT5vR6zE0aQfHdGkLiXo',
    description: 'Not needed where the token is in a cookie',
  })
  @IsOptionalNotNull()
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  refresh_token?: string;
}

export class ChangePasswordRequest {
  @ApiProperty({ example: EXAMPLE_PASSWORD })
  @IsString()
  @IsNotEmpty()
  @MaxLength(LONGEST)
  current_password!: string;

  @ApiProperty({ minLength: 12, maxLength: 128, example: 'copper-lantern-27-orchards' })
  @IsString()
  new_password!: string;
}
