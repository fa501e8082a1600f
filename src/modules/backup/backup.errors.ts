import { DomainError, type ErrorDetails, type FieldError } from '../../platform/http/index.js';

export type BackupErrorCode =
  | 'backup_not_found'
  | 'backup_running'
  | 'backups_off'
  | 'backup_no_identity'
  | 'backup_not_whole'
  | 'backup_cancelled'
  | 'backup_interrupted'
  | 'restore_target_in_use'
  | 'restore_target_not_empty'
  | 'backup_role_filtered'
  | 'backup_role_denied'
  | 'backup_client_missing'
  | 'backup_client_too_old'
  | 'backup_recipient_invalid'
  | 'backup_identity_unreadable'
  | 'backup_identity_invalid'
  | 'backup_wrong_key'
  | 'backup_manifest_missing'
  | 'backup_manifest_invalid'
  | 'backup_manifest_tampered'
  | 'backup_archive_missing'
  | 'backup_archive_damaged'
  | 'backup_restored_differs'
  | 'backup_schema_newer'
  | 'backup_server_older'
  | 'backup_engine_differs'
  | 'backup_source_damaged'
  | 'retention_too_much'
  | 'restore_scratch_denied'
  | 'restore_failed'
  | 'restore_time_unknown'
  | 'restore_time_too_late'
  | 'base_not_found'
  | 'base_backup_failed'
  | 'wal_missing'
  | 'wal_needs_server'
  | 'wal_receiver_failed'
  | 'wal_slot_busy'
  | 'wal_slot_lost'
  | 'backup_database_lost'
  | 'backup_dump_failed'
  | 'backup_disk_full'
  | 'backup_target_away'
  | 'backup_target_denied'
  | 'backup_target_readonly'
  | 'backup_target_keeps'
  | 'backup_target_lies'
  | 'backup_name_taken'
  | 'backup_none_verified'
  | 'backup_target_linked'
  | 'restore_failed_here'
  | 'backup_target_foreign'
  | 'backup_still_stored'
  | 'backup_failed';

