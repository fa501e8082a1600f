import type { DataSource } from 'typeorm';
import { APPLICATION_ROLE } from './data-source.js';
import { DatabaseSetupError } from './database.errors.js';
import { Migrator } from './migrator.js';

export const REQUIRED_EXTENSIONS = ['vector', 'pg_trgm', 'unaccent', 'btree_gist'] as const;
const OLDEST_SERVER = 15;
const TO_MIGRATE = 'make a backup with the release before, then npm run cli -- migrate up';

/** Tables that hold nobody's data; every other one needs forced row-level security with a policy. */
const TABLES_WITHOUT_ROWS_OF_PEOPLE = ['migrations'];

/**
 * Refuses a database that is not what the server needs, naming everything that is wrong at once.
 * @throws DatabaseSetupError
 */
export async function checkDatabase(dataSource: DataSource): Promise<void> {
  const problems = [
    ...(await versionProblems(dataSource)),
    ...(await extensionProblems(dataSource)),
    ...(await migrationProblems(dataSource)),
    ...(await roleProblems(dataSource)),
    ...(await policyProblems(dataSource)),
  ];
  if (problems.length > 0) {
    throw new DatabaseSetupError(['The database is not usable:', ...problems.map((text) => `  ${text}`)].join('\n'));
  }
}

async function versionProblems(dataSource: DataSource): Promise<string[]> {
  const [row] = await dataSource.query<{ version: string }[]>(
    `SELECT current_setting('server_version_num') AS version`,
  );
  const major = Math.floor(Number(row?.version) / 10_000);
  return major >= OLDEST_SERVER ? [] : [`PostgreSQL ${String(major)} is too old: 15 or newer is needed`];
}

async function extensionProblems(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ extname: string }[]>('SELECT extname FROM pg_extension');
  const installed = new Set(rows.map(({ extname }) => extname));
  const missing = REQUIRED_EXTENSIONS.filter((name) => !installed.has(name));
  return missing.map((name) => `extension ${name} is missing: CREATE EXTENSION ${name}`);
}

async function migrationProblems(dataSource: DataSource): Promise<string[]> {
  const pending = (await new Migrator(dataSource).status()).filter(({ applied }) => !applied);
  return pending.map(({ name }) => `migration ${name} is pending (migrations_pending): ${TO_MIGRATE}`);
}

/**
 * What the sign-in of the connections could do by `RESET ROLE`: row-level security is only a wall where nobody behind it
 * has the key. Empty on the embedded database, whose only sign-in is its owner.
 */
export async function loginRisks(dataSource: DataSource): Promise<string[]> {
  const [login] = await dataSource.query<{ name: string; bypasses: boolean; owns: boolean }[]>(
    `SELECT session_user AS name, r.rolsuper OR r.rolbypassrls AS bypasses,
       EXISTS (SELECT FROM pg_class WHERE relowner = r.oid AND relnamespace = 'public'::regnamespace) AS owns
     FROM pg_roles r WHERE r.rolname = session_user`,
  );
  if (login?.bypasses) return [`DATABASE_URL signs in as ${login.name}, who can pass row-level security`];
  if (login?.owns)
    return [`DATABASE_URL signs in as ${login.name}, who owns the tables: set DATABASE_OWNER_URL for migrations`];
  return [];
}

async function roleProblems(dataSource: DataSource): Promise<string[]> {
  const [role] = await dataSource.query<{ name: string; bypasses: boolean; owned: string }[]>(
    `SELECT current_user AS name, r.rolsuper OR r.rolbypassrls AS bypasses,
       (SELECT count(*) FROM pg_class WHERE relowner = r.oid) AS owned
     FROM pg_roles r WHERE r.rolname = current_user`,
  );
  const problems: string[] = [];
  if (role?.name !== APPLICATION_ROLE)
    problems.push(`statements run as ${role?.name ?? '?'}, not as ${APPLICATION_ROLE}`);
  if (role?.bypasses)
    problems.push(`role ${role.name} can pass row-level security: ALTER ROLE ${role.name} NOSUPERUSER NOBYPASSRLS`);
  if (Number(role?.owned) > 0) problems.push(`role ${role?.name ?? '?'} owns tables: they must belong to the owner`);
  return problems;
}

/** Deny by default: a table nobody thought of is a table that leaks. */
export async function policyProblems(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT c.relname AS name FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> ALL ($1)
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
       AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
     ORDER BY 1`,
    [TABLES_WITHOUT_ROWS_OF_PEOPLE],
  );
  return rows.map(({ name }) => `table ${name} lacks forced row-level security or a policy`);
}
