import type { Command } from 'commander';
import { loadConfig } from '../platform/config/index.js';
import { EmbeddedDatabase, withOwner, type Migrator } from '../platform/database/index.js';
import { print } from './print.js';

/** `migrate up|down|status` */
export function addMigrate(program: Command): void {
  const migrate = program.command('migrate').description('bring the database to the version of this server, or back');
  migrate
    .command('up')
    .description('apply every pending migration')
    .action(() =>
      asOwner(async (migrator) => {
        const applied = await migrator.up();
        for (const name of applied) print(`applied ${name}`);
        if (applied.length === 0) print('nothing is pending');
      }),
    );
  migrate
    .command('down')
    .description('take the last migration back, with the data it holds')
    .action(() =>
      asOwner(async (migrator) => {
        const name = await migrator.down();
        print(name === undefined ? 'nothing is applied' : `took back ${name}`);
      }),
    );
  migrate
    .command('status')
    .description('list every migration')
    .action(() =>
      asOwner(async (migrator) => {
        for (const { name, applied } of await migrator.status()) print(`${applied ? 'applied' : 'pending'} ${name}`);
      }),
    );
}

async function asOwner(work: (migrator: Migrator) => Promise<void>): Promise<void> {
  const { database, server } = loadConfig();
  const embedded = database.isEmbedded ? await EmbeddedDatabase.open(server.dataDir) : undefined;
  try {
    await withOwner(database, embedded, work);
  } finally {
    await embedded?.close();
  }
}
