import { ApiProperty } from '@nestjs/swagger';
import type { ExportRow } from '../exports.repository.js';

/** A copy of one's data that has been asked for. */
export class ExportResponse {
  @ApiProperty({ format: 'uuid', description: 'For `GET /users/me/exports/{id}`' })
  id!: string;

  @ApiProperty({ enum: ['waiting', 'ready', 'failed'] })
  state!: 'waiting' | 'ready' | 'failed';

  @ApiProperty({ format: 'date-time' })
  requested_at!: string;
}

export const toExportResponse = ({ id, state, requested_at }: ExportRow): ExportResponse => ({
  id,
  state,
  requested_at: requested_at.toISOString(),
});
