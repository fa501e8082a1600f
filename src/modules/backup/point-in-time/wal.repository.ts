import { APPLICATION_ROLE } from '../../../platform/database/index.js';
import { BackupError } from '../backup.errors.js';
import type { Query } from '../connection.repository.js';

/** What names of segments depend on. */
export interface WalServer {
  readonly system: string;
  readonly timeline: number;
  /** Bytes of a segment. */
  readonly segmentSize: number;
  readonly major: number;
}

/** How far the log has come, and how the slot stands. */
export interface WalStanding {
  /** By the server's clock, in milliseconds since 1970, and what was flushed by then. */
  readonly now: number;
  readonly flushed: bigint;
  /** What the receiver has confirmed in its present session; 0 before: the slot remembers what others have had. */
  readonly received: bigint;
  readonly isLost: boolean;
  /** Bytes of log that may still be written before the slot is given up, and of how many; null without a limit. */
  readonly left: number | null;
  readonly allowed: number | null;
}

/** What the receiver tells of itself. */
export interface Beat {
  readonly through: number | null;
  readonly fault: string | null;
  readonly lag: number;
  readonly left: number | null;
}

/** Every statement of the receiver of the write-ahead log. */
export class WalRepository {
  constructor(private readonly query: Query) {}

  async server(): Promise<WalServer> {
    const [row] = await this.query<{ system: string; file: string; size: number; version: string }>(
      `SELECT (pg_control_system()).system_identifier::text AS system, pg_walfile_name(pg_current_wal_insert_lsn()) AS file,
         (pg_control_init()).bytes_per_wal_segment AS size, current_setting('server_version_num') AS version`,
    );
    if (!row) throw new BackupError('backup_database_lost');
    const timeline = Number.parseInt(row.file.slice(0, 8), 16);
    return {
      system: row.system,
      timeline,
      segmentSize: row.size,
      major: Math.floor(Number(row.version) / 10_000),
    };
  }

  /** The clock of the server, in milliseconds since 1970. */
  async now(): Promise<number> {
    const [row] = await this.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    return (row?.now ?? new Date(0)).getTime();
  }

  /**
   * Makes the slot for which the server keeps its log; one that it has given up is made anew.
   * @returns what became of it; @throws BackupError `backup_role_denied`
   */
  async ensureSlot(name: string): Promise<'made' | 'lost' | 'there'> {
    const [role] = await this.query<{ sees: boolean }>(`SELECT pg_has_role('pg_read_all_stats', 'USAGE') AS sees`);
    // What its own session has confirmed is hidden from it otherwise.
    if (!role?.sees)
      throw new BackupError('backup_role_denied', 'it lacks pg_read_all_stats: GRANT pg_read_all_stats TO ...');
    const [slot] = await this.query<{ wal_status: string | null }>(
      'SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1',
      [name],
    );
    if (slot && slot.wal_status !== 'lost') return 'there';
    try {
      if (slot) await this.query('SELECT pg_drop_replication_slot($1)', [name]);
      await this.query('SELECT pg_create_physical_replication_slot($1, true)', [name]);
    } catch (error) {
      if ((error as { code?: unknown }).code !== '42501') throw error;
      throw new BackupError('backup_role_denied', 'it lacks REPLICATION: ALTER ROLE ... REPLICATION');
    }
    return slot ? 'lost' : 'made';
  }

  /** Ends the session of a program that a receiver of that name has left behind when it was killed. */
  async endOrphan(slot: string, session: string): Promise<void> {
    await this.query(
      `SELECT pg_terminate_backend(r.pid, 5000) FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid
       WHERE s.slot_name = $1 AND r.application_name = $2`,
      [slot, session],
    );
  }

  async standing(name: string): Promise<WalStanding> {
    const [row] = await this.query<{
      now: Date;
      flushed: string;
      received: string | null;
      status: string | null;
      left: string | null;
      allowed: string | null;
    }>(
      `SELECT clock_timestamp() AS now, (pg_current_wal_flush_lsn() - '0/0')::text AS flushed, (r.flush_lsn - '0/0')::text AS received,
         s.wal_status AS status, s.safe_wal_size::text AS left,
         (SELECT nullif(setting::bigint, -1) << 20 FROM pg_settings WHERE name = 'max_slot_wal_keep_size')::text AS allowed
       FROM (SELECT) AS one LEFT JOIN pg_replication_slots s ON s.slot_name = $1
         LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid`,
      [name],
    );
    if (!row) throw new BackupError('backup_database_lost');
    return {
      now: row.now.getTime(),
      flushed: BigInt(row.flushed),
      received: BigInt(row.received ?? 0),
      isLost: row.status === null || row.status === 'lost',
      left: row.left === null ? null : Number(row.left),
      allowed: row.allowed === null ? null : Number(row.allowed),
    };
  }

  /** Writes the row that proves, in a restored database, how far it reaches. As the application's login. */
  async beat({ through, fault, lag, left }: Beat): Promise<void> {
    await this.query('BEGIN');
    await this.query(`SET LOCAL ROLE ${APPLICATION_ROLE}`);
    await this.query(
      `INSERT INTO backup.receiver (id, beat_at, stored_through, fault, lag_bytes, left_bytes)
       VALUES (1, clock_timestamp(), to_timestamp($1::float8 / 1000), $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at, stored_through = excluded.stored_through,
         fault = excluded.fault, lag_bytes = excluded.lag_bytes, left_bytes = excluded.left_bytes`,
      [through, fault, lag, left],
    );
    await this.query('COMMIT');
  }
}
