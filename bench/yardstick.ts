/** What the benchmarks of reads share: a family, its member list, and the bare server that is the yardstick. */
import { join } from 'node:path';
import type { ScratchDatabase } from './scratch-database.js';
import { post, startServer, type RunningServer } from './support.js';

/** Connections to PostgreSQL of either server. */
export const POOL_SIZE = '20';

export const ACCOUNT = { email: 'parent@example.org', password: 'violet-harbour-93-teapots' };
export const MEMBERS = [
  {
    first_name: 'Leo',
    last_name: 'Núñez',
    role: 'teenager',
    birth_date: '2010-02-28',
    active_skills: ['homework', 'chess'],
  },
  { first_name: 'Zoë', last_name: 'Núñez', role: 'child', birth_date: '2018-07-04', language_preference: 'es' },
  { first_name: 'Miguel', last_name: 'Núñez', role: 'grandparent', telegram_id: 123456789 },
  {
    first_name: 'Iris',
    last_name: 'Okafor',
    role: 'parent',
    active_skills: ['recipes'],
    language_preference: 'bilingual',
  },
];

/** Where the list is read, and by whom. */
export interface Target {
  readonly url: string;
  readonly bearer: string;
}

/** Registers the parent of the first family, adds the others, and signs in; returns the access token. */
export async function newFamily(url: string): Promise<string> {
  const names = { first_name: 'María', last_name: 'Núñez', family_name: 'Núñez' };
  await post(`${url}/api/v1/auth/register`, { ...ACCOUNT, ...names });
  const { access_token: token } = (await post(`${url}/api/v1/auth/login`, ACCOUNT)) as { access_token: string };
  for (const member of MEMBERS) await post(`${url}/api/v1/family/members`, member, token);
  return token;
}

/** Gives the bare server a copy of the members without row-level security, in a schema of its own. */
export async function startBareServer(database: ScratchDatabase, folder: string): Promise<RunningServer> {
  const asked = await database.asOwner(
    `SELECT set_config('app.realm', 'identity', true)`,
    `SELECT set_config('app.viewer_id', id::text, true) FROM users`,
    `SELECT m.family_id, u.access_version FROM members m JOIN users u ON u.id = m.user_id`,
  );
  const [row] = (asked?.rows ?? []) as { family_id: string; access_version: number }[];
  if (!row) throw new Error('The family is not in the database.');
  await database.asOwner(
    `SELECT set_config('app.family_id', '${row.family_id}', true)`,
    'CREATE SCHEMA bench',
    'CREATE TABLE bench.members (LIKE public.members INCLUDING ALL)',
    'INSERT INTO bench.members SELECT * FROM public.members',
    'GRANT USAGE ON SCHEMA bench TO family_assistant_app',
    'GRANT SELECT ON bench.members TO family_assistant_app',
  );
  await database.asOwner('ANALYZE');
  const variables = {
    NODE_ENV: 'production',
    DATABASE_URL: database.url,
    JWT_SECRET_KEY: database.secret,
    POOL_SIZE,
    FAMILY_ID: row.family_id,
    ACCESS_VERSION: String(row.access_version),
  };
  return startServer([join(import.meta.dirname, 'bare-server.mjs')], '/ready', variables, folder);
}

/** @throws Error unless all of them answer the same text; returns its length in bytes */
export async function sameAnswer(targets: readonly Target[]): Promise<number> {
  const answers = await Promise.all(
    targets.map(async ({ url, bearer }) =>
      (await fetch(url, { headers: { authorization: `Bearer ${bearer}` } })).text(),
    ),
  );
  const [first = ''] = answers;
  if (!answers.every((text) => text === first))
    throw new Error(`The servers answer differently:\n${answers.join('\n')}`);
  return Buffer.byteLength(first);
}
