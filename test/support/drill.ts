import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection, type Place } from '../../src/modules/backup/connection.repository.js';
import type { Environment } from '../../src/platform/config/index.js';
import { EmbeddedClone } from '../../src/platform/database/index.js';
import { startApp, type TestApp } from './create-app.js';
import type { TestDatabase } from './database.js';
import { found, newFamily, newFirstAdmin, newMember, newMemory, signIn } from './factories.js';

/** People, and what each of them finds: ids in their order. */
type Answers = Readonly<Record<string, readonly string[]>>;

/** What a household has: every row of every table, by a hash, and the answers of its searches. */
export interface Belongings {
  readonly rows: Readonly<Record<string, string>>;
  readonly answers: Answers;
  /** Emails of those who search. */
  readonly people: readonly string[];
}

const TEXTS = [
  'The spare key is under the blue flowerpot',
  'Leo is allergic to nuts, and loves the blue bicycle',
  'Grandma keeps the recipe of the apple pie in the blue tin',
  'The bicycle is repaired by the shop beside the station',
];
const QUERIES = ['blue flowerpot', 'blue', 'bicycle', 'apple pie', 'allergic'];

/** Fills an empty database with a family that remembers things. */
export async function moveIn(database: TestDatabase, env: Environment): Promise<Belongings> {
  const server = await startApp({ database: { ...database, env }, env: { REGISTRATION: 'open' } });
  let people: readonly string[];
  let answers: Answers;
  try {
    await newFirstAdmin(server);
    const family = await newFamily(server);
    const other = await newMember(server, family, 'grandparent');
    for (const [at, text] of TEXTS.entries()) await newMemory(server, at === 2 ? other : family.parent, text);
    people = [family.parent.email, other.email];
    answers = await answersOf(server, people);
  } finally {
    await server.close();
  }
  return { rows: await rowsOf(env), answers, people };
}

/** What is there after a restore: people sign in anew, for their sessions have ended. */
export async function lookAround(
  database: TestDatabase,
  env: Environment,
  { people }: Belongings,
): Promise<Belongings> {
  const rows = await rowsOf(env); // before the server does anything
  const server = await startApp({ database: { ...database, env } });
  try {
    return { rows, answers: await answersOf(server, people), people };
  } finally {
    await server.close();
  }
}

async function answersOf(server: TestApp, people: readonly string[]): Promise<Answers> {
  const answers: [string, string[]][] = [];
  for (const email of people) {
    const person = await signIn(server, email);
    for (const query of QUERIES) {
      const results = await found(server, person, query);
      answers.push([`${email}: ${query}`, results.map(({ id }) => id)]);
    }
  }
  return Object.fromEntries(answers);
}

/** What backups and restores write themselves, and what restores end; the server's own works go on. */
const OWN: Readonly<Record<string, string>> = {
  'public.mail_tokens': 'SELECT WHERE false',
  'public.audit_events': `SELECT * FROM public.audit_events WHERE action NOT LIKE 'backup.%'`,
  'public.sessions': 'SELECT id, user_id, device, created_at, expires_at FROM public.sessions',
};
const SCHEMAS_OF_WORKS = ['jobs', 'backup'];

/** Asked apart from the product, as a superuser, of a database that nobody uses. */
async function rowsOf(env: Environment): Promise<Readonly<Record<string, string>>> {
  const superuser = process.env['TEST_SUPERUSER_DATABASE_URL'];
  if (env['DATABASE_URL'] !== undefined && superuser !== undefined) {
    const { pathname } = new URL(env['DATABASE_URL']);
    return hashesAt({ url: Object.assign(new URL(superuser), { pathname }).href, tls: 'off' });
  }
  const folder = join(env['DATA_DIR'] ?? '', 'database');
  const clone = await EmbeddedClone.open(folder);
  try {
    return await hashesAt({ engine: clone });
  } finally {
    await clone.close();
    await rm(join(folder, 'postmaster.pid'), { force: true });
  }
}

async function hashesAt(place: Place): Promise<Readonly<Record<string, string>>> {
  const connection = await Connection.open(place);
  try {
    const tables = await connection.query<{ name: string }>(
      `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
       WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
    );
    const hashes: [string, string][] = [];
    for (const { name } of tables.filter((table) => !SCHEMAS_OF_WORKS.includes(table.name.split('.')[0] ?? ''))) {
      const [row] = await connection.query<{ hash: string }>(
        `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C")), '') AS hash
         FROM (${OWN[name] ?? `SELECT * FROM ${name}`}) AS t`,
      );
      hashes.push([name, row?.hash ?? '']);
    }
    return Object.fromEntries(hashes);
  } finally {
    await connection.close();
  }
}
