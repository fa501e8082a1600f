import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, OmitType, PartialType } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsNumber,
  IsObject,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsOptionalNotNull, Nullable } from '../../../platform/http/index.js';
import { VISIBILITIES, type Visibility } from '../memory.entity.js';
import { AUDIENCE_SIZE, BATCH_SIZE, CONTENT_LENGTH, TAGS } from './limits.js';

const KIND = /^[a-z][a-z0-9_-]{0,31}$/;
const TAG = /^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N} ._:/-]{0,63}$/u;
const TIME = 'A time, a day, a month or a year: "2023-05-07T09:30:00Z", "2023-05-07", "May 2023", "2019"';

/** Between 0 and 1, to the millionth, which is what answers show: a column of four bytes cannot hold the tiniest numbers. */
function IsShare(): PropertyDecorator {
  const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'number' && value >= 0 && value <= 1 ? rounded(value) : value,
    ),
    IsNumber(),
    Min(0),
    Max(1),
  );
}

/** Who may see something. */
export class ShareRequest {
  @ApiPropertyOptional({ enum: VISIBILITIES, default: 'private', example: 'family' })
  @IsOptionalNotNull()
  @IsIn(VISIBILITIES)
  visibility?: Visibility;

  @ApiPropertyOptional({ type: [String], format: 'uuid', description: 'Members, for the visibility `audience`' })
  @IsOptionalNotNull()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(AUDIENCE_SIZE)
  @ArrayUnique()
  @IsUUID('all', { each: true })
  audience?: string[];
}

/** Something to be remembered. */
export class CreateMemoryRequest extends ShareRequest {
  @ApiProperty({ example: 'Leo is allergic to peanuts', maxLength: CONTENT_LENGTH })
  @IsString()
  @Length(1, CONTENT_LENGTH)
  content!: string;

  @ApiPropertyOptional({ example: 'health', description: 'Default: from the statement, else `note`' })
  @IsOptionalNotNull()
  @Matches(KIND, { message: 'kind must be 1 to 32 of a-z, 0-9, _ -' })
  kind?: string;

  @Nullable({ type: 'string', format: 'uuid', description: 'The member it is about. Default: as the words say' })
  @IsUUID()
  subject_id?: string | null;

  @ApiPropertyOptional({ minimum: 0, maximum: 1, default: 0.5 })
  @IsOptionalNotNull()
  @IsShare()
  importance?: number;

  @ApiPropertyOptional({ minimum: 0, maximum: 1 })
  @IsOptionalNotNull()
  @IsShare()
  confidence?: number;

  @Nullable({ type: 'string', description: `From when it is true. ${TIME}` })
  @IsString()
  @MaxLength(64)
  valid_from?: string | null;

  @Nullable({ type: 'string', description: 'Until when it is true; a day, month or year counts in full' })
  @IsString()
  @MaxLength(64)
  valid_to?: string | null;

  @ApiPropertyOptional({ type: [String], example: ['health'] })
  @IsOptionalNotNull()
  @IsArray()
  @ArrayMaxSize(TAGS)
  @ArrayUnique()
  @Matches(TAG, { each: true, message: 'each of tags must be 1 to 64 letters, digits, spaces or . _ : / -' })
  tags?: string[];

  @ApiPropertyOptional({
    type: Object,
    additionalProperties: true,
    description: 'At most 8 KiB of JSON, 5 levels deep',
  })
  @IsOptionalNotNull()
  @IsObject()
  metadata?: Record<string, unknown>;
}

/** Up to 500 memories, all or none. */
export class CreateMemoriesRequest {
  @ApiProperty({
    type: [CreateMemoryRequest],
    maxItems: BATCH_SIZE,
    example: [{ content: 'Leo is allergic to peanuts', visibility: 'family' }],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(BATCH_SIZE)
  // A list in the list has no fields that could be wrong.
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CreateMemoryRequest)
  memories!: CreateMemoryRequest[];
}

/** Changes make a new version; fields that are left out stay as they are. */
export class UpdateMemoryRequest extends PartialType(
  OmitType(CreateMemoryRequest, ['visibility', 'audience'] as const),
  { skipNullProperties: false },
) {}

/** Why something is not so. */
export class ContestRequest {
  @Nullable({ type: 'string', maxLength: 500 })
  @IsString()
  @MaxLength(500)
  reason?: string | null;
}
