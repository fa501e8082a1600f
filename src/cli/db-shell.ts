import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { environment, loadConfig } from '../platform/config/index.js';
import { createDataSource, DatabaseSetupError, EmbeddedDatabase } from '../platform/database/index.js';
import { print } from './print.js';

/** `db shell`: SQL on the embedded database, signed in as its owner; psql where `DATABASE_URL` is set. */
export function addDbShell(db: Command): void {
  db.command('shell')
    .description('type SQL statements, each ended by a semicolon; stop the server first')
    .action(async () => {
      const { database, server } = loadConfig();
      if (database.url !== undefined) {
        await psql(database.url);
        return;
      }
      const embedded = await EmbeddedDatabase.open(server.dataDir);
      const owner = createDataSource({ config: database, embedded, as: 'owner' });
      try {
        await owner.initialize();
        await readStatements(async (statement) => {
          const rows = await owner.query<unknown>(statement);
          if (Array.isArray(rows) && rows.length > 0 && typeof rows[0] === 'object') console.table(rows);
          else print(JSON.stringify(rows));
        });
      } finally {
        if (owner.isInitialized) await owner.destroy();
        await embedded.close();
      }
    });
}

/** PostgreSQL's own shell. The password goes by the environment: a command line can be read by everybody on the machine. */
async function psql(url: string): Promise<void> {
  const address = new URL(url);
  // Both places in which libpq looks for it; the second wins there (PostgreSQL, 34.1.1.2 "Connection URIs").
  const password = address.searchParams.get('password') ?? decodeURIComponent(address.password);
  address.password = '';
  address.searchParams.delete('password');
  const child = spawn('psql', [address.href], {
    stdio: 'inherit',
    env: { ...environment(), ...(password === '' ? {} : { PGPASSWORD: password }) },
  });
  const [code] = (await once(child, 'exit').catch(() => {
    throw new DatabaseSetupError('psql is not installed: it comes with the client of PostgreSQL');
  })) as [number | null];
  process.exitCode = code ?? 1;
}

async function readStatements(run: (statement: string) => Promise<void>): Promise<void> {
  const input = createInterface({ input: process.stdin, output: process.stdout, prompt: 'family=> ' });
  let statement = '';
  input.prompt();
  for await (const line of input) {
    statement += `${line}\n`;
    if (/^\s*(\\q|exit|quit)\s*$/.test(line)) break;
    if (line.trimEnd().endsWith(';')) {
      await run(statement).catch((error: unknown) => {
        print(`error: ${(error as Error).message}`);
      });
      statement = '';
    }
    input.prompt();
  }
  input.close();
}
