import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { PageQuery, IsOptionalNotNull } from '../../../platform/http/index.js';

const LISTED = ['live', 'superseded', 'contested', 'retracted', 'all'] as const;

/** Two times of which reads can be asked: when it was true, and when we knew it. */
export class TimeQuery {
  @ApiPropertyOptional({ description: 'What was true then', example: '2023-05-07' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  as_of?: string;

  @ApiPropertyOptional({ description: 'What we knew then', example: '2024-01-01' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  known_at?: string;
}

/** Filters of the list of memories. */
export class MemoriesQuery extends PageQuery implements TimeQuery {
  @ApiPropertyOptional({ enum: LISTED, default: 'live' })
  @IsOptionalNotNull()
  @IsIn(LISTED)
  status?: (typeof LISTED)[number];

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptionalNotNull()
  @IsUUID()
  subject_id?: string;

  @ApiPropertyOptional()
  @IsOptionalNotNull()
  @Matches(/^[a-z][a-z0-9_-]{0,31}$/, { message: 'kind must be 1 to 32 of a-z, 0-9, _ -' })
  kind?: string;

  @ApiPropertyOptional({ example: 'home_location' })
  @IsOptionalNotNull()
  @Matches(/^[a-z][a-z0-9_]{0,63}$/, { message: 'predicate must be 1 to 64 of a-z, 0-9, _' })
  predicate?: string;

  @ApiPropertyOptional()
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  tag?: string;

  @ApiPropertyOptional({ description: 'True at some time from then on' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  from?: string;

  @ApiPropertyOptional({ description: 'True at some time until then' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  to?: string;

  @ApiPropertyOptional({ description: 'What was true then', example: '2023-05-07' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  as_of?: string;

  @ApiPropertyOptional({ description: 'What we knew then', example: '2024-01-01' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  known_at?: string;
}
