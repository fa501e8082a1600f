import { mkdtemp, rm, cp, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Environment } from '../../src/platform/config/index.js';

/** A database of a test file's own, and the settings that lead to it. */
export interface TestDatabase {
  readonly kind: 'embedded' | 'postgresql';
  readonly env: Environment;
  drop(): Promise<void>;
}

/** Whether the suites run against real servers (`scripts/servers/servers.sh env` gives the settings). */
export const onPostgres = process.env['TEST_DATABASE_URL'] !== undefined && process.env['TEST_DATABASE_URL'] !== '';

export const TEST_SECRET = 'kq3Vx0b9s6TgYw2mNp8RzL4cJf7HdAuE1oXiQ5vKt-M';

/** An empty, migrated database: a copy of one that is migrated once per run. */
export async function newDatabase(): Promise<TestDatabase> {
  return onPostgres ? newPostgres(process.env, process.env['TEST_POSTGRES_TEMPLATE']) : newEmbedded();
}

async function newEmbedded(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'family-assistant-'));
  const template = process.env['TEST_EMBEDDED_TEMPLATE'];
  if (template && existsSync(template)) {
    await mkdir(folder, { recursive: true });
    await cp(template, join(folder, 'database'), { recursive: true });
  }
  return {
    kind: 'embedded',
    env: { DATA_DIR: folder },
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * A database on servers of which `scripts/servers/servers.sh env` tells.
 * @param template a database to copy; without one it is empty, and whoever starts on it migrates it
 */
export async function newPostgres(servers: Environment, template?: string): Promise<TestDatabase> {
  const owner = new URL(servers['TEST_DATABASE_URL'] ?? '');
  const app = new URL(servers['TEST_APP_DATABASE_URL'] ?? owner.href);
  const backup = servers['TEST_BACKUP_DATABASE_URL'];
  const name = `fa_${randomBytes(6).toString('hex')}`;
  await asOwner(owner.href, `CREATE DATABASE ${name}${template ? ` TEMPLATE ${template}` : ''}`);
  const folder = await mkdtemp(join(tmpdir(), 'family-assistant-'));
  const at = (url: URL): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  return {
    kind: 'postgresql',
    env: {
      DATA_DIR: folder,
      DATABASE_URL: at(app),
      DATABASE_OWNER_URL: at(owner),
      DATABASE_POOL_SIZE: '8',
      JWT_SECRET_KEY: TEST_SECRET,
      ...(backup ? { BACKUP_DATABASE_URL: at(new URL(backup)) } : {}),
      ...(servers['TEST_PG_BIN'] ? { BACKUP_PG_BIN: servers['TEST_PG_BIN'] } : {}),
      ...(servers['TEST_REDIS_URL'] ? { REDIS_URL: servers['TEST_REDIS_URL'] } : {}),
    },
    drop: async () => {
      // The owner may not end what the application's login left connected, as after a kill.
      await asOwner(
        servers['TEST_SUPERUSER_DATABASE_URL'] ?? owner.href,
        `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
      );
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs one statement outside of any application. */
export async function asOwner(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}
