import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { IsOptionalNotNull } from '../../../platform/http/index.js';
import { QUERY_LENGTH, TAGS } from './limits.js';

const TYPES = ['memory', 'turn'] as const;

/** What is looked for. */
export class SearchRequest {
  @ApiProperty({ example: 'What is Leo allergic to?', maxLength: QUERY_LENGTH })
  @IsString()
  @Length(1, QUERY_LENGTH)
  query!: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 10 })
  @IsOptionalNotNull()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  @ApiPropertyOptional({ enum: TYPES, isArray: true, description: 'Default: both' })
  @IsOptionalNotNull()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(TYPES, { each: true })
  types?: (typeof TYPES)[number][];

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptionalNotNull()
  @IsUUID()
  conversation_id?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptionalNotNull()
  @IsUUID()
  subject_id?: string;

  @ApiPropertyOptional({ type: [String] })
  @IsOptionalNotNull()
  @IsArray()
  @ArrayMaxSize(20)
  @Matches(/^[a-z][a-z0-9_-]{0,31}$/, { each: true, message: 'each of kinds must be 1 to 32 of a-z, 0-9, _ -' })
  kinds?: string[];

  @ApiPropertyOptional({ type: [String], description: 'Memories with any of these' })
  @IsOptionalNotNull()
  @IsArray()
  @ArrayMaxSize(TAGS)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  tags?: string[];

  @ApiPropertyOptional({ description: 'Said, or true at some time, from then on' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  from?: string;

  @ApiPropertyOptional({ description: 'Said, or true at some time, until then' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  to?: string;

  @ApiPropertyOptional({ description: 'What was true then', example: '2023-05-07' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  as_of?: string;

  @ApiPropertyOptional({ description: 'What we knew then' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  known_at?: string;

  @ApiPropertyOptional({ default: false, description: 'Tell how each score came about' })
  @IsOptionalNotNull()
  @IsBoolean()
  explain?: boolean;
}
