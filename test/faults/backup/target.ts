import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { oneOf, type Kind } from './kind.js';

/** The place where backups are stored does not take them. */
export const TARGET_KINDS: readonly Kind[] = [
  {
    name: 'the target is no folder',
    code: 'backup_target_away',
    inject: async (world) => {
      const { folder } = world.place;
      await rename(folder, `${folder}.away`);
      writeFileSync(folder, '');
      const code = await world.backUp();
      await rm(folder);
      await rename(`${folder}.away`, folder);
      return code;
    },
  },
  {
    name: 'the target goes away in the middle',
    code: 'backup_target_away',
    inject: async (world) => {
      const { folder } = world.place;
      world.withoutKey();
      let isAway = false;
      const code = await world.backUp((phase) => {
        if (phase !== 'dump' || isAway) return;
        isAway = true;
        renameSync(folder, `${folder}.away`);
        writeFileSync(folder, '');
      });
      await rm(folder);
      await rename(`${folder}.away`, folder);
      const left = (await world.target.unfinished()).length;
      // What could not be taken back is taken away with the next one.
      const next = await world.backUp();
      return left === 1 && next === 'made' && (await world.target.unfinished()).length === 0 ? code : `${code} ${next}`;
    },
  },
  {
    name: 'the disk is full at a tenth, at half, or at 99 %',
    code: 'backup_disk_full',
    inject: async (world, random) => {
      const part = oneOf([0.1, 0.5, 0.99], random);
      // Whole pages: of what fits less than that is left.
      const size = Math.max(4096, Math.floor((world.manifest(2).archive.size * part) / 4096) * 4096);
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(size)}`, 'tmpfs', world.place.folder]);
      try {
        return await world.backUp();
      } finally {
        execFileSync('umount', [world.place.folder]);
      }
    },
  },
  {
    name: 'the target can only be read',
    code: 'backup_target_readonly',
    inject: async (world) => {
      const { folder } = world.place;
      execFileSync('mount', ['--bind', folder, folder]);
      try {
        execFileSync('mount', ['-o', 'remount,ro,bind', folder]);
        return await world.backUp();
      } finally {
        execFileSync('umount', [folder]);
      }
    },
  },
  {
    name: 'two at once',
    code: 'backup_running',
    inject: async (world) => {
      world.withoutKey();
      const [told, made] = (await Promise.all([world.backUp(), world.backUp()])).toSorted();
      return made === 'made' ? (told ?? '') : `${String(told)} ${String(made)}`;
    },
  },
  {
    name: 'it is stopped in the middle',
    code: 'backup_cancelled',
    inject: async (world, random) => {
      world.withoutKey();
      const stop = new AbortController();
      const when = oneOf(['snapshot', 'dump', 'manifest'], random);
      return world.backUp((phase) => {
        if (phase === when) stop.abort();
      }, stop.signal);
    },
  },
  {
    name: 'a verification is stopped in the middle',
    code: 'backup_cancelled',
    inject: async (world, random) => {
      const stop = new AbortController();
      const when = oneOf(['restore', 'compare', 'migrate', 'search'], random);
      return world.verify(
        2,
        (phase) => {
          if (phase === when) stop.abort();
        },
        stop.signal,
      );
    },
  },
];
