import { readFileSync } from 'node:fs';
import pg from 'pg';
import { DataSource, type EntitySchema, type Logger, type MixedList } from 'typeorm';
import type { DatabaseConfig } from '../config/index.js';
import { MIGRATIONS } from '../../../migrations/index.js';
import { CheckedPool } from './checked-pool.js';
import type { Engine } from './protocol-stream.js';

/** The role under which every statement of the application runs: owns nothing, cannot pass row-level security. */
export const APPLICATION_ROLE = 'family_assistant_app';

/** Names of the migrations that this version knows, in their order. */
export const KNOWN_MIGRATIONS: readonly string[] = MIGRATIONS.map((Migration) => new Migration().name);

// A DATE is a calendar day without a zone; as a JavaScript Date it would shift with the zone of the server.
pg.types.setTypeParser(pg.types.builtins.DATE, (value) => value);

// TypeORM writes to the console even with its logging off, past the log's format and redaction.
const ignore = (): void => undefined;
const SILENT: Logger = {
  logQuery: ignore,
  logQueryError: ignore,
  logQuerySlow: ignore,
  logSchemaBuild: ignore,
  logMigration: ignore,
  log: ignore,
};

export type Entities = MixedList<string | EntitySchema | (new () => object)>;

interface Options {
  readonly config: DatabaseConfig;
  readonly embedded: Engine | undefined;
  /** `application` runs everything under `APPLICATION_ROLE`; `owner` is for migrations. */
  readonly as: 'application' | 'owner';
  readonly entities?: Entities;
}

/** A TypeORM data source over PostgreSQL or the embedded database: the same driver, the same migrations. */
export function createDataSource({ config, embedded, as, entities = [] }: Options): DataSource {
  const url = as === 'owner' ? (config.ownerUrl ?? config.url) : config.url;
  return new DataSource({
    type: 'postgres',
    driver: { ...pg, Pool: CheckedPool },
    ...(url === undefined ? { username: 'postgres', database: 'postgres' } : { url }),
    ssl: url === undefined ? false : tlsOptions(config),
    poolSize: embedded ? 1 : config.poolSize,
    connectTimeoutMS: config.connectTimeout,
    applicationName: 'family-assistant',
    installExtensions: false,
    logger: SILENT,
    entities,
    migrations: [...MIGRATIONS],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    poolErrorHandler: () => undefined, // the connection is dropped by the pool; requests and readiness tell of it
    extra: {
      checkAfter: config.checkAfter,
      slowStatement: as === 'owner' ? 0 : config.slowStatement,
      idleTimeoutMillis: embedded ? 0 : config.idleTimeout,
      keepAlive: true,
      onConnect: (client: pg.Client) => prepareConnection(client, config, as),
      ...(embedded ? { stream: () => embedded.connect() } : {}),
      // The server ends long statements itself; this is for one that has fallen silent, which only its client can notice.
      ...(embedded || as === 'owner' ? {} : { query_timeout: config.statementTimeout + 1000 }),
    },
  });
}

/** The pool behind a data source, for named statements and for its numbers. */
export function poolOf(dataSource: DataSource): CheckedPool {
  return (dataSource.driver as unknown as { master: CheckedPool }).master;
}

/**
 * Lets PostgreSQL ask the disk for many pages at a time: the first search after a start reads a thousand of them. Before
 * PostgreSQL 18 systems without that ability take no such setting.
 */
const READ_AHEAD = `DO $$ BEGIN SET effective_io_concurrency = 64; EXCEPTION WHEN invalid_parameter_value THEN NULL; END $$`;

async function prepareConnection(
  client: pg.Client,
  config: DatabaseConfig,
  as: 'application' | 'owner',
): Promise<void> {
  // Compiling a search, or starting a second process for it, takes longer than it gains.
  const settings = ["SET TIME ZONE 'UTC'", 'SET jit = off', 'SET max_parallel_workers_per_gather = 0'];
  if (as === 'application') {
    if (config.url) settings.push(READ_AHEAD);
    settings.push(
      `SET statement_timeout = ${String(config.statementTimeout)}`,
      `SET idle_in_transaction_session_timeout = ${String(config.idleTimeout)}`,
      `SET ROLE ${APPLICATION_ROLE}`,
    );
  }
  await client.query(settings.join('; '));
}

/** Whether the certificate of the server is checked, and against which authority. */
export interface TlsTrust {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
}

/** How a connection to the server is encrypted. */
export function tlsOptions({ tls, tlsCa }: Pick<DatabaseConfig, 'tls' | 'tlsCa'>): TlsTrust | false {
  if (tls === 'off') return false;
  if (tls === 'require') return { rejectUnauthorized: false };
  return tlsCa === undefined
    ? { rejectUnauthorized: true }
    : { rejectUnauthorized: true, ca: readFileSync(tlsCa, 'utf8') };
}
