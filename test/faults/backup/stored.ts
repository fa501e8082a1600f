import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, writeManifest, type Manifest } from '../../../src/modules/backup/manifest.js';
import type { BackupWorld } from '../../support/faults/backup-world.js';
import { flipped } from '../../support/faults/random.js';
import { oneOf, type Kind } from './kind.js';

const ARCHIVE = '.age';
const MANIFEST = 'manifest.json';
const RECEIPT = 'verified.json';

/** A manifest with a checksum that is right, of which somebody has changed something. */
const forged = (text: string, change: (manifest: Manifest) => object): Buffer =>
  Buffer.from(writeManifest({ ...readManifest(text), ...change(readManifest(text)) }));

/** A bit of the archive is another; where it is does not matter. */
function rotten(world: BackupWorld, which: 1 | 2, random: () => number): [string, Buffer] {
  const name = world.nameOf(which, ARCHIVE);
  const bytes = world.original(name);
  return [name, flipped(bytes, Math.floor(random() * bytes.length), Math.floor(random() * 8))];
}

/** Tries both ways to find out, and says what came of it where they agree. */
async function bothFind(world: BackupWorld, which: 1 | 2): Promise<string> {
  const code = await world.verify(which);
  const [row] = await world.ask<{ error: string }>(
    `SELECT verification_error AS error FROM backup.run WHERE id = '${world.manifest(which).id}'`,
  );
  return row?.error === code ? code : `${code}, remembered as ${String(row?.error)}`;
}

/** The daily reading of the day on which it is the turn of the first backup. */
async function rereadFirst(world: BackupWorld): Promise<string> {
  await world.forget();
  const outcome = await world.reread();
  const [fault] = await world.recorded('backup.damaged');
  return outcome === 'read' ? (fault ?? 'nothing') : outcome;
}

