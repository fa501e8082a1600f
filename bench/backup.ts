/**
 * What a backup, its verification and a restore cost: `npm run bench:backup`.
 *
 * A household's memories, with vectors of 384 dimensions, are filled into a database until it has BENCH_MIB (1,024). Then
 * a backup by the server, from its beginning to its end, and PostgreSQL's own `pg_dump | zstd` take turns (BENCH_ROUNDS);
 * `backup verify`, and a restore up to a server that is ready, are timed beside a raw `pg_restore` of the same database.
 * The most memory that the process takes is compared with what it takes for an eighth of the database.
 */
import { execFile } from 'node:child_process';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { fill } from './memory-data.js';
import { givenServer, newScratchDatabase, type ScratchDatabase } from './scratch-database.js';
import {
  median,
  newFolder,
  peakOf,
  printTable,
  runBenchmark,
  runCommand,
  startFamilyAssistant,
  type CommandResult,
} from './support.js';

const MIB = Number(process.env['BENCH_MIB'] ?? 1024);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const DIMENSIONS = 384;
const MODEL = { id: 1, dimensions: DIMENSIONS };
const STEP = 25_000;
/** Part of the database for which the memory is measured, too. */
const PART = 8;
/** Milliseconds after which a server that has just begun does nothing but wait. */
const START_IS_OVER = 5000;
const ADMIN = { email: 'admin@example.org', password: 'violet-harbour-93-teapots' };
const GOALS = { restore: 120, backup: 1.5, drillPerGiB: 180, memory: 1.5 };

