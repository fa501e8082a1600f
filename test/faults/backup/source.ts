import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { asOwner } from '../../support/database.js';
import type { BackupWorld } from '../../support/faults/backup-world.js';
import { serversControl } from '../../support/process.js';
import { oneOf, type Kind } from './kind.js';

const superuser = process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '';
const PAGE = 8192;
const owner = (world: BackupWorld): string => world.database.env['DATABASE_OWNER_URL'] ?? '';
const dataDir = (world: BackupWorld): string => world.database.env['DATA_DIR'] ?? '';

/** What a client says to the question whether it compresses. */
const COMPRESSES = `case "$*" in *--dbname=none*) echo 'connection to server' >&2; exit 1;; esac`;

/** A folder with a `pg_dump` that does what it is told instead. */
async function fakeDump(world: BackupWorld, script: string): Promise<void> {
  const bin = await mkdtemp(join(tmpdir(), 'family-assistant-bin-'));
  world.undo(() => rm(bin, { recursive: true }));
  const real = process.env['TEST_PG_BIN'] ?? '';
  for (const [name, text] of [
    ['pg_restore', `exec ${real}/pg_restore "$@"`],
    [
      'pg_dump',
      `[ "$1" = --version ] && echo "pg_dump (PostgreSQL) ${script === '' ? '12.3' : '99.1'}" && exit\n${COMPRESSES}\n${script}`,
    ],
  ] as const) {
    await writeFile(join(bin, name), `#!/bin/sh\nreal=${real}\n${text}\n`);
    await chmod(join(bin, name), 0o755);
  }
  world.config.pgBin = bin;
}

