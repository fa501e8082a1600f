import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { PROJECT_DIR, renderConfigTable, renderEnvExample } from '../platform/config/index.js';
import { print } from './print.js';

/** `docs config`: `.env.example` and docs/CONFIGURATION.md from the configuration classes. */
export function addDocsCommands(program: Command): void {
  program
    .command('docs')
    .description('generated documents')
    .command('config')
    .description('write .env.example and docs/CONFIGURATION.md')
    .action(async () => {
      await writeFile(join(PROJECT_DIR, '.env.example'), renderEnvExample());
      await writeFile(join(PROJECT_DIR, 'docs', 'CONFIGURATION.md'), renderConfigTable());
      print('wrote .env.example and docs/CONFIGURATION.md');
    });
}
