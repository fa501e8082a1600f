import { stringify } from 'csv-stringify/sync';
import type { AuditEventResponse } from './dto/audit.response.js';

const COLUMNS = [
  'occurred_at',
  'action',
  'outcome',
  'actor_user_id',
  'subject_user_id',
  'family_id',
  'target_type',
  'target_id',
  'address',
  'user_agent',
  'request_id',
  'details',
] as const satisfies readonly (keyof AuditEventResponse)[];

const FORMAT = {
  record_delimiter: 'windows',
  // A cell that begins like a formula gets an apostrophe before it: spreadsheets would run what strangers send as user agent.
  escape_formulas: true,
} as const;

/** The first line. */
export const csvHeader = (): string => stringify([[...COLUMNS]], FORMAT);

/** Lines of a CSV file (RFC 4180); details as JSON. */
export const toCsv = (events: readonly AuditEventResponse[]): string =>
  stringify(
    events.map((event) => ({ ...event, details: JSON.stringify(event.details) })),
    { ...FORMAT, columns: [...COLUMNS] },
  );
