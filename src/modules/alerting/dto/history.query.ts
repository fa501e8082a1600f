import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { IsInstant, IsOptionalNotNull, PageQuery } from '../../../platform/http/index.js';
import { SEVERITIES, type Severity } from '../alert.js';

/** What the history can be narrowed to. */
export class AlertHistoryQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Name of a rule', example: 'DatabaseDown', maxLength: 1024 })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(1024)
  rule?: string;

  @ApiPropertyOptional({ enum: SEVERITIES })
  @IsOptionalNotNull()
  @IsIn(SEVERITIES)
  severity?: Severity;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Begun not before this time',
    example: '2026-01-31T08:00:00Z',
  })
  @IsOptionalNotNull()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Begun before this time', example: '2026-02-01' })
  @IsOptionalNotNull()
  @IsInstant()
  to?: string;
}
