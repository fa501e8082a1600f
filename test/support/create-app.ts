import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino, type DestinationStream } from 'pino';
import supertest from 'supertest';
import type TestAgent from 'supertest/lib/agent.js';
import { createApp } from '../../src/app.setup.js';
import { loadConfig, type AppConfig, type Environment } from '../../src/platform/config/index.js';
import { createLogger } from '../../src/platform/observability/index.js';
import { newDatabase, type TestDatabase } from './database.js';

/** A server of a test file's own, on a database of its own, reached over real HTTP. */
export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly config: AppConfig;
  readonly database: TestDatabase;
  readonly url: string;
  /** Requests to the server, below `/api/v1` or anywhere. */
  http(): TestAgent;
  close(): Promise<void>;
}

interface Options {
  /** Settings besides those of the database. Limits are off unless a test sets `RATE_LIMIT_MULTIPLIER`. */
  readonly env?: Environment;
  readonly database?: TestDatabase;
  readonly logs?: DestinationStream;
  /** Called before `listen`, for handlers that only a test has. */
  readonly before?: (app: NestFastifyApplication) => void | Promise<void>;
}

/** Thousands of accounts sign in; what a hash costs, the hasher's own tests and the processes of tests know. */
const CHEAP_HASHES = { argon2Memory: 256, argon2Passes: 1 };

/** Starts a server. Its first account has not been made yet: see `newServer` in factories. */
export async function startApp({ env = {}, database, logs, before }: Options = {}): Promise<TestApp> {
  const used = database ?? (await newDatabase());
  const config = loadConfig({
    NODE_ENV: 'test',
    PORT: '0',
    RATE_LIMIT_MULTIPLIER: '0',
    LOG_LEVEL: logs ? 'debug' : 'silent',
    // A test of alerts evaluates when it wants to.
    ALERTS_EVALUATE: 'false',
    // Many servers live in the process of the tests, one after the other.
    HEALTH_MEMORY_MAXIMUM: '1048576',
    ...used.env,
    ...env,
  });
  if (env['ARGON2_MEMORY'] === undefined) Object.assign(config.auth, CHEAP_HASHES);
  const app = await createApp(config, logs ? createLogger(config, logs) : pino({ level: 'silent' }));
  await before?.(app);
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return {
    app,
    config,
    database: used,
    url,
    http: () => supertest.agent(url),
    close: async () => {
      await app.close();
      if (!database) await used.drop();
    },
  };
}
