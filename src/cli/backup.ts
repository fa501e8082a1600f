import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { generateX25519Identity } from 'age-encryption';
import type { Command } from 'commander';
import { recipientOf } from '../modules/backup/archive/archive.js';
import { BackupRuns } from '../modules/backup/backup-runs.service.js';
import { BackupError, toBackupError } from '../modules/backup/backup.errors.js';
import {
  isVerified,
  isWhole,
  noteDamaged,
  noteVerified,
  readCatalog,
  type CatalogEntry,
} from '../modules/backup/catalog.js';
import { exclusively } from '../modules/backup/exclusive.js';
import { gapsOf } from '../modules/backup/gaps.policy.js';
import { chooseBackup } from '../modules/backup/restore-backup.js';
import { createBaseNow, WalReceiver } from '../modules/backup/point-in-time/wal-receiver.js';
import { verifyBackup } from '../modules/backup/verify-backup.js';
import { environment } from '../platform/config/index.js';
import { withApp } from './app.js';
import { addBackupCopy } from './backup-copy.js';
import { addBackupForget } from './backup-forget.js';
import { backupPlace, identitiesOf, PROBES, untilInterrupted, type BackupPlace } from './backup-place.js';
import { voiceOn } from './backup-progress.js';

const LOST_KEY =
  'Whoever loses this file loses every backup: nobody can open them without it. Keep it off this machine, in two places, one of them on paper.';

/** `backup keygen|create|list|verify|copy|forget|base|receive-wal` */
export function addBackup(program: Command): void {
  const backup = program.command('backup').description('backups: encrypted, and proved by restoring them');
  addKeygen(backup);
  addCreate(backup);
  addList(backup);
  addVerify(backup);
  addBackupCopy(backup);
  addBackupForget(backup);
  addBase(backup);
  addReceiveWal(backup);
}

function addKeygen(backup: Command): void {
  backup
    .command('keygen')
    .description('make a key: the private half goes into a file, the public one into BACKUP_RECIPIENTS')
    .argument('[file]', 'new file for the private half', 'family-assistant-backup.key')
    .action(async (file: string) => {
      const path = resolve(file);
      const voice = voiceOn(process.stdout, process.stdout.isTTY);
      const identity = await generateX25519Identity();
      const recipient = await recipientOf(identity, path);
      await writeKey(path, `# private key of Family Assistant's backups\n# public key: ${recipient}\n${identity}\n`);
      voice.say('made', `BACKUP_RECIPIENTS=${recipient}`, { recipient, file: path });
      voice.say('keep', `The private key is in ${path}. ${LOST_KEY}`);
    });
}

/** An existing file is somebody's only key. */
async function writeKey(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new BackupError('backup_identity_unreadable', `${path} cannot be made (${code})`);
  });
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function addCreate(backup: Command): void {
  backup
    .command('create')
    .description('make a backup now and verify it; a server with the database built in is asked by POST /backups')
    .action(async () => {
      const voice = voiceOn(process.stdout, process.stdout.isTTY);
      const { target } = backupPlace();
      if ((await readCatalog(target)).entries.length === 0) voice.say('first', `This is the first backup. ${LOST_KEY}`);
      const signal = untilInterrupted();
      // A new release that is installed already must not change what is to be kept of before.
      const id = await withApp({ ...environment(), DATABASE_MIGRATE: 'false' }, (app) =>
        app.get(BackupRuns).createNow('command', signal, voice.onProgress),
      );
      const made = (await readCatalog(target)).entries.find(({ manifest }) => manifest.id === id);
      if (!made) throw new BackupError('backup_not_whole');
      voice.say('made', `backup ${String(made.manifest.sequence)}: ${wordsOf(made)}`, rowOf(made));
    });
}

function addList(backup: Command): void {
  backup
    .command('list')
    .description('list what is stored, the newest last; needs no database')
    .action(async () => {
      const voice = voiceOn(process.stdout, process.stdout.isTTY);
      const { target } = backupPlace();
      const catalog = await readCatalog(target);
      const { entries, faults } = catalog;
      for (const entry of entries)
        voice.say(
          'backup',
          `${String(entry.manifest.sequence)}  ${entry.manifest.snapshot_at}  ${wordsOf(entry)}`,
          rowOf(entry),
        );
      for (const { sequence, id, error } of faults)
        voice.say('fault', `${String(sequence)}  ${id}  ${error.message} (${error.code})`, {
          sequence,
          id,
          code: error.code,
        });
      for (const { from, to } of gapsOf(catalog))
        voice.say(
          'gap',
          `${String(from)} to ${String(to)} are not there: retention has deleted them, or somebody has taken them`,
          { from, to },
        );
      if (entries.length + faults.length === 0) voice.say('none', `there are no backups in ${target.description}`);
    });
}

