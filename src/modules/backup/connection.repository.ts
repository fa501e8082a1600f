import pg from 'pg';
import { tlsOptions, type Engine } from '../../platform/database/index.js';
import { BackupError, toBackupError } from './backup.errors.js';

/** Runs a statement on the database that is read: the live one in its snapshot, or a restored copy. */
export type Query = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

/** A login of a server. */
export interface ServerPlace {
  readonly url: string;
  readonly tls: 'off' | 'require' | 'verify';
  readonly tlsCa?: string | undefined;
}

/** Where to connect to: an address of PostgreSQL, or an embedded engine. */
export type Place = ServerPlace | { readonly engine: Engine };

/** So that a row is the same text on every server (its output depends on these), however long it takes. */
const SETTINGS = [
  `SET TIME ZONE 'UTC'`,
  `SET DateStyle = 'ISO, YMD'`,
  `SET IntervalStyle = 'postgres'`,
  'SET extra_float_digits = 1',
  `SET bytea_output = 'hex'`,
  'SET statement_timeout = 0',
  'SET idle_in_transaction_session_timeout = 0',
  'SET lock_timeout = 60000',
  'SET jit = off',
];
const CONNECT_TIMEOUT = 15_000;
/** Name of these sessions, by which the server lists them. */
export const BACKUP_SESSION = 'family-assistant-backup';

/**
 * Where an address leads, and as whom, as the driver reads it. Nothing else of it counts: `?sslmode=` would come before
 * the settings, and libpq takes `?dbname=` for the name of the database, which the driver does not.
 */
export function loginOf(url: string): Readonly<Record<'host' | 'user' | 'password' | 'database', string>> & {
  readonly port: number;
} {
  const { host, port, user = '', password, database = '' } = new pg.Client({ connectionString: url });
  return { host, port, user, password: password ?? '', database };
}

/** A connection that belongs to one work alone, outside of the pool of the application. */
export class Connection {
  /** Aborted when the connection breaks while nobody asks anything. */
  readonly lost: AbortSignal;

  private constructor(private readonly client: pg.Client) {
    const lost = new AbortController();
    this.lost = lost.signal;
    // Unheard, the event would end the process.
    client.on('error', () => {
      lost.abort(new BackupError('backup_database_lost'));
    });
  }

  /** @throws BackupError `backup_database_lost` when nobody answers, or not to this login */
  static async open(place: Place): Promise<Connection> {
    const options: pg.ClientConfig =
      'engine' in place
        ? { user: 'postgres', database: 'postgres', ssl: false, stream: () => place.engine.connect() }
        : {
            ...loginOf(place.url),
            ssl: tlsOptions({ tls: place.tls, ...(place.tlsCa === undefined ? {} : { tlsCa: place.tlsCa }) }),
            keepAlive: true,
            connectionTimeoutMillis: CONNECT_TIMEOUT,
          };
    const client = new pg.Client({ application_name: BACKUP_SESSION, ...options });
    const connection = new Connection(client);
    try {
      await client.connect();
      for (const statement of SETTINGS) await client.query(statement);
      return connection;
    } catch (error) {
      await connection.close();
      throw toBackupError(error, 'backup_database_lost');
    }
  }

  readonly query: Query = async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> => {
    const { rows } = await this.client.query<Row>(text, [...values]);
    return rows;
  };

  /** Runs a statement that changes rows. @returns how many */
  async change(text: string): Promise<number> {
    return (await this.client.query(text)).rowCount ?? 0;
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}
