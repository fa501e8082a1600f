import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import {
  IsBirthDate,
  IsOptionalNotNull,
  IsPersonName,
  IsTelegramId,
  IsTimeZoneName,
  Nullable,
} from '../../../platform/http/index.js';
import { IsUsername } from './username.validator.js';
import { LANGUAGES, type Language, type UserStatus } from '../user.entity.js';

/** Changes of one's own account; fields that are left out stay as they are. */
export class UpdateAccountRequest {
  @ApiPropertyOptional({ example: 'María José' })
  @IsOptionalNotNull()
  @IsPersonName()
  first_name?: string;

  @Nullable({ type: 'string', example: 'Núñez O’Brien' })
  @IsPersonName()
  last_name?: string | null;

  @Nullable({ type: 'string', example: 'mari', description: '3 to 32 of a-z, 0-9, dot, hyphen, underscore' })
  @IsUsername()
  username?: string | null;

  @Nullable({
    type: 'integer',
    example: 123456789,
    description: 'A name to sign in with, beside the password; it never signs anybody in alone',
  })
  @IsTelegramId()
  telegram_id?: number | null;

  @ApiPropertyOptional({ enum: LANGUAGES })
  @IsOptionalNotNull()
  @IsIn(LANGUAGES)
  language?: Language;

  @ApiPropertyOptional({ example: 'Europe/Madrid' })
  @IsOptionalNotNull()
  @IsTimeZoneName()
  time_zone?: string;

  @Nullable({ type: 'string', format: 'date', example: '1984-02-29' })
  @IsBirthDate()
  birth_date?: string | null;
}

/** Changes of any account, by an admin. */
export class UpdateUserRequest extends UpdateAccountRequest {
  @ApiPropertyOptional({ enum: ['active', 'disabled'], description: '`disabled` ends every session at once' })
  @IsOptionalNotNull()
  @IsIn(['active', 'disabled'])
  status?: UserStatus;

  @Nullable({
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000_000,
    description: 'Requests per day of the family; null: what the server allows everybody',
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  max_requests_per_day?: number | null;
}
