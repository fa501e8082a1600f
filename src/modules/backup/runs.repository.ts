import { Inject, Injectable } from '@nestjs/common';
import { managerOf, TransactionRunner, type Transaction } from '../../platform/database/index.js';
import type { Position } from '../../platform/http/index.js';

export type RunState = 'waiting' | 'running' | 'succeeded' | 'failed';
export type RunCause = 'schedule' | 'request' | 'command' | 'found';
export type Verification = 'pending' | 'verified' | 'failed' | 'no_key';
export type StoredAs = 'present' | 'missing' | 'damaged' | 'trash' | 'deleted';

/** A run of a backup, and what became of what it made. */
export interface RunRow {
  readonly id: string;
  readonly sequence: number | null;
  readonly state: RunState;
  readonly cause: RunCause;
  readonly phase: string | null;
  readonly done: number;
  readonly total: number | null;
  readonly error: string | null;
  readonly size: number | null;
  readonly manifest_sha256: string | null;
  readonly snapshot_at: Date | null;
  readonly requested_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly verification: Verification | null;
  readonly verification_error: string | null;
  readonly verified_at: Date | null;
  readonly drill_seconds: number | null;
  readonly stored: StoredAs | null;
  readonly sort_key: string;
}

/** A backup that was made, as it is remembered. */
export interface MadeRun {
  readonly id: string;
  readonly sequence: number;
  readonly size: number;
  readonly manifest_sha256: string;
  readonly snapshot_at: string;
}

/** A run, as far as it has to do with what is stored. */
export interface KnownRun extends Pick<
  RunRow,
  'id' | 'state' | 'stored' | 'verification' | 'verification_error' | 'manifest_sha256'
> {
  /** When its archive was last read as a whole; null also where that is said to be later than now. */
  readonly reread_at: Date | null;
}

/** What metrics, health and the status tell. Times by the clock of the database. */
export interface Summary {
  readonly last_success_at: Date | null;
  readonly last_snapshot_at: Date | null;
  readonly last_verified_at: Date | null;
  readonly last_verified_id: string | null;
  readonly drill_seconds: number | null;
  readonly head: number | null;
  readonly head_sha256: string | null;
  readonly last_error: string | null;
  readonly last_verification_error: string | null;
  readonly missing: number;
  readonly damaged: number;
  readonly now: Date;
  /** When the receiver of the write-ahead log last told of itself; null where there is none. */
  readonly receiver_at: Date | null;
  readonly receiver_fault: string | null;
  /** What was committed before is stored by it. */
  readonly receiver_through: Date | null;
}

const COLUMNS = `id, sequence::float8 AS sequence, state, cause, phase, done::float8 AS done, total::float8 AS total, error,
  size::float8 AS size, manifest_sha256, snapshot_at, requested_at, started_at, finished_at, verification,
  verification_error, verified_at, drill_seconds::float8 AS drill_seconds, stored,
  to_char(requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sort_key`;

/** Every query on what the server remembers of its backups. */
@Injectable()
export class RunsRepository {
  constructor(@Inject(TransactionRunner) private readonly runner: TransactionRunner) {}

  /** A new one that waits; nothing while another waits. */
  async insert(tx: Transaction, id: string, cause: RunCause, userId: string | null): Promise<boolean> {
    const rows = await managerOf(tx).query<unknown[]>(
      `INSERT INTO backup.run (id, cause, requested_by) VALUES ($1, $2, $3)
       ON CONFLICT (state) WHERE state = 'waiting' DO NOTHING RETURNING id`,
      [id, cause, userId],
    );
    return rows.length > 0;
  }

  async findWaiting(tx: Transaction): Promise<RunRow | undefined> {
    const [row] = await managerOf(tx).query<RunRow[]>(`SELECT ${COLUMNS} FROM backup.run WHERE state = 'waiting'`);
    return row;
  }

  async find(id: string): Promise<RunRow | undefined> {
    const [row] = await this.query<RunRow>('find', `SELECT ${COLUMNS} FROM backup.run WHERE id = $1`, [id]);
    return row;
  }

  page(limit: number, after: Position | undefined): Promise<RunRow[]> {
    const text = `SELECT ${COLUMNS} FROM backup.run
      WHERE $1::timestamptz IS NULL OR (requested_at, id) < ($1, $2::uuid)
      ORDER BY requested_at DESC, id DESC LIMIT $3`;
    return this.query('page', text, [after?.at ?? null, after?.id ?? null, limit + 1]);
  }

