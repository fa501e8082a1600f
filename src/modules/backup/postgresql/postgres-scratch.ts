import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupConfig, DatabaseConfig } from '../../../platform/config/index.js';
import { withOwner } from '../../../platform/database/index.js';
import { BackupError } from '../backup.errors.js';
import { Connection, type ServerPlace } from '../connection.repository.js';
import { sha256, type Manifest } from '../manifest.js';
import type { Scratch } from '../scratch.js';
import { textOf, type Chunks } from '../targets/target.js';
import {
  areUnknownSettings,
  drained,
  faultIn,
  feed,
  findPgTools,
  outputOf,
  startTool,
  type PgTools,
} from './pg-tools.js';
import { ownerOf } from './places.js';
import { atDatabase, databaseOf, onServer, ServersRepository } from './servers.repository.js';

/** Begins the names of the scratch databases of a household's database: another one's may be in use while nobody is connected to it. */
export const scratchPrefixOf = (household: string): string => `fa_scratch_${sha256(household).slice(0, 16)}_`;
/** Comments on extensions belong to whoever installed these. */
const NOT_OURS = /^\d+; \d+ \d+ COMMENT - EXTENSION /;
/** A list of the contents of an archive has a line for each object. */
const LONGEST_LIST = 8 << 20;
/** What makes a restore fast and costs nothing: if it does not end well, the database is dropped. */
const FAST = '-c synchronous_commit=off -c maintenance_work_mem=256MB -c statement_timeout=0 -c lock_timeout=0';

/** A database of its own on the server of the settings, made and dropped by the owner of the tables. */
export class PostgresScratch implements Scratch {
  readonly place: ServerPlace;

  private constructor(
    private readonly config: BackupConfig,
    private readonly database: DatabaseConfig,
    private readonly name: string,
    private readonly major: number,
  ) {
    this.place = { ...ownerOf(database), url: atDatabase(ownerOf(database).url, name) };
  }

  /** Under the lock of the caller. @throws BackupError `restore_scratch_denied`, `backup_database_lost` */
  static async create(config: BackupConfig, database: DatabaseConfig): Promise<PostgresScratch> {
    const prefix = scratchPrefixOf(databaseOf(ownerOf(database).url));
    const name = `${prefix}${randomBytes(6).toString('hex')}`;
    const major = await onServer(ownerOf(database), async (servers) => {
      for (const left of await servers.leftovers(prefix)) await servers.drop(left).catch(() => undefined);
      await servers.makeApplicationRole();
      await servers.create(name);
      return servers.major();
    });
    return new PostgresScratch(config, database, name, major);
  }