/** What is stored is not what was stored. */
export const STORED_KINDS: readonly Kind[] = [
  {
    name: 'a bit of an archive flips',
    code: 'backup_archive_damaged',
    inject: async (world, random) => {
      await world.damage(...rotten(world, 2, random));
      return bothFind(world, 2);
    },
  },
  {
    name: 'an archive is cut off',
    code: 'backup_archive_damaged',
    inject: async (world, random) => {
      const name = world.nameOf(2, ARCHIVE);
      const bytes = world.original(name);
      await world.damage(name, bytes.subarray(0, Math.floor(random() * bytes.length)));
      return bothFind(world, 2);
    },
  },
  {
    name: 'an archive is gone',
    code: 'backup_archive_missing',
    inject: async (world) => {
      await world.take(world.nameOf(2, ARCHIVE));
      return bothFind(world, 2);
    },
  },
  {
    name: 'an archive goes between the listing and the reading',
    code: 'backup_archive_missing',
    inject: (world) => {
      const name = world.nameOf(2, ARCHIVE);
      world.isTaken(name);
      return world.verify(2, (phase) => {
        if (phase === 'restore') execFileSync('rm', ['-f', join(world.place.folder, name)]);
      });
    },
  },
  {
    name: 'an older archive takes its place between the listing and the reading',
    code: 'backup_archive_damaged',
    inject: (world) => {
      const older = world.original(world.nameOf(1, ARCHIVE));
      let isDone = false;
      return world.verify(2, (phase) => {
        if (phase === 'restore' && !isDone) writeFileSync(join(world.place.folder, world.nameOf(2, ARCHIVE)), older);
        isDone = true;
      });
    },
  },
  {
    name: 'a manifest names the archive of an older backup',
    code: 'backup_restored_differs',
    inject: async (world) => {
      const { archive } = world.manifest(1);
      await world.damage(
        world.nameOf(2, MANIFEST),
        forged(world.text(2), () => ({ archive })),
      );
      await world.forget();
      return bothFind(world, 2);
    },
  },
  {
    name: 'a manifest leaves out a table',
    code: 'backup_restored_differs',
    inject: async (world) => {
      const change = ({ tables }: Manifest): object => ({ tables: tables.slice(1) });
      await world.damage(world.nameOf(2, MANIFEST), forged(world.text(2), change));
      await world.forget();
      return bothFind(world, 2);
    },
  },
  {
    name: 'the newest manifest is forged, checksum and all: the database knows its own',
    code: 'backup_manifest_tampered',
    inject: async (world) => {
      const change = ({ tables }: Manifest): object => ({ tables: tables.slice(1) });
      await world.damage(world.nameOf(2, MANIFEST), forged(world.text(2), change));
      return bothFind(world, 2);
    },
  },
  {
    name: 'a bit of a manifest flips',
    code: 'backup_manifest_tampered',
    inject: async (world, random) => {
      const text = Buffer.from(world.text(2));
      await world.damage(world.nameOf(2, MANIFEST), flipped(text, 70 + Math.floor(random() * (text.length - 72)), 0));
      return bothFind(world, 2);
    },
  },
  {
    name: 'an older manifest is forged, checksum and all',
    code: 'backup_manifest_tampered',
    inject: async (world) => {
      const change = ({ tables }: Manifest): object => ({ tables: tables.slice(1) });
      await world.damage(world.nameOf(1, MANIFEST), forged(world.text(1), change));
      return bothFind(world, 1);
    },
  },
  {
    name: 'a manifest is of a newer schema',
    code: 'backup_schema_newer',
    inject: async (world) => {
      const change = ({ source }: Manifest): object => ({ source: { ...source, migrations: ['Of2099'] } });
      await world.damage(world.nameOf(2, MANIFEST), forged(world.text(2), change));
      await world.forget();
      return bothFind(world, 2);
    },
  },
  {
    name: 'a manifest is of another engine',
    code: 'backup_engine_differs',
    inject: async (world) => {
      const change = ({ source }: Manifest): object => ({
        source: { ...source, kind: source.kind === 'embedded' ? 'postgresql' : 'embedded' },
      });
      await world.damage(world.nameOf(2, MANIFEST), forged(world.text(2), change));
      await world.forget();
      return bothFind(world, 2);
    },
  },
  {
    name: 'a manifest is gone: the chain goes on behind it, nothing is deleted',
    code: 'backup_manifest_missing',
    inject: async (world, random) => {
      const which = oneOf([1, 2] as const, random);
      await world.take(world.nameOf(which, MANIFEST));
      world.withoutKey();
      const made = await world.backUp();
      const [name = ''] = (await world.place.named(MANIFEST)).slice(-1);
      const { sequence, previous } = readManifest((await world.place.read(name)).toString());
      if (made !== 'made' || sequence !== 3 || previous?.sequence !== 2) return `${made} ${String(sequence)}`;
      return (await world.recorded('backup.retention'))[0] ?? 'nothing';
    },
  },
  {
    name: 'a receipt is that of another backup, or nonsense',
    code: 'backup_wrong_key',
    inject: async (world, random) => {
      const receipt = world.original(world.nameOf(1, RECEIPT));
      const text = oneOf([receipt.toString(), 'null', '{}', '[1]', ''], random);
      world.config.recipients = [(await world.place.newKey('other')).recipient];
      const code = await world.backUp();
      const [name = ''] = (await world.place.named(MANIFEST)).slice(-1);
      await world.damage(name.replace(MANIFEST, RECEIPT), Buffer.from(text));
      await world.reread();
      return code;
    },
  },
  {
    name: 'bits rot in an old backup: the daily reading finds it',
    code: 'backup_archive_damaged',
    inject: async (world, random) => {
      await world.damage(...rotten(world, 1, random));
      return rereadFirst(world);
    },
  },
  {
    name: 'bits rot where nothing can be noted: the database remembers it',
    code: 'backup_archive_damaged',
    inject: async (world, random) => {
      const { folder } = world.place;
      const [name, bytes] = rotten(world, 1, random);
      await world.damage(name, bytes);
      await world.put(
        world.nameOf(2, MANIFEST),
        forged(world.text(2), () => ({ day: 1 })),
      );
      await world.forget();
      execFileSync('mount', ['--bind', folder, folder]);
      try {
        execFileSync('mount', ['-o', 'remount,ro,bind', folder]);
        await world.reread();
        await world.reread();
      } finally {
        execFileSync('umount', [folder]);
      }
      const rows = await world.ask<{ stored: string; error: string }>(
        `SELECT stored, verification_error AS error FROM backup.run WHERE id = '${world.manifest(1).id}'`,
      );
      const [row] = rows;
      // Where it can be written again, the note is, so that other machines know.
      await world.verify(1);
      return row?.stored === 'damaged' ? row.error : `${String(row?.stored)} ${String(row?.error)}`;
    },
  },
  {
    name: 'the key does not fit',
    code: 'backup_wrong_key',
    inject: async (world) => {
      world.config.identityFile = (await world.place.newKey('other')).file;
      return world.verify(2);
    },
  },
  {
    name: 'the key can be read by others',
    code: 'backup_identity_unreadable',
    inject: async (world) => {
      const { file } = await world.place.newKey('open');
      execFileSync('chmod', ['644', file]);
      world.config.identityFile = file;
      return world.verify(2);
    },
  },
  {
    name: 'the key is nonsense',
    code: 'backup_identity_invalid',
    inject: async (world) => {
      const { file } = await world.place.newKey('nonsense');
      writeFileSync(file, 'AGE-SECRET-KEY-1NONSENSE\n');
      world.config.identityFile = file;
      return world.verify(2);
    },
  },
  {
    name: 'the key vanishes between the backup and its verification',
    code: 'backup_identity_unreadable',
    inject: (world) => {
      const { file } = world.place.key;
      const text = readFileSync(file);
      world.undo(() => {
        writeFileSync(file, text, { mode: 0o600 });
      });
      return world.backUp((phase) => {
        if (phase === 'manifest') execFileSync('rm', ['-f', file]);
      });
    },
  },
  {
    name: 'a recipient is replaced by somebody else: the server cannot open it',
    code: 'backup_wrong_key',
    inject: async (world) => {
      world.config.recipients = [(await world.place.newKey('other')).recipient];
      return world.backUp();
    },
  },
  {
    name: 'a recipient is no key',
    code: 'backup_recipient_invalid',
    inject: (world) => {
      world.config.recipients = [`${world.place.key.recipient.slice(0, -1)}b`];
      return world.backUp();
    },
  },
  {
    name: 'of two recipients one key is lost: the other opens it',
    code: 'made',
    inject: async (world, random) => {
      const other = await world.place.newKey('other');
      world.config.recipients = [world.place.key.recipient, other.recipient];
      world.config.identityFile = oneOf([world.place.key.file, other.file], random);
      return world.backUp();
    },
  },
];
