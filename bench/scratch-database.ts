/** A PostgreSQL database of a benchmark's own, on a server that is given. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { newSecret, type Defer } from './support.js';

export interface ScratchDatabase {
  /** Settings that lead the server to it. */
  readonly variables: Readonly<Record<string, string>>;
  /** The same database, signed in as the application. */
  readonly url: string;
  readonly secret: string;
  /** Runs statements as the owner of the tables, one after the other in one transaction. */
  asOwner(...statements: readonly string[]): Promise<pg.QueryResult | undefined>;
}

const HOW = `A PostgreSQL server (15 or newer, with pgvector) is needed. Either give the address of one, whose user may create databases:
  DATABASE_URL=postgresql://user:password@127.0.0.1:5432/postgres
or let the project provide one (as root, on Debian):
  scripts/servers/servers.sh up && export $(scripts/servers/servers.sh env)
The benchmark makes a database of its own there and drops it at the end; it touches no other.
`;

const explain = (): void => {
  process.stderr.write(HOW);
};

/**
 * Where the databases may be made, signed in as owner and as application; undefined when nobody said.
 * @param otherwise what is done then; unless given, it is explained
 */
export function givenServer(otherwise: () => void = explain): { owner: URL; app: URL } | undefined {
  const { DATABASE_URL, DATABASE_OWNER_URL, TEST_DATABASE_URL, TEST_APP_DATABASE_URL } = process.env;
  const [owner, app] = DATABASE_URL
    ? [DATABASE_OWNER_URL || DATABASE_URL, DATABASE_URL]
    : [TEST_DATABASE_URL, TEST_APP_DATABASE_URL || TEST_DATABASE_URL];
  if (owner && app) return { owner: new URL(owner), app: new URL(app) };
  otherwise();
  return undefined;
}

/** Makes an empty database, which is dropped at the end; the server migrates it when it starts. */
export async function newScratchDatabase(
  { owner, app }: { owner: URL; app: URL },
  defer: Defer,
): Promise<ScratchDatabase> {
  const name = `fa_bench_${randomBytes(6).toString('hex')}`;
  const at = (url: URL): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  const secret = newSecret();
  await query(owner.href, [`CREATE DATABASE ${name}`]);
  // Without FORCE, which would need the right to end the application's connections; PostgreSQL waits for them to go.
  defer(() => query(owner.href, [`DROP DATABASE ${name}`]).then(() => undefined));
  return {
    variables: { DATABASE_URL: at(app), DATABASE_OWNER_URL: at(owner), JWT_SECRET_KEY: secret },
    url: at(app),
    secret,
    asOwner: (...statements) => query(at(owner), ['BEGIN', ...statements, 'COMMIT']).then((results) => results.at(-2)),
  };
}

async function query(url: string, statements: readonly string[]): Promise<pg.QueryResult[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const results: pg.QueryResult[] = [];
    for (const statement of statements) results.push(await client.query(statement));
    return results;
  } finally {
    await client.end();
  }
}
