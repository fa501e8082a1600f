import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One alert of an Alertmanager. */
export class AlertmanagerAlert {
  @ApiProperty({ enum: ['firing', 'resolved'], example: 'firing' })
  status!: 'firing' | 'resolved';

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', maxLength: 1024 },
    maxProperties: 64,
    example: { alertname: 'NodeDown', severity: 'critical', instance: 'nas' },
    description: 'They name the alert; `severity` decides how it is told',
  })
  labels!: Record<string, string>;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    example: { summary: 'The NAS does not answer' },
    description: '`summary`, `description` and `runbook_url` are told, cut where they are long',
  })
  annotations?: Record<string, string> | null;

  @ApiProperty({ format: 'date-time', example: '2026-01-31T08:00:00Z' })
  startsAt!: string;

  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: '0001-01-01T00:00:00Z',
    description: 'When it was or will be over; the year 1 where that is not known',
  })
  endsAt?: string | null;
}

/** A message of an Alertmanager, version 4 of its format. Fields besides are passed over. */
export class AlertmanagerMessage {
  @ApiProperty({ enum: ['4'], example: '4' })
  version!: '4';

  @ApiProperty({
    type: [AlertmanagerAlert],
    maxItems: 5000,
    example: [
      {
        status: 'firing',
        labels: { alertname: 'NodeDown', severity: 'critical', instance: 'nas' },
        annotations: { summary: 'The NAS does not answer' },
        startsAt: '2026-01-31T08:00:00Z',
        endsAt: '0001-01-01T00:00:00Z',
      },
    ],
  })
  alerts!: AlertmanagerAlert[];
}

/** What was taken. */
export class AcceptedResponse {
  @ApiProperty({ type: 'integer', example: 1, description: 'Alerts of the message, signs of life with them' })
  accepted!: number;
}
