import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Command } from 'commander';
import { copyBackups } from '../modules/backup/copy-backups.js';
import type { Target } from '../modules/backup/targets/target.js';
import { backupPlace, placeOfSettings, untilInterrupted } from './backup-place.js';
import { voiceOn } from './backup-progress.js';

/** `backup copy` */
export function addBackupCopy(backup: Command): void {
  backup
    .command('copy')
    .description(
      'bring what is stored to another place, whole and compared; what is there already stays. Needs neither key nor database',
    )
    .requiredOption(
      '--to <file>',
      'settings of the other place, as in .env: BACKUP_FOLDER, or BACKUP_S3_BUCKET and its sisters',
    )
    .action(async ({ to: file }: { to: string }) => {
      const voice = voiceOn(process.stdout, process.stdout.isTTY);
      const { target: from } = backupPlace();
      const to = targetIn(file, backup);
      if (to.description === from.description) backup.error('That is the place itself.');
      const context = { signal: untilInterrupted(), onProgress: voice.onProgress };
      const { files, backups, faults } = await copyBackups(from, to, context);
      for (const { message, code, reason = '' } of faults)
        voice.say('fault', `${message} (${code}): ${reason}`, { code });
      voice.say(
        'copied',
        `${String(files.length)} files were copied; ${String(backups)} backups are in ${to.description}`,
        {
          files: files.length,
          backups,
        },
      );
      const [fault] = faults;
      if (fault) throw fault;
    });
}

/** Secrets of the other place stay off the command line. */
function targetIn(file: string, backup: Command): Target {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    backup.error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? ''}).`);
  }
  const settings = parseEnv(text);
  if (!settings['BACKUP_FOLDER'] && !settings['BACKUP_S3_BUCKET'])
    backup.error(`${file} sets neither BACKUP_FOLDER nor BACKUP_S3_BUCKET.`);
  return placeOfSettings(settings).target;
}
