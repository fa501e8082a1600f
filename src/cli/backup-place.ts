import { readIdentities } from '../modules/backup/archive/archive.js';
import { BackupError } from '../modules/backup/backup.errors.js';
import type { Household } from '../modules/backup/exclusive.js';
import { openTarget } from '../modules/backup/targets/open-target.js';
import type { Target } from '../modules/backup/targets/target.js';
import { AUTH_ENDINGS } from '../modules/auth/auth.endings.js';
import { FAMILY_ENDINGS } from '../modules/family/family.endings.js';
import { SEARCH_PROBE } from '../modules/memory/search/search.probe.js';
import { environment, loadConfig, newSecret, type Environment } from '../platform/config/index.js';

/** What is asked of a restored database besides the comparison. */
export const PROBES = [SEARCH_PROBE];

/** What a restore ends that was open when the backup was made. */
export const ENDINGS = [...AUTH_ENDINGS, ...FAMILY_ENDINGS];

export interface BackupPlace {
  readonly household: Household;
  readonly target: Target;
}

/** The settings that backups need: with the target and the key alone a new machine can restore. */
export const backupPlace = (): BackupPlace => placeOfSettings(environment());

/** A place by its settings. The key that signs is not needed for it; one that comes as a file must not be there twice. */
export function placeOfSettings(env: Environment): BackupPlace {
  const standIn = env['JWT_SECRET_KEY_FILE']?.trim() ? {} : { JWT_SECRET_KEY: newSecret() };
  const { backup, database, server } = loadConfig({ ...standIn, ...env });
  return {
    household: { config: backup, database, dataDir: server.dataDir },
    target: openTarget(backup, server.dataDir),
  };
}

/** The private keys of a file that is named, or of the setting. @throws BackupError `backup_no_identity` */
export function identitiesOf({ config }: Household, file: string | undefined): Promise<readonly string[]> {
  const path = file ?? config.identityFile;
  if (path === undefined) throw new BackupError('backup_no_identity', 'say --identity FILE');
  return readIdentities(path);
}

/** Aborted by Ctrl-C and SIGTERM: what was begun is taken back then. */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      controller.abort(new BackupError('backup_cancelled'));
    });
  return controller.signal;
}
