import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project, found from this file both in `src` and in the build. */
export const PROJECT_DIR = findProject(dirname(fileURLToPath(import.meta.url)));

/** The version of this server, as package.json has it. */
export const VERSION = (JSON.parse(readFileSync(join(PROJECT_DIR, 'package.json'), 'utf8')) as { version: string })
  .version;

function findProject(folder: string): string {
  try {
    readFileSync(join(folder, 'package.json'));
    return folder;
  } catch {
    return findProject(dirname(folder));
  }
}