function addVerify(backup: Command): void {
  backup
    .command('verify')
    .description('restore backups into a scratch database and compare them; tells the server by a note beside each')
    .argument('[which]', 'id or sequence of one, latest, or all', 'latest')
    .option('--identity <file>', 'private key (default: BACKUP_IDENTITY_FILE)')
    .action(async (which: string, { identity }: { identity?: string }) => {
      const voice = voiceOn(process.stdout, process.stdout.isTTY);
      const { household, target } = backupPlace();
      const identities = await identitiesOf(household, identity);
      const opened_by = await Promise.all(identities.map((each) => recipientOf(each, '')));
      const catalog = await readCatalog(target);
      const chosen = which === 'all' ? catalog.entries : [chooseBackup(catalog, which)];
      const outer = untilInterrupted();
      for (const entry of chosen) {
        const { manifest } = entry;
        const at = new Date().toISOString();
        const order = { household, target, manifest, identities, probes: PROBES };
        try {
          const seconds = await exclusively(household, outer, (signal) =>
            verifyBackup(order, { signal, onProgress: voice.onProgress }),
          );
          await noteVerified(target, entry, { at, opened_by, seconds });
          voice.say(
            'verified',
            `backup ${String(manifest.sequence)} is whole: restored and compared in ${seconds.toFixed(1)} s`,
            {
              id: manifest.id,
              sequence: manifest.sequence,
              seconds,
            },
          );
        } catch (error) {
          const fault = toBackupError(error);
          if (fault.isDamage) await noteDamaged(target, manifest, fault.code);
          throw fault;
        }
      }
    });
}

function addBase(backup: Command): void {
  backup
    .command('base')
    .description('copy the files of the whole PostgreSQL cluster, as `receive-wal` does every week')
    .action(async () => {
      const voice = voiceOn(process.stdout, process.stdout.isTTY);
      const { household, target } = serverPlace();
      const { sequence, ended_at, start_segment, archive } = await createBaseNow(household, target, untilInterrupted());
      voice.say('base', `base backup ${String(sequence)} of ${ended_at}: ${(archive.size / 1e6).toFixed(1)} MB`, {
        sequence,
        ended_at,
        start_segment,
        size: archive.size,
      });
    });
}

function addReceiveWal(backup: Command): void {
  backup
    .command('receive-wal')
    .description(
      'store the write-ahead log of PostgreSQL as it is written, and a base backup every week, so that any time can be brought back; runs until it is stopped',
    )
    .action(async () => {
      const voice = voiceOn(process.stdout, process.stdout.isTTY);
      const { household, target } = serverPlace();
      const onEvent = voice.say;
      await new WalReceiver({ household, target, onEvent }).run(untilInterrupted());
    });
}

/** @throws BackupError `wal_needs_server`, `backups_off` */
function serverPlace(): BackupPlace {
  const place = backupPlace();
  if (place.household.database.isEmbedded) throw new BackupError('wal_needs_server');
  if (!place.household.config.isEnabled) throw new BackupError('backups_off');
  return place;
}

const rowOf = (entry: CatalogEntry): Readonly<Record<string, unknown>> => ({
  id: entry.manifest.id,
  sequence: entry.manifest.sequence,
  snapshot_at: entry.manifest.snapshot_at,
  sha256: entry.sha256,
  kind: entry.manifest.source.kind,
  size: entry.manifest.archive.size,
  verified: isVerified(entry),
  whole: isWhole(entry),
  trash: entry.trashed !== undefined,
});

function wordsOf(entry: CatalogEntry): string {
  const size = `${(entry.manifest.archive.size / 1e6).toFixed(1)} MB`;
  const state = isVerified(entry) ? 'verified' : isWhole(entry) ? 'not verified' : 'DAMAGED';
  return `${size}, ${state}${entry.trashed ? ', in the trash' : ''}  ${entry.manifest.id}`;
}
