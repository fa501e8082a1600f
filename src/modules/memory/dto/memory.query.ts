import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { PageQuery } from '../../../platform/http/index.js';

const LISTED = ['live', 'superseded', 'contested', 'retracted', 'all'] as const;

/** Two times of which reads can be asked: when it was true, and when we knew it. */
export class TimeQuery {
  @ApiPropertyOptional({ description: 'What was true then', example: '2023-05-07' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  as_of?: string;

  @ApiPropertyOptional({ description: 'What we knew then', example: '2024-01-01' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  known_at?: string;
}

/** Filters of the list of memories. */
export class MemoriesQuery extends PageQuery implements TimeQuery {
  @ApiPropertyOptional({ enum: LISTED, default: 'live' })
  @IsOptional()
  @IsIn(LISTED)
  status?: (typeof LISTED)[number];

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  subject_id?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @Matches(/^[a-z][a-z0-9_-]{0,31}$/, { message: 'kind must be 1 to 32 of a-z, 0-9, _ -' })
  kind?: string;

  @ApiPropertyOptional({ example: 'home_location' })
  @IsOptional()
  @Matches(/^[a-z][a-z0-9_]{0,63}$/, { message: 'predicate must be 1 to 64 of a-z, 0-9, _' })
  predicate?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(64)
  tag?: string;

  @ApiPropertyOptional({ description: 'True at some time from then on' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  from?: string;

  @ApiPropertyOptional({ description: 'True at some time until then' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  to?: string;

  @ApiPropertyOptional({ description: 'What was true then', example: '2023-05-07' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  as_of?: string;

  @ApiPropertyOptional({ description: 'What we knew then', example: '2024-01-01' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  known_at?: string;
}
