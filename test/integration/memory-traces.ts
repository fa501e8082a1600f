import { Redis } from 'ioredis';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type { TestApp } from '../support/create-app.js';

const TABLES = `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1`;

/** Runs a statement beneath row-level security: as a superuser, or in the embedded database as the session itself. */
export async function beneath<Row extends object>(
  { app, database }: TestApp,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const owner = database.env['DATABASE_OWNER_URL'];
  if (owner === undefined)
    return app.get(DataSource).transaction(async (manager) => {
      await manager.query('SET LOCAL ROLE NONE');
      return manager.query<Row[]>(statement, [...values]);
    });
  const superuser = new URL(process.env['TEST_SUPERUSER_DATABASE_URL'] ?? owner);
  superuser.pathname = new URL(owner).pathname;
  const client = new pg.Client({ connectionString: superuser.href });
  await client.connect();
  try {
    return (await client.query<Row>(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** Where any of these words stands: rows of any table, as text, and keys of Redis with what they hold. */
export async function tracesOf(server: TestApp, words: readonly string[]): Promise<string[]> {
  const traces: string[] = [];
  const look = (place: string, text: string): void => {
    for (const word of words) if (text.toLowerCase().includes(word)) traces.push(`${word} in ${place}`);
  };
  for (const { name } of await beneath<{ name: string }>(server, TABLES)) {
    const rows = await beneath<{ row: string }>(server, `SELECT to_jsonb(t)::text AS row FROM ${name} t`);
    for (const { row } of rows) look(name, row);
  }
  for (const [key, value] of await everythingInRedis()) look(`redis ${key}`, `${key} ${value}`);
  return [...new Set(traces)];
}

async function everythingInRedis(): Promise<[string, string][]> {
  const url = process.env['TEST_REDIS_URL'];
  if (!url) return [];
  const redis = new Redis(url);
  try {
    const found: [string, string][] = [];
    for (const key of await redis.keys('*')) found.push([key, JSON.stringify(await valueOf(redis, key))]);
    return found;
  } finally {
    redis.disconnect();
  }
}

async function valueOf(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, 0, -1);
    default:
      return null;
  }
}
