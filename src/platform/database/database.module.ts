import { setTimeout as sleep } from 'node:timers/promises';
import { Global, Inject, Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DatabaseConfig, ServerConfig } from '../config/index.js';
import { CommitNews } from './commit-news.js';
import { CommitWatch } from './commit-watch.js';
import { createDataSource, type Entities } from './data-source.js';
import { DatabaseSetupError, isDatabaseUnavailable } from './database.errors.js';
import { EmbeddedDatabase } from './embedded-database.js';
import { Migrator } from './migrator.js';
import type { Engine } from './protocol-stream.js';
import { checkDatabase, loginRisks } from './start-checks.js';
import { TransactionRunner } from './transaction-runner.js';

const OPENED = Symbol('OpenedDatabase');
/** The embedded database, or null where the server uses PostgreSQL. */
export const EMBEDDED_DATABASE = Symbol('EmbeddedDatabase');

/** An open database: the application's data source, and the embedded engine where that is used. */
export interface OpenedDatabase {
  readonly dataSource: DataSource;
  readonly embedded?: EmbeddedDatabase | undefined;
  close(): Promise<void>;
}

/**
 * Opens the database, applies pending migrations where that is configured, and checks that it is usable.
 * @throws DatabaseSetupError
 */
export async function openDatabase(
  config: DatabaseConfig,
  { dataDir, isProduction }: Pick<ServerConfig, 'dataDir' | 'isProduction'>,
  entities: Entities,
): Promise<OpenedDatabase> {
  const embedded = config.isEmbedded ? await EmbeddedDatabase.open(dataDir) : undefined;
  const dataSource = createDataSource({ config, embedded, as: 'application', entities });
  try {
    if (config.migrate) await withOwner(config, embedded, (migrator) => migrator.up());
    else if (embedded) await withOwner(config, embedded, begin);
    await patiently(config, () => dataSource.initialize());
    await checkDatabase(dataSource);
    if (!embedded) await checkLogin(dataSource, isProduction);
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    await embedded?.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    await dataSource.destroy();
    await embedded?.close();
  };
  return { dataSource, embedded, close };
}

/** An embedded database that was just made is migrated in any case: there is nobody else who could. */
async function begin(migrator: Migrator): Promise<void> {
  const states = await migrator.status();
  if (states.every(({ applied }) => !applied)) await migrator.up();
}

/** A login with more rights than the application needs is refused in production and told elsewhere. */
async function checkLogin(dataSource: DataSource, isProduction: boolean): Promise<void> {
  for (const risk of await loginRisks(dataSource)) {
    if (isProduction) throw new DatabaseSetupError(`The database is not usable:\n  ${risk}`);
    new Logger('Database').warn(risk);
  }
}

/** Runs work with a migrator that is signed in as the owner. */
export async function withOwner<T>(
  config: DatabaseConfig,
  embedded: Engine | undefined,
  work: (migrator: Migrator) => Promise<T>,
): Promise<T> {
  const owner = createDataSource({ config, embedded, as: 'owner' });
  await patiently(config, () => owner.initialize());
  try {
    return await work(
      new Migrator(owner, config.ownerUrl && config.url ? decodeURIComponent(new URL(config.url).username) : undefined),
    );
  } finally {
    await owner.destroy();
  }
}

/** A database that is still starting is waited for; a wrong password or name is said at once. */
async function patiently<T>(config: DatabaseConfig, connect: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + config.startTimeout * 1000;
  for (let pause = 100; ; pause = Math.min(pause * 2, 2000)) {
    try {
      return await connect();
    } catch (error) {
      const canWait = isDatabaseUnavailable(error) && Date.now() + pause < deadline;
      if (!canWait)
        throw new DatabaseSetupError(`The database cannot be reached: ${(error as Error).message || String(error)}`);
      new Logger('Database').warn('The database does not answer yet; trying again');
      await sleep(pause);
    }
  }
}

@Global()
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(OPENED) private readonly database: OpenedDatabase) {}

  /** @param entities of the feature modules, which this room does not know */
  static forRoot(entities: Entities): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        {
          provide: OPENED,
          inject: [DatabaseConfig, ServerConfig],
          useFactory: (config: DatabaseConfig, server: ServerConfig) => openDatabase(config, server, entities),
        },
        { provide: DataSource, inject: [OPENED], useFactory: ({ dataSource }: OpenedDatabase) => dataSource },
        {
          provide: EMBEDDED_DATABASE,
          inject: [OPENED],
          useFactory: ({ embedded }: OpenedDatabase) => embedded ?? null,
        },
        TransactionRunner,
        CommitWatch,
        CommitNews,
      ],
      exports: [DataSource, EMBEDDED_DATABASE, TransactionRunner, CommitWatch, CommitNews],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
