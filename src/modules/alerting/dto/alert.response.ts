import { ApiProperty } from '@nestjs/swagger';
import { ALERT_CHANNELS } from '../../../platform/config/index.js';
import { SEVERITIES } from '../alert.js';
import type { EpisodeRow } from '../history/history.repository.js';
import type { CurrentAlert } from '../overview.policy.js';

const labels = { type: 'object', additionalProperties: { type: 'string' } } as const;
const nullableText = { type: 'string', nullable: true } as const;
const nullableTime = { type: 'string', format: 'date-time', nullable: true } as const;

export const ALERT_STATES = ['firing', 'pending', 'no_data', 'error'] as const;

/** Something that is wrong now, or may be soon. */
export class AlertResponse {
  @ApiProperty({
    enum: ALERT_STATES,
    description:
      '`pending`: not for long enough yet; `no_data`: what the rule asks for was never measured; `error`: it could not be evaluated',
  })
  state!: (typeof ALERT_STATES)[number];

  @ApiProperty({ enum: ['rules', 'alertmanager', 'test', 'canary', 'watchdog'] })
  source!: string;

  @ApiProperty({ example: 'DatabaseDown' })
  rule!: string;

  @ApiProperty({ enum: SEVERITIES })
  severity!: string;

  @ApiProperty({ ...nullableText, description: 'Of those that fire: the same for the same source and labels' })
  fingerprint!: string | null;

  @ApiProperty(labels)
  labels!: Readonly<Record<string, string>>;

  @ApiProperty(nullableText)
  summary!: string | null;

  @ApiProperty(nullableText)
  description!: string | null;

  @ApiProperty({ ...nullableText, description: 'A heading of docs/RUNBOOKS.md, or an address elsewhere' })
  runbook!: string | null;

  @ApiProperty({ ...nullableTime, description: 'Since when' })
  starts_at!: string | null;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true, description: 'The silence under which it falls' })
  silenced_by!: string | null;

  @ApiProperty({ description: 'Whether it is not told because something fires that explains it' })
  inhibited!: boolean;
}

/** All of them, as there are few. */
export class AlertsResponse {
  @ApiProperty({ type: [AlertResponse] })
  data!: AlertResponse[];
}

/** What people were told of an alert, or could not be told. */
export class AlertNotificationResponse {
  @ApiProperty({ enum: ALERT_CHANNELS })
  channel!: string;

  @ApiProperty({ enum: ['notified', 'undelivered'] })
  outcome!: string;

  @ApiProperty({ ...nullableText, description: 'Why it could not be delivered' })
  code!: string | null;

  @ApiProperty({ type: 'integer' })
  attempts!: number;

  @ApiProperty({ format: 'date-time' })
  at!: string;
}

/** An alert from when it began until it was over. */
export class AlertEpisodeResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty()
  fingerprint!: string;

  @ApiProperty({ example: 'rules' })
  source!: string;

  @ApiProperty({ example: 'DatabaseDown' })
  rule!: string;

  @ApiProperty({ enum: SEVERITIES })
  severity!: string;

  @ApiProperty(labels)
  labels!: Readonly<Record<string, string>>;

  @ApiProperty()
  summary!: string;

  @ApiProperty(nullableText)
  description!: string | null;

  @ApiProperty(nullableText)
  runbook!: string | null;

  @ApiProperty({ format: 'date-time' })
  starts_at!: string;

  @ApiProperty({ ...nullableTime, description: 'Null while it fires' })
  ends_at!: string | null;

  @ApiProperty({ type: [AlertNotificationResponse], description: 'The first twenty' })
  notifications!: readonly AlertNotificationResponse[];
}

/** What became of a test at one channel. */
export class ReceiptResponse {
  @ApiProperty({ enum: ALERT_CHANNELS })
  channel!: string;

  @ApiProperty({
    enum: ['accepted', 'failed', 'pending'],
    description: '`failed`: not accepted yet, and tried again for a while; `pending`: no attempt has ended',
  })
  outcome!: string;

  @ApiProperty({ ...nullableText, description: 'Why it was not accepted', example: 'http_401' })
  code!: string | null;

  @ApiProperty({ type: 'integer' })
  attempts!: number;

  @ApiProperty({ type: 'integer', description: 'Milliseconds' })
  took_ms!: number;
}

export class ReceiptsResponse {
  @ApiProperty({ type: [ReceiptResponse] })
  data!: ReceiptResponse[];
}

export const toAlertResponse = (alert: CurrentAlert): AlertResponse => ({
  state: alert.state,
  source: alert.source,
  rule: alert.rule,
  severity: alert.severity,
  fingerprint: alert.fingerprint ?? null,
  labels: alert.labels,
  summary: alert.annotations?.summary ?? null,
  description: alert.annotations?.description ?? null,
  runbook: alert.annotations?.runbook ?? null,
  starts_at: alert.since === undefined ? null : new Date(alert.since).toISOString(),
  silenced_by: alert.silencedBy ?? null,
  inhibited: alert.isInhibited,
});

export const toEpisodeResponse = (row: EpisodeRow): AlertEpisodeResponse => ({
  id: row.id,
  fingerprint: row.fingerprint,
  source: row.source,
  rule: row.rule,
  severity: row.severity,
  labels: row.labels,
  summary: row.annotations.summary,
  description: row.annotations.description ?? null,
  runbook: row.annotations.runbook ?? null,
  starts_at: row.starts_at.toISOString(),
  ends_at: row.ends_at?.toISOString() ?? null,
  notifications: row.notifications,
});