  /** Begins a run; also one that was begun before by a process that is gone. */
  async begin(id: string): Promise<void> {
    const text = `UPDATE backup.run SET state = 'running', phase = NULL, done = 0, total = NULL, error = NULL,
        started_at = now(), finished_at = NULL WHERE id = $1 AND state <> 'succeeded'`;
    await this.query('begin', text, [id]);
  }

  /** Begins one that nobody has asked the queue for. */
  async insertRunning(id: string, cause: RunCause): Promise<void> {
    const text = `INSERT INTO backup.run (id, cause, state, started_at) VALUES ($1, $2, 'running', now())`;
    await this.query('insert_running', text, [id, cause]);
  }

  async progress(id: string, phase: string, done: number, total: number | null): Promise<void> {
    const text = 'UPDATE backup.run SET phase = $2, done = $3, total = $4 WHERE id = $1';
    await this.query('progress', text, [id, phase, done, total]);
  }

  async succeed({ id, sequence, size, manifest_sha256, snapshot_at }: MadeRun, canVerify: boolean): Promise<void> {
    const text = `UPDATE backup.run SET state = 'succeeded', phase = NULL, error = NULL, finished_at = now(), sequence = $2,
        size = $3, manifest_sha256 = $4, snapshot_at = $5, stored = 'present', verification = $6 WHERE id = $1`;
    await this.query('succeed', text, [
      id,
      sequence,
      size,
      manifest_sha256,
      snapshot_at,
      canVerify ? 'pending' : 'no_key',
    ]);
  }

  async fail(id: string, error: string): Promise<void> {
    const text = `UPDATE backup.run SET state = 'failed', error = $2, finished_at = now() WHERE id = $1 AND state <> 'succeeded'`;
    await this.query('fail', text, [id, error]);
  }

  /** Back to those that wait; where another does already, this one has failed. */
  async giveBack(id: string): Promise<void> {
    const text = `UPDATE backup.run SET phase = NULL, finished_at = now(),
        state = CASE WHEN EXISTS (SELECT FROM backup.run WHERE state = 'waiting') THEN 'failed' ELSE 'waiting' END,
        error = CASE WHEN EXISTS (SELECT FROM backup.run WHERE state = 'waiting') THEN 'backup_cancelled' END
      WHERE id = $1 AND state = 'running'`;
    await this.query('give_back', text, [id]);
  }

  /** Runs that somebody began and nobody works on: asked under the lock, they are of processes that are gone. */
  async abandoned(except: string): Promise<string[]> {
    const text = `SELECT id FROM backup.run WHERE state = 'running' AND id <> $1`;
    return (await this.query<{ id: string }>('abandoned', text, [except])).map(({ id }) => id);
  }

  /** Runs that have made nothing. */
  async unmade(): Promise<string[]> {
    const text = `SELECT id FROM backup.run WHERE state = 'failed'`;
    return (await this.query<{ id: string }>('unmade', text, [])).map(({ id }) => id);
  }

  /** @param at by the clock of whoever verified it, which may be ahead */
  async verified(id: string, seconds: number | null, at: string | null): Promise<void> {
    const text = `UPDATE backup.run SET verification = 'verified', verification_error = NULL, phase = NULL,
        verified_at = least(coalesce($3::timestamptz, now()), now()), drill_seconds = coalesce($2, drill_seconds) WHERE id = $1`;
    await this.query('verified', text, [id, seconds, at]);
  }

  async notVerified(id: string, error: string): Promise<void> {
    const text = `UPDATE backup.run SET verification = 'failed', verification_error = $2, phase = NULL
      WHERE id = $1 AND state = 'succeeded'`;
    await this.query('not_verified', text, [id, error]);
  }

  /** Its manifest is right again; whether it restores is open. */
  async believe(id: string): Promise<void> {
    const text = `UPDATE backup.run SET verification = 'no_key', verification_error = NULL
      WHERE id = $1 AND verification = 'failed' AND verification_error LIKE 'backup_manifest_%'`;
    await this.query('believe', text, [id]);
  }

