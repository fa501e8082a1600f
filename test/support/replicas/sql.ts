import pg from 'pg';
import type { TestDatabase } from '../database.js';

/** A statement on the database of a test by the server's superuser, whom no row-level security stops. */
export async function asSuperuser<Row extends pg.QueryResultRow>(
  { env }: TestDatabase,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const { pathname } = new URL(env['DATABASE_URL'] ?? '');
  const url = Object.assign(new URL(process.env['TEST_SUPERUSER_DATABASE_URL'] ?? ''), { pathname });
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query<Row>(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}
