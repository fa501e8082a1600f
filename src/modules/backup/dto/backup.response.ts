import { ApiProperty } from '@nestjs/swagger';
import { BACKUP_STATES, type BackupState } from '../backup.policy.js';
import type { RunRow, RunCause, RunState, StoredAs, Verification } from '../runs.repository.js';

const nullableTime = { type: 'string', format: 'date-time', nullable: true } as const;
const nullableText = { type: 'string', nullable: true } as const;
const nullableCount = { type: 'integer', nullable: true } as const;

/** A backup, or what has come of the try to make one. */
export class BackupResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ ...nullableCount, description: 'Its place in the chain of backups, once it is made' })
  sequence!: number | null;

  @ApiProperty({ enum: ['waiting', 'running', 'succeeded', 'failed'] })
  state!: RunState;

  @ApiProperty({
    enum: ['schedule', 'request', 'command', 'found'],
    description: 'Why it was made; `found`: the target has it, the database did not know it',
  })
  cause!: RunCause;

  @ApiProperty({ ...nullableText, description: 'What is being done now', example: 'dump' })
  phase!: string | null;

  @ApiProperty({ type: 'integer', description: 'Bytes, or tables, of the phase that are done' })
  done!: number;

  @ApiProperty({ ...nullableCount, description: 'Of how many, where that is known' })
  total!: number | null;

  @ApiProperty({ ...nullableText, description: 'Code of the fault', example: 'backup_disk_full' })
  error!: string | null;

  @ApiProperty({ ...nullableCount, description: 'Bytes at the target' })
  size!: number | null;

  @ApiProperty({ ...nullableTime, description: 'What was acknowledged before is in it' })
  snapshot_at!: string | null;

  @ApiProperty({ format: 'date-time' })
  requested_at!: string;

  @ApiProperty(nullableTime)
  started_at!: string | null;

  @ApiProperty(nullableTime)
  finished_at!: string | null;

  @ApiProperty({
    type: 'string',
    enum: ['pending', 'verified', 'failed', 'no_key', null],
    nullable: true,
    description: 'Whether it was restored and compared; `no_key`: the server cannot open it',
  })
  verification!: Verification | null;

  @ApiProperty({ ...nullableText, description: 'Code of what was wrong with it', example: 'backup_archive_damaged' })
  verification_error!: string | null;

  @ApiProperty(nullableTime)
  verified_at!: string | null;

  @ApiProperty({ type: 'number', nullable: true, description: 'Seconds that restoring and comparing took' })
  drill_seconds!: number | null;

  @ApiProperty({
    type: 'string',
    enum: ['present', 'missing', 'damaged', 'trash', 'deleted', null],
    nullable: true,
    description: 'What is left of it at the target',
  })
  stored!: StoredAs | null;
}

/** How the backups of the server stand. */
export class BackupStatusResponse {
  @ApiProperty({
    enum: BACKUP_STATES,
    description:
      '`off`: none are made; `failing`: the last try failed, or stored ones are damaged or missing; `stale`: the newest is too old; `not_verified`: the server has no key, so nobody has seen that they can be restored; `unproved`: the last proof is too old',
  })
  state!: BackupState;

  @ApiProperty({ description: 'Whether the server has a key with which backups are verified' })
  can_verify!: boolean;

  @ApiProperty({ ...nullableText, example: '/mnt/backup' })
  target!: string | null;

  @ApiProperty(nullableTime)
  last_success_at!: string | null;

  @ApiProperty(nullableTime)
  last_verified_at!: string | null;

  @ApiProperty({ ...nullableText, format: 'uuid', description: 'The newest verified backup' })
  last_verified_id!: string | null;

  @ApiProperty({
    ...nullableCount,
    description: 'What was written in so many seconds is in no backup, nor in the log that is stored',
  })
  recovery_point_seconds!: number | null;

  @ApiProperty({ type: 'number', nullable: true, description: 'Seconds that the last restore took' })
  drill_seconds!: number | null;

  @ApiProperty({ ...nullableCount, description: 'Sequence of the newest backup' })
  head!: number | null;

  @ApiProperty({ ...nullableText, description: 'SHA-256 of its manifest: kept elsewhere, it proves the whole chain' })
  head_sha256!: string | null;

  @ApiProperty(nullableText)
  last_error!: string | null;

  @ApiProperty(nullableText)
  last_verification_error!: string | null;

  @ApiProperty({ type: 'integer', description: 'Backups that should be at the target and are not' })
  missing!: number;

  @ApiProperty({ type: 'integer', description: 'Backups of which the files are not what was stored' })
  damaged!: number;
}

export const toBackupResponse = (row: RunRow): BackupResponse => ({
  id: row.id,
  sequence: row.sequence,
  state: row.state,
  cause: row.cause,
  phase: row.phase,
  done: row.done,
  total: row.total,
  error: row.error,
  size: row.size,
  snapshot_at: row.snapshot_at?.toISOString() ?? null,
  requested_at: row.requested_at.toISOString(),
  started_at: row.started_at?.toISOString() ?? null,
  finished_at: row.finished_at?.toISOString() ?? null,
  verification: row.verification,
  verification_error: row.verification_error,
  verified_at: row.verified_at?.toISOString() ?? null,
  drill_seconds: row.drill_seconds,
  stored: row.stored,
});
