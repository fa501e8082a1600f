import { ApiProperty } from '@nestjs/swagger';
import type { PoolCounts } from '../database/index.js';
import type { HealthReport, HealthStatus } from './health.service.js';

/** What everybody may know of the server's health; `components` are for operators. */
export class HealthResponse {
  @ApiProperty({ enum: ['ok', 'degraded', 'error', 'shutting_down'] })
  status!: HealthStatus;

  @ApiProperty({ format: 'date-time' })
  timestamp!: string;

  @ApiProperty({ example: '0.1.0' })
  version!: string;

  @ApiProperty({
    required: false,
    type: Object,
    additionalProperties: true,
    description: 'State of each part; only for those with `operations:read`',
    example: { database: { status: 'up' } },
  })
  components?: HealthReport['components'];
}

export class LivenessResponse {
  @ApiProperty({ enum: ['alive'] })
  status!: 'alive';
}

/** State of the pool of database connections; the numbers are for operators. */
export class PoolResponse {
  @ApiProperty({
    enum: ['ok', 'busy', 'exhausted'],
    description: '`busy` above 80 % in use, `exhausted` when callers wait',
  })
  status!: 'ok' | 'busy' | 'exhausted';

  @ApiProperty({ required: false, description: 'Most connections there may be' })
  size?: number;

  @ApiProperty({ required: false })
  in_use?: number;

  @ApiProperty({ required: false })
  idle?: number;

  @ApiProperty({ required: false, description: 'Callers that wait for a connection' })
  waiting?: number;
}

export function toHealthResponse({ components, ...open }: HealthReport, mayKnow: boolean): HealthResponse {
  return mayKnow ? { ...open, components } : open;
}

export function toPoolResponse(counts: PoolCounts, mayKnow: boolean): PoolResponse {
  const { size, in_use, waiting } = counts;
  const status = waiting > 0 ? 'exhausted' : in_use > 0.8 * size && size > 1 ? 'busy' : 'ok';
  return mayKnow ? { status, ...counts } : { status };
}
