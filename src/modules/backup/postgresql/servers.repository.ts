import { APPLICATION_ROLE } from '../../../platform/database/index.js';
import { BackupError } from '../backup.errors.js';
import { BACKUP_SESSION, Connection, type Query, type ServerPlace } from '../connection.repository.js';

/** The database that every server has: from it others are made, renamed and dropped, and there works wait for each other. */
const MAINTENANCE = 'postgres';

/** Another database of the same server. */
export const atDatabase = (url: string, name: string): string =>
  Object.assign(new URL(url), { pathname: `/${name}` }).href;

/** Name of the database of an address, as libpq reads it. */
export const databaseOf = (url: string): string =>
  decodeURIComponent(new URL(url).pathname.slice(1)) || new URL(url).username;

/** Every statement on databases as a whole. */
export class ServersRepository {
  constructor(private readonly query: Query) {}

  /** Major version of the server. */
  async major(): Promise<number> {
    const [row] = await this.query<{ version: string }>(`SELECT current_setting('server_version_num') AS version`);
    return Math.floor(Number(row?.version) / 10_000);
  }

  /** Makes an empty database. @throws BackupError `restore_scratch_denied` */
  async create(name: string): Promise<void> {
    try {
      await this.query(`CREATE DATABASE ${quoted(name)}`);
    } catch (error) {
      if (stateOf(error) === '42501') throw new BackupError('restore_scratch_denied');
      throw error;
    }
  }

  async drop(name: string): Promise<void> {
    await this.query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`);
  }

  async exists(name: string): Promise<boolean> {
    return (await this.query('SELECT FROM pg_database WHERE datname = $1', [name])).length > 0;
  }

  /** Takes a lock of this session, where it is free. It can stand for a database that is not there yet. */
  async tryLock(name: string): Promise<boolean> {
    const [row] = await this.query<{ is_free: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 13)) AS is_free',
      [name],
    );
    return row?.is_free ?? false;
  }

  /** Scratch databases that a process which was killed has left. */
  async leftovers(prefix: string): Promise<string[]> {
    const rows = await this.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database d WHERE starts_with(datname, $1)
         AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)`,
      [prefix],
    );
    return rows.map(({ name }) => name);
  }

  /** The role under which the application runs: grants of a dump name it, so it has to be there before. */
  async makeApplicationRole(): Promise<void> {
    await this.query(`DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${APPLICATION_ROLE}') THEN
        CREATE ROLE ${APPLICATION_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
  }

  /**
   * Sessions of clients on a database, but those of works on backups: they are short, and a renaming waits for them as it
   * does for autovacuum. That others are there is shown to the owner, of what kind they are is not.
   */
  async sessionsOn(name: string): Promise<number> {
    const [row] = await this.query<{ sessions: string }>(
      `SELECT count(*) AS sessions FROM pg_stat_activity WHERE datname = $1 AND application_name IS DISTINCT FROM $2
         AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'`,
      [name, BACKUP_SESSION],
    );
    return Number(row?.sessions);
  }

  /**
   * Gives a database the name of another, which gets a third one: at once, or not at all.
   * @throws BackupError `restore_target_in_use`
   */
  async swap(current: string, kept: string | null, next: string): Promise<void> {
    await this.query('BEGIN');
    try {
      if (kept !== null) await this.query(`ALTER DATABASE ${quoted(current)} RENAME TO ${quoted(kept)}`);
      await this.query(`ALTER DATABASE ${quoted(next)} RENAME TO ${quoted(current)}`);
      await this.query('COMMIT');
    } catch (error) {
      await this.query('ROLLBACK');
      if (stateOf(error) === '55006') throw new BackupError('restore_target_in_use');
      throw error;
    }
  }

  async analyze(): Promise<void> {
    await this.query('ANALYZE');
  }

  /** Number of tables outside of the system's schemas. */
  async tables(): Promise<number> {
    const [row] = await this.query<{ tables: string }>(
      `SELECT count(*) AS tables FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`,
    );
    return Number(row?.tables);
  }
}

/** Runs work on a database of a server from which others can be made. */
export async function onServer<T>(place: ServerPlace, work: (servers: ServersRepository) => Promise<T>): Promise<T> {
  const connection = await openMaintenance(place);
  try {
    return await work(new ServersRepository(connection.query));
  } finally {
    await connection.close();
  }
}

/** A connection that no renaming or dropping of other databases disturbs. */
export const openMaintenance = (place: ServerPlace): Promise<Connection> =>
  Connection.open({ ...place, url: atDatabase(place.url, MAINTENANCE) });

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const stateOf = (error: unknown): unknown => (error as { code?: unknown }).code;
