import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { BackupError } from '../modules/backup/backup.errors.js';
import { readCatalog } from '../modules/backup/catalog.js';
import type { Household } from '../modules/backup/exclusive.js';
import { chooseBackup, restoreBackup } from '../modules/backup/restore-backup.js';
import { lockDataFolder } from '../platform/database/index.js';
import { backupPlace, identitiesOf, PROBES, untilInterrupted } from './backup-place.js';
import { voiceOn } from './backup-progress.js';

interface Options {
  readonly identity?: string;
  readonly at?: Date;
  readonly replace?: boolean;
}

/** `restore` */
export function addRestore(program: Command): void {
  program
    .command('restore')
    .description(
      'bring a backup back: into a new database, which is compared whole and then takes the place of the present one; that one is kept. Stop the server first',
    )
    .argument('<which>', 'latest-verified, latest, or the id or sequence of one')
    .option('--identity <file>', 'private key (default: BACKUP_IDENTITY_FILE)')
    .option('--at <time>', 'the newest backup of before this time (ISO 8601 with a zone)', timeOf)
    .option('--replace', 'put data aside that are there now; they are kept under another name')
    .action(async (which: string, { identity, at, replace = false }: Options) => {
      const voice = voiceOn(process.stdout, process.stdout.isTTY);
      const { household, target } = backupPlace();
      const identities = await identitiesOf(household, identity);
      const { manifest } = chooseBackup(await readCatalog(target), which, at);
      voice.say(
        'chosen',
        `backup ${String(manifest.sequence)} of ${manifest.snapshot_at}: what came later is not in it`,
        {
          id: manifest.id,
          sequence: manifest.sequence,
          snapshot_at: manifest.snapshot_at,
        },
      );
      const release = household.database.isEmbedded ? lockDataFolder(household.dataDir) : (): void => undefined;
      try {
        const order = {
          household,
          target,
          manifest,
          identities,
          probes: PROBES,
          isFree: () => isFree(household, replace),
        };
        const { kept, seconds } = await restoreBackup(order, replace, {
          signal: untilInterrupted(),
          onProgress: voice.onProgress,
        });
        const before = kept === null ? '' : `; what was there is kept as ${kept}`;
        voice.say('restored', `restored and compared in ${seconds.toFixed(1)} s${before}. Start the server`, {
          kept,
          seconds,
        });
      } finally {
        release();
      }
    });
}

/** An embedded database is empty when there is none. */
async function isFree({ database, dataDir }: Household, replaces: boolean): Promise<void> {
  if (database.isEmbedded && !replaces && existsSync(join(dataDir, 'database', 'PG_VERSION')))
    throw new BackupError('restore_target_not_empty');
  await Promise.resolve();
}

function timeOf(value: string): Date {
  const time = new Date(value);
  if (Number.isNaN(time.getTime()) || !/(Z|[+-]\d\d:?\d\d)$/.test(value))
    throw new InvalidArgumentError('A time such as 2026-11-21T03:17:00Z is expected.');
  return time;
}