/** Every fault of a backup, a verification or a restore has its own code: alerts and people decide by it. */
const DETAILS: Readonly<Record<BackupErrorCode, ErrorDetails>> = {
  backup_not_found: { kind: 'not_found', detail: 'There is no such backup' },
  backup_running: { kind: 'conflict', detail: 'A backup, a verification or a restore is running already' },
  backups_off: { kind: 'conflict', detail: 'No backups are made: set BACKUP_RECIPIENTS first' },
  wal_needs_server: {
    kind: 'conflict',
    detail: 'The embedded database has no write-ahead log to receive: this is for PostgreSQL',
  },
  wal_slot_busy: { kind: 'conflict', detail: 'Another receiver fetches the write-ahead log already' },
  backup_no_identity: {
    kind: 'conflict',
    detail: 'The backup cannot be opened here: the server has no private key for it',
  },
  backup_not_whole: { kind: 'conflict', detail: 'The backup was not finished, or is no longer stored' },
  backup_still_stored: {
    kind: 'conflict',
    detail: 'The backup is stored: only what is missing or damaged is forgotten',
  },
  backup_target_foreign: {
    kind: 'conflict',
    detail: 'What is stored there are backups of another database: restore one of them, or choose another place',
  },
  backup_cancelled: { kind: 'conflict', detail: 'The work was stopped before it was done; nothing of it is left' },
  backup_interrupted: { kind: 'conflict', detail: 'The process ended before the work was done' },
  restore_target_in_use: { kind: 'conflict', detail: 'Somebody is connected to the database: stop the server first' },
  restore_target_not_empty: {
    kind: 'conflict',
    detail: 'There are data already: say --replace to put them aside and keep them',
  },
  backup_role_filtered: {
    kind: 'impossible',
    detail: 'The login of backups does not see past row-level security: the dump would be filtered',
  },
  backup_role_denied: { kind: 'impossible', detail: 'The login of backups may not read everything' },
  backup_client_missing: {
    kind: 'impossible',
    detail: 'The programs of PostgreSQL are not installed: set BACKUP_PG_BIN',
  },
  backup_client_too_old: {
    kind: 'impossible',
    detail: 'The installed pg_dump is older than the server: set BACKUP_PG_BIN to a newer one',
  },
  backup_recipient_invalid: { kind: 'impossible', detail: 'A recipient is no public key of age' },
  backup_identity_unreadable: {
    kind: 'impossible',
    detail: 'The file of the private key cannot be read, or others can read it, too',
  },
  backup_identity_invalid: { kind: 'impossible', detail: 'The file holds no private key of age' },
  backup_wrong_key: { kind: 'impossible', detail: 'The private key does not open this backup' },
  backup_manifest_missing: {
    kind: 'impossible',
    detail: 'The manifest of a backup is gone: it was there, for the next one names it',
  },
  backup_manifest_invalid: { kind: 'impossible', detail: 'The manifest is not one that this version can read' },
  backup_manifest_tampered: {
    kind: 'impossible',
    detail: 'The manifest does not have the checksum that it, or the next one, names',
  },
  backup_archive_missing: { kind: 'impossible', detail: 'The file of the backup is gone' },
  backup_archive_damaged: { kind: 'impossible', detail: 'The file of the backup is not the one that was stored' },
  backup_restored_differs: { kind: 'impossible', detail: 'What was restored is not what was backed up' },
  backup_schema_newer: {
    kind: 'impossible',
    detail: 'The backup was made by a newer version of Family Assistant: use that one',
  },
  backup_server_older: {
    kind: 'impossible',
    detail: 'The backup was made on a newer PostgreSQL: use one that is at least as new',
  },
  backup_engine_differs: {
    kind: 'impossible',
    detail: 'The backup was made by another major version of the embedded database, or on a server',
  },
  backup_source_damaged: { kind: 'impossible', detail: 'The database has damaged pages: its hardware is failing' },
  retention_too_much: {
    kind: 'impossible',
    detail: 'More than half of the backups would be deleted at once: the oldest half is, the rest another time',
  },
  restore_scratch_denied: {
    kind: 'impossible',
    detail: 'The owner may not create databases (ALTER ROLE ... CREATEDB), or the extensions are not in template1',
  },
  restore_failed: { kind: 'impossible', detail: 'pg_restore could not restore everything' },
  base_not_found: { kind: 'impossible', detail: 'No base backup was finished before that time' },
  wal_missing: { kind: 'impossible', detail: 'A part of the write-ahead log is missing before that time' },
  restore_time_too_late: { kind: 'impossible', detail: 'The write-ahead log that is stored ends before that time' },
  restore_time_unknown: { kind: 'impossible', detail: 'No backup was made before that time' },
  backup_database_lost: { kind: 'unavailable', detail: 'The connection to the database was lost' },
  base_backup_failed: { kind: 'unavailable', detail: 'pg_basebackup ended before it was done' },
  wal_receiver_failed: { kind: 'unavailable', detail: 'pg_receivewal ended' },
  wal_slot_lost: {
    kind: 'unavailable',
    detail: 'The server has given up the slot of the receiver: a part of the write-ahead log is missing',
  },
  backup_dump_failed: { kind: 'unavailable', detail: 'pg_dump ended before it was done' },
  backup_disk_full: { kind: 'unavailable', detail: 'There is no room left on the disk' },
  backup_target_away: { kind: 'unavailable', detail: 'The place where backups are stored does not answer' },
  backup_target_denied: { kind: 'unavailable', detail: 'The place where backups are stored refuses access' },
  backup_target_readonly: {
    kind: 'unavailable',
    detail: 'Nothing can be written to the place where backups are stored',
  },
  backup_target_keeps: {
    kind: 'unavailable',
    detail: 'The place where backups are stored lets nothing be deleted: it keeps what it has',
  },
  backup_target_lies: { kind: 'unavailable', detail: 'What the target gives back is not what was written to it' },
  backup_name_taken: { kind: 'unavailable', detail: 'Somebody else stores backups in the same place' },
  backup_failed: { kind: 'unavailable', detail: 'The backup failed for a reason that the log tells' },
  backup_none_verified: {
    kind: 'conflict',
    detail: 'None of the backups was verified: verify one, or say latest to restore the newest all the same',
  },
  backup_target_linked: {
    kind: 'impossible',
    detail: 'A link, or a file, is where the folder of the backups needs one of its own: delete it',
  },
  restore_failed_here: {
    kind: 'impossible',
    detail: 'The backup was restored before and is as it was stored: this machine lacks something that it needs',
  },
};

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

  /** Whether it says that a stored backup is lost, rather than that it could not be looked at. */
  get isDamage(): boolean {
    return DAMAGE.includes(this.code);
  }
}

const DAMAGE: readonly BackupErrorCode[] = [
  'backup_archive_damaged',
  'backup_archive_missing',
  'backup_restored_differs',
  'restore_failed',
];

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

/** Any error of a target: its network is not the database's. */
export function toTargetError(error: unknown): BackupError {
  const { code, name } = (typeof error === 'object' ? error : {}) as Partial<NodeJS.ErrnoException>;
  const isOfNetwork = /^(ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)$/.test(code ?? '');
  return isOfNetwork
    ? new BackupError('backup_target_away', `${name ?? 'error'} ${code ?? ''}`, { cause: error })
    : toBackupError(error, 'backup_target_away');
}

/** Lets a target that keeps what it has keep it, where nothing depends on that. @throws any other error */
export function unlessKept(error: unknown): void {
  if (!(error instanceof BackupError && error.code === 'backup_target_keeps')) throw error;
}

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
