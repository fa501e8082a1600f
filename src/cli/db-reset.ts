import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { loadConfig, type AppConfig } from '../platform/config/index.js';
import { DatabaseSetupError, EmbeddedDatabase, withOwner } from '../platform/database/index.js';
import { print } from './print.js';

/** `db reset`: the only command that destroys data, so it asks for a word, not for a key. */
export function addDbReset(db: Command): void {
  db.command('reset')
    .description('delete ALL data and begin with an empty database')
    .option('--yes', 'do not ask')
    .action(async ({ yes = false }: { yes?: boolean }) => {
      const config = loadConfig();
      const { database, server } = config;
      const target = database.isEmbedded
        ? `the embedded database in ${server.dataDir}`
        : 'the PostgreSQL database of DATABASE_URL';
      if (!yes && !(await isMeant(target))) throw new DatabaseSetupError('Nothing was deleted.');
      await (database.isEmbedded ? resetEmbedded(config) : resetPostgres(config));
      print(`${target} is empty now`);
    });
}

async function isMeant(target: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new Promise<string>((resolve) =>
    terminal.once('close', () => {
      resolve('');
    }),
  );
  const answer = await Promise.race([terminal.question(`Delete ALL data of ${target}? Type "delete": `), closed]);
  terminal.close();
  return answer.trim() === 'delete';
}

/** Opened first, which is refused while a server uses the folder. */
async function resetEmbedded({ database, server }: AppConfig): Promise<void> {
  const before = await EmbeddedDatabase.open(server.dataDir);
  await before.close();
  await rm(join(server.dataDir, 'database'), { recursive: true, force: true });
  const empty = await EmbeddedDatabase.open(server.dataDir);
  await withOwner(database, empty, (migrator) => migrator.up()).finally(() => empty.close());
}

async function resetPostgres({ database }: AppConfig): Promise<void> {
  await withOwner(database, undefined, async (migrator) => {
    while ((await migrator.down()) !== undefined);
    await migrator.up();
  });
}
