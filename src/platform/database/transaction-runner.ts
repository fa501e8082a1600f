import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { PoolClient } from 'pg';
import { poolOf } from './data-source.js';
import { StaleViewerError } from './database.errors.js';
import { ATTEMPTS, isLostRace, repeat } from './repeat.js';

declare const opaque: unique symbol;

/** A running transaction, as services see it: something to hand to repositories. */
export interface Transaction {
  readonly [opaque]: true;
}

/** Who looks: the verified session. Row-level security shows what this person may see, and nothing without one. */
export interface Viewer {
  readonly sessionId: string;
  /** Counts the changes of the person's rights; an old number means that the rights were read before a change. */
  readonly accessVersion: number;
}

/** A hot query: prepared once per connection under its name. `$1` and `$2` belong to the viewer. */
export interface ViewerStatement {
  readonly name: string;
  readonly text: string;
}

/** What the repositories unwrap. */
export const managerOf = (tx: Transaction): EntityManager => tx as unknown as EntityManager;

/** A hot statement within a transaction, prepared once per connection under its name. */
export async function runNamed<Row extends object>(
  tx: Transaction,
  { name, text }: { readonly name: string; readonly text: string },
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = (await managerOf(tx).queryRunner?.connect()) as PoolClient;
  const { rows } = await client.query<Row>({ name, text, values: [...values] });
  return rows;
}

/**
 * Writes a query that verifies the session, sets the row-level-security context and reads, all in one round trip.
 *
 * `app.enter` is volatile and the query refers to it laterally with a LIMIT, so PostgreSQL has to run it first.
 * @param name of the prepared statement
 * @param query may use `viewer.family_id`, `viewer.user_id`, `viewer.member_id` and the parameters from `$3` on; must have a LIMIT
 */
export function viewerStatement(name: string, query: string): ViewerStatement {
  const text = `SELECT viewer.is_live AS viewer_is_live, result.*
    FROM app.enter($1::uuid, $2::int) AS viewer
    LEFT JOIN LATERAL (SELECT true AS is_row, found.* FROM (${query}) AS found) AS result ON viewer.is_live`;
  return { name, text };
}

/**
 * Runs work in a transaction that carries the row-level-security context. Transactions never nest: what runs inside
 * uses the transaction it was given (the embedded database has a single connection). Work of people and on accounts is
 * done again, from the beginning, where the database has ended it for the sake of another transaction, as in a deadlock: it
 * must have no effect outside of its transaction.
 */
@Injectable()
export class TransactionRunner {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  /**
   * On behalf of a signed-in person. The database verifies the session again as the first statement.
   * @throws StaleViewerError before any work when the session has ended or its rights have changed
   */
  run<T>(viewer: Viewer, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.repeatedly(async (tx) => {
      await this.enterAgain(tx, viewer);
      return work(tx);
    });
  }

  /**
   * Asks the same once more, as after waiting for a lock: whoever held it may have ended the session.
   * @throws StaleViewerError
   */
  async enterAgain(tx: Transaction, viewer: Viewer): Promise<void> {
    const [entered] = await managerOf(tx).query<{ is_live: boolean }[]>(
      'SELECT is_live FROM app.enter($1::uuid, $2::int)',
      [viewer.sessionId, viewer.accessVersion],
    );
    if (!entered?.is_live) throw new StaleViewerError();
  }

  /** On behalf of nobody yet: sign-in, registration and the administration of accounts. Sees accounts, no family's data. */
  runAsIdentity<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.repeatedly(async (tx) => {
      await managerOf(tx).query("SELECT set_config('app.realm', 'identity', true)");
      return work(tx);
    });
  }

  /** On behalf of a background job that works for one family: sees all of that family's rows; without one, which families there are. */
  runAsWorker<T>(familyId: string | null, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query("SELECT set_config('app.realm', 'worker', true), set_config('app.family_id', $1, true)", [
        familyId ?? '',
      ]);
      return work(manager as unknown as Transaction);
    });
  }

  /**
   * Runs work unless the same work, by its name, runs already in any process; false then. The lock ends with the
   * connection, so a process that is killed leaves none behind.
   */
  async exclusively(name: string, work: () => Promise<void>): Promise<boolean> {
    const pool = poolOf(this.dataSource);
    const client: PoolClient = await pool.connect();
    let isReleased = false;
    try {
      const { rows } = await client.query<{ is_free: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 13)) AS is_free',
        [name],
      );
      if (!rows[0]?.is_free) return false;
      // A single connection, as to the embedded database, is needed for the work; it holds the lock all the same.
      if (pool.counts().size === 1) {
        client.release();
        isReleased = true;
      }
      await work();
      return true;
    } finally {
      if (isReleased) await pool.query('SELECT pg_advisory_unlock(hashtextextended($1, 13))', [name]);
      // Given up with the lock on it: whatever state it is in, the lock is gone.
      else client.release(true);
    }
  }

  private repeatedly<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return repeat(
      () => this.dataSource.transaction((manager) => work(manager as unknown as Transaction)),
      (error) => (isLostRace(error) ? ATTEMPTS : 1),
    );
  }

  /** Lets the rest of the transaction act in a family whose invitation or creation was just verified. */
  async actInFamily(tx: Transaction, familyId: string): Promise<void> {
    await managerOf(tx).query("SELECT set_config('app.family_id', $1, true)", [familyId]);
  }

  /** Lets the rest of a job's transaction see what belongs to one person: their account, sessions and memberships. */
  async actFor(tx: Transaction, userId: string): Promise<void> {
    await managerOf(tx).query("SELECT set_config('app.viewer_id', $1, true)", [userId]);
  }

  /**
   * A hot read in one round trip.
   * @throws StaleViewerError when the session has ended or its rights have changed
   */
  async read<Row extends object>(
    statement: ViewerStatement,
    viewer: Viewer,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const rows = await this.query<Row & { viewer_is_live: boolean; is_row: boolean | null }>(statement, [
      viewer.sessionId,
      viewer.accessVersion,
      ...values,
    ]);
    if (!rows[0]?.viewer_is_live) throw new StaleViewerError();
    return rows[0].is_row === null ? [] : rows;
  }

  /** A named statement outside any context: sees only what needs none. */
  async query<Row extends object>({ name, text }: ViewerStatement, values: readonly unknown[]): Promise<Row[]> {
    const client: PoolClient = await poolOf(this.dataSource).connect();
    try {
      const { rows } = await client.query<Row>({ name, text, values: [...values] });
      client.release();
      return rows;
    } catch (error) {
      // pg-pool keeps a client whose statement failed only if it is told that the connection is well.
      client.release(isConnectionBroken(error));
      throw error;
    }
  }
}

const isConnectionBroken = (error: unknown): boolean =>
  !(error instanceof Error && 'severity' in error && error.severity === 'ERROR');
