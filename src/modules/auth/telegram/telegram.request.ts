import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsNotEmpty, IsString, MaxLength, ValidateNested } from 'class-validator';
import { IsOptionalNotNull } from '../../../platform/http/index.js';
import type { Delivery } from '../session.entity.js';

/** What the login widget hands over, as it is. */
export class WidgetRequest {
  @ApiPropertyOptional({ type: 'integer' })
  @IsInt()
  id!: number;

  @ApiPropertyOptional()
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(256)
  first_name?: string;

  @ApiPropertyOptional()
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(256)
  last_name?: string;

  @ApiPropertyOptional()
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  username?: string;

  @ApiPropertyOptional()
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(1000)
  photo_url?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Seconds since 1970' })
  @IsInt()
  auth_date!: number;

  @ApiPropertyOptional()
  @IsString()
  @MaxLength(64)
  hash!: string;
}

/** Exactly one of `widget` and `init_data`. */
export class TelegramProofRequest {
  @ApiPropertyOptional({ type: WidgetRequest, description: 'Of the login widget' })
  @IsOptionalNotNull()
  @ValidateNested()
  @Type(() => WidgetRequest)
  widget?: WidgetRequest;

  @ApiPropertyOptional({
    example: 'auth_date=1763700000&user=%7B%22id%22%3A123456789%7D&hash=00',
    description: 'Of a Mini App: `Telegram.WebApp.initData`',
  })
  @IsOptionalNotNull()
  @IsString()
  @IsNotEmpty()
  @MaxLength(8192)
  init_data?: string;
}

export class TelegramLoginRequest extends TelegramProofRequest {
  @ApiPropertyOptional({ default: false })
  @IsOptionalNotNull()
  @IsBoolean()
  remember_me?: boolean;

  @ApiPropertyOptional({ enum: ['body', 'cookie'], default: 'body' })
  @IsOptionalNotNull()
  @IsIn(['body', 'cookie'])
  delivery?: Delivery;
}
