import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { loadConfig } from '../platform/config/index.js';
import { createDataSource, DatabaseSetupError, EmbeddedDatabase } from '../platform/database/index.js';
import { print } from './print.js';

/** `db shell`: SQL on the embedded database, signed in as its owner. PostgreSQL has psql. */
export function addDbShell(db: Command): void {
  db.command('shell')
    .description('type SQL statements, each ended by a semicolon; stop the server first')
    .action(async () => {
      const { database, server } = loadConfig();
      if (!database.isEmbedded) throw new DatabaseSetupError('DATABASE_URL is set: use psql "$DATABASE_URL"');
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
