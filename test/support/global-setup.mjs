/**
 * Migrates one empty database per run; test files start from copies of it. Uses the build (`make test` makes it first),
 * because jest loads this file outside of its own transformation.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export default async function prepareTemplate() {
  if (!existsSync(new URL('../../dist/src', import.meta.url)))
    execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  const { loadConfig } = await import('../../dist/src/platform/config/index.js');
  const { openDatabase } = await import('../../dist/src/platform/database/index.js');
  const env = process.env.TEST_DATABASE_URL ? await scratchOnPostgres() : await scratchEmbedded();
  const { database, server } = loadConfig(env);
  const opened = await openDatabase(database, server, []);
  await opened.close();
}

async function scratchEmbedded() {
  const folder = await mkdtemp(join(tmpdir(), 'family-assistant-template-'));
  process.env.TEST_TEMPLATE_FOLDER = folder;
  process.env.TEST_EMBEDDED_TEMPLATE = join(folder, 'database');
  return { DATA_DIR: folder };
}

async function scratchOnPostgres() {
  const name = `fa_template_${process.pid}`;
  process.env.TEST_POSTGRES_TEMPLATE = name;
  await asOwner(`CREATE DATABASE ${name}`);
  const at = (url) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  const { TEST_DATABASE_URL: owner, TEST_APP_DATABASE_URL: app = owner } = process.env;
  return {
    DATABASE_URL: at(app),
    DATABASE_OWNER_URL: at(owner),
    JWT_SECRET_KEY: 'kq3Vx0b9s6TgYw2mNp8RzL4cJf7HdAuE1oXiQ5vKt-M',
  };
}

/** Runs one statement on the test server. */
export async function asOwner(statement) {
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL });
  await client.connect();
  await client.query(statement);
  await client.end();
}