/** A small disk in the place of a folder. */
function smallDisk(world: BackupWorld, folder: string, bytes: number): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(bytes)}`, 'tmpfs', folder]);
  // Lazily: what was being written when the disk was full may be closed a moment later.
  world.undo(() => execFileSync('umount', ['-l', folder]));
}

/** Bytes of the files of the embedded database. */
const sizeOf = (folder: string): number =>
  Number(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t')[0]);

/** Writes over a part of a file of the live embedded database, whose pages are in memory. */
function damageFile(world: BackupWorld, path: string, at: number, bytes: number): void {
  const before = readFileSync(path);
  world.undo(() => {
    writeFileSync(path, before);
  });
  writeFileSync(path, Buffer.concat([before.subarray(0, at), Buffer.alloc(bytes, 0xff), before.subarray(at + bytes)]));
}

/** The database, or the way to it, cannot give what a backup is made of. */
export const SOURCE_KINDS: readonly Kind[] = [
  {
    name: 'the client is not installed',
    code: 'backup_client_missing',
    where: 'postgresql',
    inject: (world) => {
      world.config.pgBin = '/nowhere';
      return world.backUp();
    },
  },
  {
    name: 'the client is older than the server',
    code: 'backup_client_too_old',
    where: 'postgresql',
    inject: async (world) => {
      await fakeDump(world, '');
      return world.backUp();
    },
  },
  {
    name: 'pg_dump is killed in the middle',
    code: 'backup_dump_failed',
    where: 'postgresql',
    inject: async (world, random) => {
      await fakeDump(world, `$real/pg_dump "$@" | head -c ${String(Math.floor(random() * 90_000))}; kill -9 $$`);
      return world.backUp();
    },
  },
  {
    name: 'pg_dump writes everything and fails',
    code: 'backup_dump_failed',
    where: 'postgresql',
    inject: async (world) => {
      await fakeDump(world, '$real/pg_dump "$@"; exit 1');
      return world.backUp();
    },
  },
  {
    name: 'pg_dump ends early and says that all is well',
    code: 'restore_failed',
    where: 'postgresql',
    inject: async (world, random) => {
      await fakeDump(world, `$real/pg_dump "$@" | head -c ${String(20_000 + Math.floor(random() * 60_000))}; exit 0`);
      return world.backUp();
    },
  },
  {
    name: 'row-level security would filter the dump',
    code: 'backup_role_filtered',
    where: 'postgresql',
    inject: (world) => {
      world.config.databaseUrl = owner(world);
      return world.backUp();
    },
  },
  {
    name: 'the login may not read everything',
    code: 'backup_role_denied',
    where: 'postgresql',
    inject: async (world) => {
      const role = `fa_blind_${createHash('sha256').update(owner(world)).digest('hex').slice(0, 8)}`;
      await asOwner(superuser, `CREATE ROLE ${role} LOGIN BYPASSRLS PASSWORD 'blind'`);
      world.undo(() => asOwner(superuser, `DROP ROLE ${role}`));
      world.config.databaseUrl = Object.assign(new URL(owner(world)), { username: role, password: 'blind' }).href;
      return world.backUp();
    },
  },
  {
    name: 'the connection breaks in the middle of the dump',
    code: 'backup_database_lost',
    where: 'postgresql',
    inject: async (world) => {
      await fakeDump(world, 'exec sleep 60');
      const name = new URL(owner(world)).pathname.slice(1);
      const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND application_name = 'family-assistant-backup'`;
      let isEnded = false;
      return world.backUp((phase) => {
        if (phase === 'snapshot' && !isEnded) setTimeout(() => void asOwner(superuser, end), 300);
        isEnded = true;
      });
    },
  },
  {
    name: 'a page of a table is damaged',
    code: 'backup_source_damaged',
    where: 'servers',
    inject: async (world, random) => {
      await asOwner(
        owner(world),
        `CREATE TABLE damaged AS SELECT repeat(n::text, 20) AS text FROM generate_series(1, 9000) n`,
      );
      world.undo(() => asOwner(owner(world), 'DROP TABLE damaged'));
      const { rows } = await asOwner(owner(world), `SELECT pg_relation_filepath('damaged') AS path`);
      const control = serversControl();
      await control?.('pg-stop');
      const path = join(
        dirname(process.env['TEST_RECOVERED_DIR'] ?? ''),
        'pg',
        (rows as { path: string }[])[0]?.path ?? '',
      );
      const file = await open(path, 'r+');
      const pages = Math.floor((await file.stat()).size / PAGE);
      await file.write(Buffer.alloc(64, 0xff), 0, 64, Math.floor(random() * pages) * PAGE + 4000);
      await file.close();
      await control?.('pg-start');
      return world.backUp();
    },
  },
  {
    name: 'a page of the embedded database is damaged',
    code: 'backup_source_damaged',
    where: 'embedded',
    inject: async (world) => {
      const [row] = await world.ask<{ path: string }>(`SELECT pg_relation_filepath('public.migrations') AS path`);
      damageFile(world, join(dataDir(world), 'database', row?.path ?? ''), 0, 64);
      return world.backUp();
    },
  },
  {
    name: 'the control file of the embedded database is damaged',
    code: 'backup_source_damaged',
    where: 'embedded',
    inject: (world) => {
      damageFile(world, join(dataDir(world), 'database/global/pg_control'), 0, 256);
      return world.backUp();
    },
  },
  {
    name: 'the disk is full while the embedded database is copied',
    code: 'backup_disk_full',
    where: 'embedded',
    inject: (world, random) => {
      const part = oneOf([0.1, 0.5, 0.99], random);
      smallDisk(
        world,
        join(dataDir(world), 'backup-work'),
        Math.floor(sizeOf(join(dataDir(world), 'database')) * part),
      );
      return world.backUp();
    },
  },
  {
    name: 'the disk is full while a backup is restored',
    code: 'backup_disk_full',
    where: 'embedded',
    inject: (world, random) => {
      const part = oneOf([0.1, 0.5, 0.99], random);
      smallDisk(
        world,
        join(dataDir(world), 'backup-work'),
        Math.floor(sizeOf(join(dataDir(world), 'database')) * part),
      );
      return world.verify(2);
    },
  },
  {
    name: 'PostgreSQL is killed in the middle of a verification',
    code: 'backup_database_lost',
    where: 'servers',
    inject: async (world) => {
      const control = serversControl();
      let killed: Promise<void> | undefined;
      const code = await world.verify(2, (phase) => {
        if (phase === 'restore') killed ??= control?.('pg-kill');
      });
      await killed;
      await control?.('pg-start');
      return code;
    },
  },
  {
    name: 'PostgreSQL is stopped in the middle of a dump',
    code: 'backup_database_lost',
    where: 'servers',
    inject: async (world, random) => {
      const control = serversControl();
      await fakeDump(world, 'head -c 5000 /dev/zero; exec sleep 60');
      let stopped: Promise<void> | undefined;
      const how = oneOf(['pg-stop', 'pg-kill'] as const, random);
      const code = await world.backUp((phase) => {
        if (phase === 'dump') stopped ??= control?.(how);
      });
      await stopped;
      await control?.('pg-start');
      return code;
    },
  },
];