  /** The file is what was stored: also one that could not be read rightly before; whether it restores is open again. */
  async reread(id: string): Promise<void> {
    const isHealed = `verification = 'failed' AND verification_error LIKE 'backup_archive_%'`;
    const text = `UPDATE backup.run SET reread_at = now(),
        stored = CASE WHEN ${isHealed} THEN 'present' ELSE stored END,
        verification_error = CASE WHEN ${isHealed} THEN NULL ELSE verification_error END,
        verification = CASE WHEN ${isHealed} THEN 'no_key' ELSE verification END WHERE id = $1`;
    await this.query('reread', text, [id]);
  }

  /** Of what was made: a run that failed has stored nothing. */
  async store(id: string, stored: StoredAs): Promise<void> {
    const text = `UPDATE backup.run SET stored = $2
      WHERE id = $1 AND state = 'succeeded' AND stored IS DISTINCT FROM $2`;
    await this.query('store', text, [id, stored]);
  }

  /**
   * Remembers a backup that the target has and the database does not know, as after a restore, or when its process was
   * killed before it could say so. It is as old as what is in it, and never of a time to come.
   */
  async adopt(made: MadeRun, isVerified: boolean): Promise<void> {
    const text = `WITH own AS (
        UPDATE backup.run SET state = 'succeeded', error = NULL, phase = NULL, sequence = $2, size = $3, manifest_sha256 = $4,
          snapshot_at = $5, finished_at = least($5, now()), stored = 'present', verification = $6
        WHERE id = $1 AND state <> 'succeeded' AND NOT EXISTS (SELECT FROM backup.run WHERE sequence = $2))
      INSERT INTO backup.run (id, sequence, state, cause, size, manifest_sha256, snapshot_at, requested_at, finished_at,
        stored, verification)
      VALUES ($1, $2, 'succeeded', 'found', $3, $4, $5, least($5, now()), least($5, now()), 'present', $6) ON CONFLICT DO NOTHING`;
    const { id, sequence, size, manifest_sha256, snapshot_at } = made;
    const verification = isVerified ? 'verified' : 'no_key';
    await this.query('adopt', text, [id, sequence, size, manifest_sha256, snapshot_at, verification]);
  }

  /** All runs, by their sequence. */
  known(): Promise<KnownRun[]> {
    const text = `SELECT id, state, stored, verification, verification_error, manifest_sha256,
        CASE WHEN reread_at <= now() THEN reread_at END AS reread_at FROM backup.run ORDER BY sequence`;
    return this.query('known', text, []);
  }

  async summary(): Promise<Summary> {
    const [row] = await this.query<Summary>('summary', SUMMARY, []);
    if (!row) throw new Error('no summary');
    return row;
  }

  private query<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.runner.query<Row>({ name: `backups.${name}`, text }, values);
  }
}

/** A run that has ended at a time to come was told by a clock that was wrong: any other is newer. */
const SUMMARY = `
  WITH good AS (SELECT * FROM backup.run WHERE state = 'succeeded' AND stored IN ('present', 'trash')),
    head AS (SELECT * FROM good ORDER BY sequence DESC LIMIT 1),
    last AS (SELECT * FROM backup.run WHERE state = 'succeeded' ORDER BY sequence DESC LIMIT 1),
    proved AS (SELECT * FROM good WHERE verification = 'verified' ORDER BY sequence DESC LIMIT 1),
    ended AS (SELECT * FROM backup.run WHERE state IN ('succeeded', 'failed')
      ORDER BY finished_at <= now() DESC NULLS LAST, finished_at DESC LIMIT 1)
  SELECT (SELECT finished_at FROM head) AS last_success_at, (SELECT snapshot_at FROM head) AS last_snapshot_at,
    (SELECT verified_at FROM proved) AS last_verified_at, (SELECT id FROM proved) AS last_verified_id,
    (SELECT drill_seconds::float8 FROM proved) AS drill_seconds,
    (SELECT sequence::float8 FROM last) AS head, (SELECT manifest_sha256 FROM last) AS head_sha256,
    (SELECT error FROM ended) AS last_error,
    (SELECT verification_error FROM head) AS last_verification_error,
    (SELECT count(*)::int FROM backup.run WHERE state = 'succeeded' AND stored = 'missing') AS missing,
    (SELECT count(*)::int FROM backup.run WHERE state = 'succeeded' AND stored = 'damaged') AS damaged,
    r.beat_at AS receiver_at, r.fault AS receiver_fault, r.stored_through AS receiver_through, now() AS now
  FROM (SELECT) AS one LEFT JOIN backup.receiver r ON r.id = 1`;
