import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsOptionalNotNull, Nullable, Trim } from '../../../platform/http/index.js';
import { TURN_ROLES, type TurnRole } from '../conversations/conversation.entity.js';
import { BATCH_SIZE, CONTENT_LENGTH } from './limits.js';
import { ShareRequest } from './memory.request.js';

/** A conversation to be had. */
export class CreateConversationRequest extends ShareRequest {
  @Nullable({ type: 'string', maxLength: 200, example: 'Holiday plans' })
  @Trim()
  @IsString()
  @Length(1, 200)
  title?: string | null;

  @Nullable({ type: 'boolean', description: "Read facts from users' turns. Default: as the family has set" })
  @IsBoolean()
  extract?: boolean | null;
}

/** Changes; fields that are left out stay as they are. */
export class UpdateConversationRequest extends CreateConversationRequest {}

/** What somebody said. */
export class TurnRequest {
  @Nullable({ type: 'string', maxLength: 100, description: 'A member’s id or any name. Default: who is signed in' })
  @Trim()
  @IsString()
  @Length(1, 100)
  speaker?: string | null;

  @ApiProperty({ enum: TURN_ROLES, example: 'user' })
  @IsIn(TURN_ROLES)
  role!: TurnRole;

  @ApiProperty({ maxLength: CONTENT_LENGTH, example: 'We moved to Lisbon last month' })
  @IsString()
  @Length(1, CONTENT_LENGTH)
  content!: string;

  @Nullable({ type: 'string', description: 'Default: now', example: '2023-05-07T09:30:00Z' })
  @IsString()
  @MaxLength(64)
  occurred_at?: string | null;

  @ApiPropertyOptional({
    type: Object,
    additionalProperties: true,
    description: 'At most 8 KiB of JSON, 5 levels deep',
  })
  @IsOptionalNotNull()
  @IsObject()
  metadata?: Record<string, unknown>;
}

/** Up to 500 turns, all or none. */
export class CreateTurnsRequest {
  @ApiProperty({
    type: [TurnRequest],
    maxItems: BATCH_SIZE,
    example: [{ role: 'user', content: 'We moved to Lisbon last month' }],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(BATCH_SIZE)
  // A list in the list has no fields that could be wrong.
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => TurnRequest)
  turns!: TurnRequest[];
}

/** `?limit=` and `?cursor=` of the turns of a conversation, which are in the order of their numbers. */
export class TurnsQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 100, default: 20, type: 'integer' })
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : (value as unknown)))
  @IsOptionalNotNull()
  @IsInt({ message: 'limit must be a whole number from 1 to 100' })
  @Min(1)
  @Max(100)
  limit = 20;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(512)
  cursor?: string;
}