  async fill(open: () => Chunks, manifest: Manifest, signal: AbortSignal): Promise<void> {
    if (Math.floor(manifest.source.server_version / 10_000) > this.major)
      throw new BackupError('backup_server_older', `this is ${String(this.major)}`);
    const needed = Math.max(this.major, Number.parseInt(manifest.source.client_version, 10));
    const tools = await findPgTools(needed, this.config.pgBin);
    const folder = await mkdtemp(join(tmpdir(), 'family-assistant-restore-'));
    try {
      const list = join(folder, 'list');
      await writeFile(list, await this.contents(tools, open(), signal));
      await this.load(tools, open(), list, signal);
      await this.analyze();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async migrate(): Promise<readonly string[]> {
    const { url } = this.place;
    const application = this.database.url === undefined ? undefined : atDatabase(this.database.url, this.name);
    const config = Object.assign(Object.create(this.database) as DatabaseConfig, {
      ownerUrl: url,
      url: application ?? url,
    });
    return withOwner(config, undefined, (migrator) => migrator.up());
  }

  async swapIn(): Promise<string | null> {
    const current = databaseOf(ownerOf(this.database).url);
    return onServer(ownerOf(this.database), async (servers) => {
      if (!(await servers.exists(current))) {
        await servers.swap(current, null, this.name);
        return null;
      }
      if ((await servers.sessionsOn(current)) > 0) throw new BackupError('restore_target_in_use');
      const kept = keptName(current, new Date());
      await servers.swap(current, kept, this.name);
      return kept;
    });
  }

  async drop(): Promise<void> {
    await onServer(ownerOf(this.database), (servers) => servers.drop(this.name)).catch(() => undefined);
  }

  /** What the archive has, without what only a superuser could restore. */
  private async contents(tools: PgTools, chunks: Chunks, signal: AbortSignal): Promise<string> {
    const running = startTool(tools, { tool: 'pg_restore', args: ['--list'], tls: this.database, signal });
    const list = textOf(outputOf(running, 'restore_failed'), LONGEST_LIST);
    const fed = feedUntilEnded(running, chunks);
    const [listed, given] = await Promise.allSettled([list, fed]);
    if (given.status === 'rejected') throw given.reason;
    if (listed.status === 'rejected') throw listed.reason;
    return listed.value
      .split('\n')
      .filter((line) => !NOT_OURS.test(line))
      .join('\n');
  }

  /** A dump has no statistics, without which the first searches would be planned blindly. */
  private async analyze(): Promise<void> {
    const connection = await Connection.open(this.place);
    await new ServersRepository(connection.query).analyze().finally(() => connection.close());
  }

  private async load(tools: PgTools, chunks: Chunks, list: string, signal: AbortSignal): Promise<void> {
    const isNewer = tools.major > this.major;
    const running = startTool(tools, {
      tool: 'pg_restore',
      // One that is newer than the server may have to go on behind its first statement.
      args: ['--no-owner', `--use-list=${list}`, ...(isNewer ? [] : ['--exit-on-error', '--single-transaction'])],
      url: this.place.url,
      tls: this.database,
      settings: FAST,
      signal,
    });
    running.stdout.resume();
    const code = await feed(running, chunks);
    signal.throwIfAborted();
    const reason = running.reason();
    if (code !== 0 && !(isNewer && areUnknownSettings(reason)))
      throw new BackupError(faultIn(reason) ?? 'restore_failed', reason);
  }
}

/** The beginning of an archive is enough for its list. */
async function feedUntilEnded(running: ReturnType<typeof startTool>, chunks: Chunks): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (!running.stdin.write(chunk)) await Promise.race([running.ended, drained(running.stdin)]);
      // pg_restore reads on to the end of a pipe; what comes after the list is the business of the load.
      if (running.hasEnded()) break;
    }
    running.stdin.end();
  } catch (error) {
    running.kill(); // it would wait for the rest for ever
    throw error;
  }
}

/** Bytes of a name; PostgreSQL cuts longer ones without a word. */
const LONGEST_NAME = 63;

/** Under which name a database is kept that makes room for another. */
export function keptName(current: string, at: Date): string {
  const suffix = `_before_${at.toISOString().replaceAll(/\D/g, '').slice(0, 14)}`;
  let begin = current;
  while (Buffer.byteLength(begin + suffix) > LONGEST_NAME) begin = Array.from(begin).slice(0, -1).join('');
  return begin + suffix;
}

/** @throws BackupError `restore_target_in_use` when somebody is connected to the database of the settings */
export async function refuseInUse(database: DatabaseConfig): Promise<void> {
  const place = ownerOf(database);
  const sessions = await onServer(place, (servers) => servers.sessionsOn(databaseOf(place.url)));
  if (sessions > 0) throw new BackupError('restore_target_in_use');
}

/** Number of tables in the database of the settings; 0 where it is not there. */
export async function tablesInUse(database: DatabaseConfig): Promise<number> {
  const place = ownerOf(database);
  const isThere = await onServer(place, (servers) => servers.exists(databaseOf(place.url)));
  if (!isThere) return 0;
  const connection = await Connection.open(place);
  try {
    return await new ServersRepository(connection.query).tables();
  } finally {
    await connection.close();
  }
}