const say = (line: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
const seconds = (value: number): string => `${value.toFixed(1)} s`;
const judge = (what: string, value: string, isMet: boolean): void =>
  void process.stdout.write(`${what}: ${value}, ${isMet ? 'met' : 'MISSED'}\n`);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

async function sizeOf(database: ScratchDatabase): Promise<number> {
  const found = await database.asOwner('SELECT pg_database_size(current_database()) AS size');
  return Number((found?.rows[0] as { size: string } | undefined)?.size) / 2 ** 20;
}

/** Memories until the database is as large as is wanted; the vectors are of no model, which nothing here asks. */
async function fillUp(database: ScratchDatabase, familyId: string, mib: number): Promise<number> {
  let memories = 0;
  while ((await sizeOf(database)) < mib) {
    const scopeId = randomUUID();
    await fill(database, [{ familyId, ownerId: scopeId, scopeId, memories: STEP }], MODEL);
    memories += STEP;
  }
  await database.asOwner('DROP SCHEMA IF EXISTS bench CASCADE');
  await settle(database.variables['DATABASE_OWNER_URL'] ?? '');
  return memories;
}

/** @returns the id of a family, to which the memories belong */
async function newFamily(database: ScratchDatabase): Promise<string> {
  const familyId = randomUUID();
  await database.asOwner(
    ...['families', 'embedding_models'].map((table) => `ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`),
    `INSERT INTO families (id, name) VALUES ('${familyId}', 'Bench')`,
    `INSERT INTO embedding_models (id, name, dimensions) VALUES (${String(MODEL.id)}, 'bench', ${String(DIMENSIONS)})`,
    ...['families', 'embedding_models'].map((table) => `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`),
  );
  return familyId;
}

/** A backup that an operator asks a server for, which has just begun and is stopped after it. */
async function backUpByServer(folder: string, variables: Readonly<Record<string, string>>): Promise<CommandResult> {
  const server = await startFamilyAssistant(folder, variables);
  await sleep(START_IS_OVER);
  const api = async <T>(method: string, path: string, body?: object, bearer?: string): Promise<T> => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${String(response.status)}`);
    return (await response.json()) as T;
  };
  const { access_token: bearer } = await api<{ access_token: string }>('POST', '/auth/login', ADMIN);
  const { id } = await api<{ id: string }>('POST', '/backups', undefined, bearer);
  for (;;) {
    const run = await api<{ state: string; error: string | null; started_at: string; finished_at: string }>(
      'GET',
      `/backups/${id}`,
      undefined,
      bearer,
    );
    if (run.state === 'failed') throw new Error(`the backup failed: ${String(run.error)}`);
    if (run.state === 'succeeded') {
      const peakMiB = peakOf(server.pid);
      await server.stop();
      return { seconds: (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000, peakMiB, stdout: '' };
    }
    await sleep(250);
  }
}

/** What the filling left to be done later would be measured otherwise. VACUUM stands in no transaction. */
async function settle(owner: string): Promise<void> {
  for (const [url, statement] of [
    [owner, 'VACUUM ANALYZE'],
    [process.env['TEST_SUPERUSER_DATABASE_URL'], 'CHECKPOINT'],
  ])
    if (url !== undefined && statement !== undefined) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(statement).finally(() => client.end());
    }
}

interface Reference {
  /** Seconds of `pg_dump | zstd` into a file. */
  dump(): Promise<number>;
  /** Seconds of `pg_restore` into a new database. */
  restore(): Promise<number>;
}

/** PostgreSQL's own commands, each with the default settings. */
async function newReference(folder: string, owner: string, backup: string, bin: string): Promise<Reference> {
  const [packed, plain] = [join(folder, 'reference.zst'), join(folder, 'reference.dump')];
  const run = (command: string, ...args: string[]): Promise<unknown> =>
    promisify(execFile)('bash', ['-o', 'pipefail', '-c', command, 'bash', ...args]);
  await mkdir(folder, { recursive: true });
  const other = Object.assign(new URL(owner), { pathname: `${new URL(owner).pathname}_raw` });
  const name = other.pathname.slice(1);
  const asAdmin = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: Object.assign(new URL(owner), { pathname: '/postgres' }).href });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  return {
    dump: async () => {
      await rm(packed, { force: true });
      const command = `"$1/pg_dump" --format=custom --compress=0 --dbname="$2" | zstd -3 -q -o "$3" && sync "$3"`;
      return timed(() => run(command, bin, backup, packed));
    },
    restore: async () => {
      await run(`zstd -d -q -f -o "$1" "$2"`, plain, packed);
      await asAdmin(`CREATE DATABASE ${name}`);
      try {
        const command = `"$1/pg_restore" --list "$3" | grep -v 'COMMENT - EXTENSION' >"$3.list" && "$1/pg_restore" --no-owner --exit-on-error --use-list="$3.list" --dbname="$2" "$3"`;
        return await timed(() => run(command, bin, other.href, plain));
      } finally {
        await asAdmin(`DROP DATABASE ${name}`);
      }
    },
  };
}

await runBenchmark(3600, async (defer) => {
  const given = givenServer();
  const { TEST_BACKUP_DATABASE_URL: reader, TEST_PG_BIN: bin } = process.env;
  if (!given || !reader || !bin)
    throw new Error('Nothing was measured: scripts/servers/servers.sh up brings the logins.');
  const database = await newScratchDatabase(given, defer);
  const { pathname } = new URL(database.url);
  const folder = await newFolder(defer);
  const target = join(folder, 'backups');
  const key = join(folder, 'recovery.key');
  const settings = {
    ...database.variables,
    DATA_DIR: folder,
    BACKUP_DATABASE_URL: Object.assign(new URL(reader), { pathname }).href,
    BACKUP_PG_BIN: bin,
    BACKUP_FOLDER: target,
    EMBEDDINGS: 'none',
  };
  const made = await runCommand(['backup', 'keygen', key], settings);
  const { recipient } = JSON.parse(made.stdout.split('\n')[0] ?? '') as { recipient: string };
  const variables = { ...settings, BACKUP_RECIPIENTS: recipient };
  await runCommand(['migrate', 'up'], settings);
  await runCommand(['user', 'create-admin', '--email', ADMIN.email], settings, `${ADMIN.password}\n`);
  const verify = (): Promise<CommandResult> => runCommand(['backup', 'verify', 'latest', '--identity', key], variables);
  const create = (): Promise<CommandResult> => backUpByServer(folder, variables);
  const familyId = await newFamily(database);
  const part = await fillUp(database, familyId, MIB / PART);
  const small = { create: await create(), verify: await verify() };
  const memories = part + (await fillUp(database, familyId, MIB));
  const size = await sizeOf(database);
  say(`filled: ${String(memories)} memories`);
  const owner = database.variables['DATABASE_OWNER_URL'] ?? '';
  const reference = await newReference(join(folder, 'raw'), owner, variables.BACKUP_DATABASE_URL, bin);

  const ours: CommandResult[] = [];
  const raw: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    raw.push(await reference.dump());
    ours.push(await create());
    say(`backed up ${String(round + 1)} of ${String(ROUNDS)}`);
  }
  const rawRestore = await reference.restore();
  say('restored by pg_restore');
  const drill = await verify();
  say('verified');
  const restore = await runCommand(['restore', 'latest-verified', '--identity', key, '--replace'], variables);
  const { kept } = JSON.parse(restore.stdout.trim().split('\n').at(-2) ?? '{}') as { kept?: string };
  const server = await startFamilyAssistant(folder, variables);
  const ready = restore.seconds + server.readyAfter / 1000;
  await server.stop();

  const backup = median(ours.map((each) => each.seconds));
  const dump = median(raw);
  const { size: packed } = await stat(join(folder, 'raw', 'reference.zst'));
  process.stdout.write(
    `${size.toFixed(0)} MiB (${String(memories)} memories with vectors), ${(packed / 2 ** 20).toFixed(0)} MiB compressed, medians of ${String(ROUNDS)} rounds, Node ${process.version}\n\n`,
  );
  const peak = Math.max(...ours.map(({ peakMiB }) => peakMiB));
  printTable([
    ['', 'this', 'raw', 'of raw', 'memory', `for 1/${String(PART)}`],
    [
      'backup | pg_dump | zstd',
      seconds(backup),
      seconds(dump),
      (backup / dump).toFixed(2),
      `${peak.toFixed(0)} MiB`,
      `${small.create.peakMiB.toFixed(0)} MiB`,
    ],
    [
      'verification',
      seconds(drill.seconds),
      '',
      '',
      `${drill.peakMiB.toFixed(0)} MiB`,
      `${small.verify.peakMiB.toFixed(0)} MiB`,
    ],
    [
      'restore to ready | pg_restore',
      seconds(ready),
      seconds(rawRestore),
      (ready / rawRestore).toFixed(2),
      `${restore.peakMiB.toFixed(0)} MiB`,
      '',
    ],
  ]);
  judge(
    'restore to a server that is ready',
    `${seconds(ready)} (goal: at most ${String(GOALS.restore)} s)`,
    ready <= GOALS.restore,
  );
  judge(
    'backup',
    `${(backup / dump).toFixed(2)} of pg_dump | zstd (goal: at most ${String(GOALS.backup)})`,
    backup <= GOALS.backup * dump,
  );
  judge(
    'verification',
    `${seconds((drill.seconds * 1024) / size)} a GiB (goal: at most ${String(GOALS.drillPerGiB)} s)`,
    (drill.seconds * 1024) / size <= GOALS.drillPerGiB,
  );
  judge(
    'memory of the process',
    `${(peak / small.create.peakMiB).toFixed(2)} of that for 1/${String(PART)} of the database (goal: at most ${String(GOALS.memory)})`,
    peak <= GOALS.memory * small.create.peakMiB,
  );
  if (kept !== undefined) defer(() => dropDatabase(owner, kept));
});

async function dropDatabase(owner: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: Object.assign(new URL(owner), { pathname: '/postgres' }).href });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS "${name}"`).finally(() => client.end());
}
