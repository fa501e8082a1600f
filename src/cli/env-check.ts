import type { Command } from 'commander';
import { loadConfig } from '../platform/config/index.js';
import { print } from './print.js';

/** `env check` */
export function addEnvCheck(program: Command): void {
  program
    .command('env')
    .description('settings')
    .command('check')
    .description('name every missing or bad setting, without starting anything')
    .action(() => {
      const { database } = loadConfig();
      print(`the settings are usable; database: ${database.isEmbedded ? 'embedded' : 'PostgreSQL'}`);
    });
}
