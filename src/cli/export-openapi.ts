import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { renderDocument } from '../app.docs.js';
import { PROJECT_DIR } from '../platform/config/index.js';
import { withApp } from './app.js';
import { print } from './print.js';

/** `openapi export`: needs no database of yours, it makes an embedded one and throws it away. */
export function addExportOpenapi(program: Command): void {
  program
    .command('openapi')
    .description('the API contract')
    .command('export')
    .description('write the OpenAPI 3.1 document')
    .option('--file <path>', 'where to', join(PROJECT_DIR, 'test', 'contract', 'openapi.json'))
    .action(async ({ file }: { file: string }) => {
      const folder = await mkdtemp(join(tmpdir(), 'family-assistant-'));
      try {
        await withApp({ DATA_DIR: folder }, async (app) => {
          await writeFile(file, renderDocument(app));
        });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      print(`wrote ${file}`);
    });
}
