import { ApiProperty } from '@nestjs/swagger';
import type { PoolReport } from '../database/index.js';
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

/** Part of the connections in use above which the pool is busy. */
const BUSY = 0.8;

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

  @ApiProperty({ required: false, description: 'Part of the connections that are in use, from 0 to 1' })
  utilisation?: number;

  @ApiProperty({
    required: false,
    description: '95th percentile of the time callers waited for a connection in the last five minutes, in seconds',
  })
  wait_p95_seconds?: number;

  @ApiProperty({
    required: false,
    description: 'Callers that got no connection within the time limit since the start of the server',
  })
  exhausted_total?: number;
}

export function toHealthResponse({ components, ...open }: HealthReport, mayKnow: boolean): HealthResponse {
  return mayKnow ? { ...open, components } : open;
}

export function toPoolResponse(report: PoolReport, mayKnow: boolean): PoolResponse {
  const { size, waiting, utilisation } = report;
  const isFull = utilisation >= 1;
  // The only connection of the embedded database is in use or not; that says nothing before somebody waits.
  const status = isFull && waiting > 0 ? 'exhausted' : utilisation > BUSY && size > 1 ? 'busy' : 'ok';
  return mayKnow ? { status, ...report } : { status };
}
