import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, Max, Min } from 'class-validator';
import { IsOptionalNotNull, Nullable } from '../../../platform/http/index.js';
import type { MemorySettings } from '../settings/settings.repository.js';

export class MemorySettingsResponse {
  @ApiProperty({ description: 'Whether facts are read from what users say in conversations' })
  extract!: boolean;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Days after which turns are erased; null keeps them' })
  turn_retention_days!: number | null;
}

/** Changes; fields that are left out stay as they are. */
export class UpdateMemorySettingsRequest {
  @ApiPropertyOptional({ example: true })
  @IsOptionalNotNull()
  @IsBoolean()
  extract?: boolean;

  @Nullable({ type: 'integer', minimum: 1, maximum: 36_500, example: 90 })
  @IsInt()
  @Min(1)
  @Max(36_500)
  turn_retention_days?: number | null;
}

export const toSettingsResponse = ({ extract, turnRetentionDays }: MemorySettings): MemorySettingsResponse => ({
  extract,
  turn_retention_days: turnRetentionDays,
});
