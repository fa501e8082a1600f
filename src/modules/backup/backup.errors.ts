import { DomainError, type ErrorDetails, type ErrorKind, type FieldError } from '../../platform/http/index.js';

export type BackupErrorCode = keyof typeof DETAILS;

const details = <Code extends string>(kind: ErrorKind, table: Record<Code, string>): Record<Code, ErrorDetails> =>
  Object.fromEntries(Object.entries<string>(table).map(([code, detail]) => [code, { kind, detail }])) as Record<
    Code,
    ErrorDetails
  >;

/** Every fault of a backup, a verification or a restore has its own code: alerts and people decide by it. */
const DETAILS = {
  ...details('not_found', { backup_not_found: 'There is no such backup' }),
  ...details('conflict', {
    backup_running: 'A backup, a verification or a restore is running already',
    backups_off: 'No backups are made: set BACKUP_RECIPIENTS first',
    backup_no_identity: 'The backup cannot be opened here: the server has no private key for it',
    backup_not_whole: 'The backup was not finished, or is no longer stored',
    backup_cancelled: 'The work was stopped before it was done; nothing of it is left',
    backup_interrupted: 'The process ended before the work was done',
    restore_target_in_use: 'Somebody is connected to the database: stop the server first',
    restore_target_not_empty: 'There are data already: say --replace to put them aside and keep them',
  }),
  ...details('impossible', {
    backup_role_filtered: 'The login of backups does not see past row-level security: the dump would be filtered',
    backup_role_denied: 'The login of backups may not read everything',
    backup_client_missing: 'pg_dump and pg_restore are not installed: set BACKUP_PG_BIN',
    backup_client_too_old: 'The installed pg_dump is older than the server: set BACKUP_PG_BIN to a newer one',
    backup_recipient_invalid: 'A recipient is no public key of age',
    backup_identity_unreadable: 'The file of the private key cannot be read, or others can read it, too',
    backup_identity_invalid: 'The file holds no private key of age',
    backup_wrong_key: 'The private key does not open this backup',
    backup_manifest_missing: 'The manifest of a backup is gone: it was there, for the next one names it',
    backup_manifest_invalid: 'The manifest is not one that this version can read',
    backup_manifest_tampered: 'The manifest does not have the checksum that it, or the next one, names',
    backup_archive_missing: 'The file of the backup is gone',
    backup_archive_damaged: 'The file of the backup is not the one that was stored',
    backup_restored_differs: 'What was restored is not what was backed up',
    backup_schema_newer: 'The backup was made by a newer version of Family Assistant: use that one',
    backup_server_older: 'The backup was made on a newer PostgreSQL: use one that is at least as new',
    backup_engine_differs: 'The backup was made by another major version of the embedded database, or on a server',
    backup_source_damaged: 'The database has damaged pages: its hardware is failing',
    retention_too_much: 'More than half of the backups would be deleted at once: nothing was deleted',
    restore_scratch_denied:
      'The owner may not create databases (ALTER ROLE ... CREATEDB), or the extensions are not in template1',
    restore_failed: 'pg_restore could not restore everything',
    restore_time_unknown: 'No backup was made before that time',
  }),
  ...details('unavailable', {
    backup_database_lost: 'The connection to the database was lost',
    backup_dump_failed: 'pg_dump ended before it was done',
    backup_disk_full: 'There is no room left on the disk',
    backup_target_away: 'The place where backups are stored does not answer',
    backup_target_denied: 'The place where backups are stored refuses access',
    backup_target_readonly: 'Nothing can be written to the place where backups are stored',
    backup_target_lies: 'What the target gives back is not what was written to it',
    backup_name_taken: 'Somebody else stores backups in the same place',
    backup_failed: 'The backup failed for a reason that the log tells',
  }),
} as const satisfies Record<string, ErrorDetails>;

/** A fault of the backup module, by its code. */
export class BackupError extends DomainError<BackupErrorCode> {
  constructor(
    code: BackupErrorCode,
    /** For operators, in the log and on the terminal: names of files and tables, never a row. */
    readonly reason?: string,
    more: { errors?: readonly FieldError[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(code, DETAILS[code], more);
    if (more.cause !== undefined) this.cause = more.cause;
  }
}

const BY_SYSTEM_CODE: Readonly<Record<string, BackupErrorCode>> = {
  ENOSPC: 'backup_disk_full',
  EDQUOT: 'backup_disk_full',
  EACCES: 'backup_target_denied',
  EPERM: 'backup_target_denied',
  EROFS: 'backup_target_readonly',
  EIO: 'backup_target_lies',
  ABORT_ERR: 'backup_cancelled',
};

/** SQLSTATE, or its class, of what the database says. */
const BY_STATE: readonly (readonly [RegExp, BackupErrorCode])[] = [
  [/^XX00[12]$/, 'backup_source_damaged'],
  [/^58P01$/, 'backup_source_damaged'],
  [/^53100$/, 'backup_disk_full'],
  [/^(08...|57P0\d|53300|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND)$/, 'backup_database_lost'],
];

/** Any error as one of these. @param fallback what it is where nothing else is known of it */
export function toBackupError(error: unknown, fallback: BackupErrorCode = 'backup_failed'): BackupError {
  if (error instanceof BackupError) return error;
  const { name, code, message } = (typeof error === 'object' ? error : {}) as Partial<NodeJS.ErrnoException>;
  const word = code ?? '';
  const known =
    BY_SYSTEM_CODE[word] ??
    BY_STATE.find(([pattern]) => pattern.test(word))?.[1] ??
    (name === 'AbortError' || name === 'RunEnded' ? 'backup_cancelled' : undefined) ??
    (/connection terminated|not queryable/i.test(message ?? '') ? 'backup_database_lost' : undefined);
  return new BackupError(known ?? fallback, `${name ?? 'error'}${word === '' ? '' : ` ${word}`}`, { cause: error });
}
