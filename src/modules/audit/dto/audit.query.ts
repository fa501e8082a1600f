import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsIn, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { IsInstant, IsOptionalNotNull, PageQuery } from '../../../platform/http/index.js';

const OUTCOMES = ['success', 'refused'] as const;

function Instant(description: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ format: 'date-time', description, example: '2026-01-31T08:00:00Z' }),
    IsOptionalNotNull(),
    IsInstant(),
  );
}

/** What one's own view can be narrowed to; and so can the whole log. */
export class MyAuditQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'An action, or the beginning of some with the dot at its end', example: 'auth.' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  @Matches(/^[a-z][a-z_]*([.][a-z][a-z_]*)*[.]?$/, {
    message: 'action must be one such as auth.login, or auth. for all',
  })
  action?: string;

  @ApiPropertyOptional({ enum: OUTCOMES })
  @IsOptionalNotNull()
  @IsIn(OUTCOMES)
  outcome?: (typeof OUTCOMES)[number];

  @ApiPropertyOptional({ format: 'uuid', description: 'The account of whoever did it' })
  @IsOptionalNotNull()
  @IsUUID()
  actor?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'The account that it concerns' })
  @IsOptionalNotNull()
  @IsUUID()
  subject?: string;

  @Instant('Not before this time')
  from?: string;

  @Instant('Before this time')
  to?: string;
}

/** What the whole log can be narrowed to besides. */
export class AuditQuery extends MyAuditQuery {
  @ApiPropertyOptional({ description: 'Exactly this address', example: '192.0.2.7' })
  @IsOptionalNotNull()
  @IsString()
  @MaxLength(64)
  address?: string;
}

/** The same for an export, which has no pages. */
export class AuditExportQuery extends OmitType(AuditQuery, ['limit', 'cursor']) {}
