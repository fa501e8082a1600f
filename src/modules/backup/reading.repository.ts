import type { Query } from './connection.repository.js';

/** What a table held: the number of its rows, and a sum of their hashes that no order changes. */
export interface TableFingerprint {
  /** With its schema: `public.users`. */
  readonly name: string;
  readonly rows: number;
  readonly hash: string;
}

/** Facts of the database as the manifest has them. */
export interface DatabaseFacts {
  readonly system_identifier: string;
  readonly lsn: string;
  readonly server_version: number;
  readonly snapshot_at: string;
  readonly extensions: Readonly<Record<string, string>>;
  readonly migrations: readonly string[];
}

interface Table {
  readonly name: string;
  /** What is hashed of each row: a column, or its binary form where its type has no hash (vectors). */
  readonly columns: readonly string[];
}

/** Every query that describes a database. */
export class ReadingRepository {
  constructor(private readonly query: Query) {}

  /** Begins a snapshot that others can share by its name, in which a filtered row is an error. */
  async begin(): Promise<{ readonly name: string; readonly facts: DatabaseFacts }> {
    await this.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await this.query('SET LOCAL row_security = off');
    // The dump works at the same time, and is what takes longer.
    await this.query('SET LOCAL max_parallel_workers_per_gather = 0');
    const [row] = await this.query<{ name: string }>('SELECT pg_export_snapshot() AS name');
    return { name: row?.name ?? '', facts: await this.facts() };
  }

  /**
   * Begins a transaction in which the owner of the tables sees every row, though policies are forced on it too. It
   * locks them, so it is for copies that nobody else uses; roll it back.
   */
  async beginAsOwner(): Promise<void> {
    await this.query('BEGIN');
    const tables = await this.query<{ name: string }>(
      'SELECT oid::regclass::text AS name FROM pg_class WHERE relforcerowsecurity ORDER BY oid',
    );
    for (const { name } of tables) await this.query(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`);
    await this.query('SET LOCAL row_security = off');
  }

  async rollback(): Promise<void> {
    await this.query('ROLLBACK');
  }

  async facts(): Promise<DatabaseFacts> {
    const [row] = await this.query<{ id: string; lsn: string; version: string; at: Date }>(
      `SELECT (pg_control_system()).system_identifier::text AS id, pg_current_wal_insert_lsn()::text AS lsn,
         current_setting('server_version_num') AS version, now() AS at`,
    );
    const extensions = await this.query<{ name: string; version: string }>(
      'SELECT extname AS name, extversion AS version FROM pg_extension ORDER BY 1',
    );
    const migrations = await this.query<{ name: string }>('SELECT name FROM public.migrations ORDER BY id');
    return {
      system_identifier: row?.id ?? '',
      lsn: row?.lsn ?? '',
      server_version: Number(row?.version),
      snapshot_at: (row?.at ?? new Date(0)).toISOString(),
      extensions: Object.fromEntries(extensions.map(({ name, version }) => [name, version])),
      migrations: migrations.map(({ name }) => name),
    };
  }

  /** Tables that hold anything of the application, in the order of their names. */
  tables(): Promise<Table[]> {
    return this.query<Table>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name,
         (SELECT coalesce(array_agg(format(CASE WHEN e.deptype IS NULL THEN '%1$I' ELSE '%2$s(%1$I)' END, a.attname, t.typsend) ORDER BY a.attnum), '{}')
          FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            LEFT JOIN pg_depend e ON e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e' AND t.typtype = 'b' AND t.typelem = 0
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')::text[] AS columns
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
       ORDER BY 1`,
    );
  }

  /** Row count and fingerprint of every table. @param onTable is told how many of them are done */
  async fingerprints(
    signal: AbortSignal,
    onTable: (done: number, total: number) => void = () => undefined,
  ): Promise<TableFingerprint[]> {
    const tables = await this.tables();
    const found: TableFingerprint[] = [];
    for (const table of tables) {
      signal.throwIfAborted();
      const [row] = await this.query<{ rows: string; hash: string }>(fingerprintOf(table));
      found.push({ name: table.name, rows: Number(row?.rows), hash: row?.hash ?? '' });
      onTable(found.length, tables.length);
    }
    return found;
  }

  /** Whether the login sees every row, whatever policies say. */
  async seesEverything(): Promise<boolean> {
    const [row] = await this.query<{ sees: boolean }>(
      'SELECT rolsuper OR rolbypassrls AS sees FROM pg_roles WHERE rolname = current_user',
    );
    return row?.sees ?? false;
  }
}

/**
 * Number of rows, and the sum of their hashes: a sum has no order, and unlike the exclusive or it counts a row that is
 * there twice. Generated columns are computed anew by a restore, so they are no part of it. The hash (Bob Jenkins'
 * lookup3, as hash partitions have it) finds what went wrong, and nobody's forgery: the archive has SHA-256 for that. It
 * is the same on every version from 15 to 18, and on every machine that stores the low byte first.
 */
const fingerprintOf = ({ name, columns }: Table): string =>
  `SELECT count(*)::text AS rows, coalesce(sum(hash_record_extended(ROW(${columns.join(', ')}), 0)), 0)::text AS hash FROM ${name}`;
