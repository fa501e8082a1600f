import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { BackupError } from '../modules/backup/backup.errors.js';
import { readCatalog } from '../modules/backup/catalog.js';
import type { Household } from '../modules/backup/exclusive.js';
import type { Manifest } from '../modules/backup/manifest.js';
import { restoreToTime } from '../modules/backup/point-in-time/restore-to-time.js';
import {
  chooseBackup,
  newerThan,
  restoreBackup,
  type Restored,
  type Skipped,
} from '../modules/backup/restore-backup.js';
import { ownerOf } from '../modules/backup/postgresql/places.js';
import { databaseOf } from '../modules/backup/postgresql/servers.repository.js';
import { lockDataFolder } from '../platform/database/index.js';
import { backupPlace, ENDINGS, identitiesOf, PROBES, untilInterrupted } from './backup-place.js';
import { voiceOn, type WorkVoice } from './backup-progress.js';

interface Options {
  readonly identity?: string;
  readonly at?: Date;
  readonly replace?: boolean;
  readonly keepSessions?: boolean;
  readonly dataDirectory?: string;
}

const LATEST = ['latest', 'latest-verified'];

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
    .option(
      '--keep-sessions',
      'for drills: leave sessions, devices, invitations, codes and links open that were so when the backup was made',
    )
    .option(
      '--data-directory <folder>',
      'make the data directory of a PostgreSQL server, of a base backup and the log: as it was at the time of --at, else as it was last',
    )
    .action(async (which: string, options: Options) => {
      const { identity, at, replace: replaces = false, keepSessions = false, dataDirectory } = options;
      if (dataDirectory !== undefined) {
        await prepareFolder(which, at, resolve(dataDirectory), identity);
        return;
      }
      const voice = voiceOn(process.stdout, process.stdout.isTTY);
      const { household, target } = backupPlace();
      const identities = await identitiesOf(household, identity);
      const catalog = await readCatalog(target);
      const { manifest } = chooseBackup(catalog, which, at);
      tellChosen(voice, manifest, target.description);
      if (LATEST.includes(which)) tellSkipped(voice, newerThan(catalog, manifest, at));
      const release = household.database.isEmbedded ? lockDataFolder(household.dataDir) : (): void => undefined;
      try {
        const order = {
          household,
          target,
          manifest,
          identities,
          probes: PROBES,
          replaces,
          endings: keepSessions ? [] : ENDINGS,
          isFree: () => isFree(household, replaces),
        };
        const restored = await restoreBackup(order, {
          signal: untilInterrupted(),
          onProgress: voice.onProgress,
        });
        tell(voice, restored, placeIn(household));
      } finally {
        release();
      }
    });
}

function tellChosen({ say }: WorkVoice, { id, sequence, snapshot_at }: Manifest, from: string): void {
  const text = `backup ${String(sequence)} of ${snapshot_at}, in ${from}: what came later is not in it`;
  say('chosen', text, { id, sequence, snapshot_at, from });
}

function tellSkipped({ say }: WorkVoice, skipped: readonly Skipped[]): void {
  if (skipped.length === 0) return;
  const each = skipped.map(({ sequence, lacks }) => `${String(sequence)} lacks ${lacks}`);
  say('skipped', `${String(skipped.length)} newer ones are left out: ${each.join(', ')}`, { skipped });
}

/** Where a restored database is used. */
const placeIn = ({ database, dataDir }: Household): string =>
  database.isEmbedded ? join(dataDir, 'database') : `database ${databaseOf(ownerOf(database).url)}`;

function tell({ say }: WorkVoice, { kept, seconds, ended, erasedSince }: Restored, into: string): void {
  const counts = Object.entries(ended).map(([name, count]) => `${String(count)} ${name.replaceAll('_', ' ')}`);
  if (counts.length > 0)
    say(
      'ended',
      `ended, for they may have been taken back since: ${counts.join(', ')}. API keys stay as they were then`,
      ended,
    );
  if (erasedSince === null)
    say('erased_unknown', 'accounts that were erased since the backup are there again: nobody here can tell which');
  else if (erasedSince.length > 0)
    say(
      'erased_since',
      `${String(erasedSince.length)} accounts that were erased since are there again, erase them again: ${erasedSince.join(', ')}`,
      { accounts: erasedSince },
    );
  const before = kept === null ? '' : `; what was there is kept as ${kept}`;
  const text = `restored into ${into} and compared in ${seconds.toFixed(1)} s${before}. Start the server`;
  say('restored', text, { into, kept, seconds });
}

/** Makes a data directory and tells how a server is started on it. */
async function prepareFolder(which: string, at: Date | undefined, folder: string, identity?: string): Promise<void> {
  if (!LATEST.includes(which))
    throw new InvalidArgumentError('With --data-directory the base backup follows from the time: say latest.');
  const voice = voiceOn(process.stdout, process.stdout.isTTY);
  const { household, target } = backupPlace();
  const identities = await identitiesOf(household, identity);
  const context = { signal: untilInterrupted(), onProgress: voice.onProgress };
  const { base, through, segments } = await restoreToTime({ target, identities, at, folder }, context);
  const { sequence, ended_at, server_major } = base;
  voice.say(
    'prepared',
    `${folder} has base backup ${String(sequence)} of ${ended_at} and the log of ${String(segments)} segments after it, which reaches ${through.toISOString()}`,
    { folder, sequence, server_major, segments, through: through.toISOString(), at: at?.toISOString() ?? null },
  );
  voice.say(
    'start',
    `Give it to the user of PostgreSQL (chown -R postgres: ${folder}) and start PostgreSQL ${String(server_major)} on it: it replays the log up to ${at?.toISOString() ?? 'its end'} and then takes requests`,
  );
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
