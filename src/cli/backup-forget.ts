import type { Command } from 'commander';
import { BackupRuns } from '../modules/backup/backup-runs.service.js';
import { environment } from '../platform/config/index.js';
import { withApp } from './app.js';
import { untilInterrupted } from './backup-place.js';
import { voiceOn } from './backup-progress.js';

/** `backup forget` */
export function addBackupForget(backup: Command): void {
  backup
    .command('forget')
    .description(
      'give up backups that are missing or damaged for good: they are no faults any more, and old ones are deleted again. Nothing is deleted by it, and one that is whole again counts again',
    )
    .argument('<ids...>', 'ids of them, or missing for all that are missing')
    .action(async (ids: string[]) => {
      const voice = voiceOn(process.stdout, process.stdout.isTTY);
      const signal = untilInterrupted();
      const chosen = ids.includes('missing') ? [] : ids;
      const forgotten = await withApp(environment(), (app) => app.get(BackupRuns).forget(chosen, signal));
      for (const id of forgotten)
        voice.say('forgotten', `backup ${id} is forgotten; its files stay as they are`, { id });
      if (forgotten.length === 0) voice.say('none', 'no backup is missing');
    });
}
