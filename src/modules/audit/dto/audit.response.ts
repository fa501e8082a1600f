import { ApiProperty } from '@nestjs/swagger';
import type { AuditRow } from '../audit.repository.js';

const Uuid = (description: string): PropertyDecorator =>
  ApiProperty({ type: 'string', format: 'uuid', nullable: true, description });
const Text = (description: string, example: string | null = null): PropertyDecorator =>
  ApiProperty({ type: 'string', nullable: true, description, example });

/** One event of the audit log: who did what to what, never what people wrote. */
export class AuditEventResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  occurred_at!: string;

  @ApiProperty({ example: 'memory.read' })
  action!: string;

  @ApiProperty({ enum: ['success', 'refused'] })
  outcome!: 'success' | 'refused';

  @Uuid('The account of whoever did it; null for those not signed in, and for background jobs')
  actor_user_id!: string | null;

  @Uuid('The account that it concerns, where that is one')
  subject_user_id!: string | null;

  @Uuid('The family in which it was done')
  family_id!: string | null;

  @Text('What `target_id` is an id of', 'memory')
  target_type!: string | null;

  @Text('What it was done to')
  target_id!: string | null;

  @Text('Where the request came from; in your own view not of other people', '192.0.2.7')
  address!: string | null;

  @Text('With which program; in your own view not of other people')
  user_agent!: string | null;

  @Text('The request, as the log of the server names it; in your own view not of other people')
  request_id!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { memories: 3 } })
  details!: Readonly<Record<string, string | number | boolean>>;
}

export const toAuditEventResponse = (row: AuditRow): AuditEventResponse => ({
  id: row.id,
  occurred_at: row.occurred_at.toISOString(),
  action: row.action,
  outcome: row.outcome,
  actor_user_id: row.actor_user_id,
  subject_user_id: row.subject_user_id,
  family_id: row.family_id,
  target_type: row.target_type,
  target_id: row.target_id,
  address: row.address,
  user_agent: row.user_agent,
  request_id: row.request_id,
  details: row.details,
});
