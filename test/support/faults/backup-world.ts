import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import S3rver from 's3rver';
import { BackupRuns } from '../../../src/modules/backup/backup-runs.service.js';
import type { BackupError } from '../../../src/modules/backup/backup.errors.js';
import { HouseholdBackups } from '../../../src/modules/backup/household.service.js';
import { isVerified, readCatalog } from '../../../src/modules/backup/catalog.js';
import { parseName, readManifest, sha256, type Manifest } from '../../../src/modules/backup/manifest.js';
import { FolderTarget } from '../../../src/modules/backup/targets/folder-target.js';
import { openTarget } from '../../../src/modules/backup/targets/open-target.js';
import { S3Target, type S3Settings } from '../../../src/modules/backup/targets/s3-target.js';
import type { Target } from '../../../src/modules/backup/targets/target.js';
import { BackupConfig } from '../../../src/platform/config/index.js';
import { newBackupPlace, type BackupPlace } from '../backup.js';
import { startApp, type TestApp } from '../create-app.js';
import { newDatabase, type TestDatabase } from '../database.js';
import { asIdentity } from '../factories.js';
import { freePort } from '../process.js';
import { S3Proxy } from './s3-proxy.js';

const BUCKET = 'family-backups';
/** Everything but the clock runs as it does. */
const ALL_BUT_DATE = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

type OnPhase = (phase: string) => void;

/** What was found after a fault: all three must be nought. */
export interface Judgement {
  /** Bad backups that count as verified. */
  believed: number;
  /** Of the last two verified ones, those that are gone or changed. */
  deleted: number;
  /** Faults that were not told by a code of their own. */
  codeless: number;
}

/** A server with two verified backups, to which faults are done; afterwards all is as it was. */
export class BackupWorld {
  /** Undone when the fault is over, the last one first. */
  private readonly undoings: (() => unknown)[] = [];
  private readonly originals = new Map<string, Buffer>();
  private readonly bad = new Set<string>();
  private readonly taken = new Set<string>();
  private readonly settings: Partial<BackupConfig>;
  /** When the world was last put in order, by the database's clock. */
  private mark = '-infinity';

  private constructor(
    readonly place: BackupPlace,
    readonly database: TestDatabase,
    readonly server: TestApp,
    /** Reached without the proxy: what is really stored. */
    readonly target: Target,
    /** In front of a store. */
    readonly proxy: S3Proxy | undefined,
    /** Of the store, behind the proxy. */
    readonly s3: S3Settings | undefined,
    private readonly closeStore: () => Promise<void>,
  ) {
    const { identityFile, pgBin, recipients, databaseUrl } = this.config;
    this.settings = { identityFile, pgBin, recipients, databaseUrl } as Partial<BackupConfig>;
  }

  static async open(kind: 'folder' | 's3'): Promise<BackupWorld> {
    const place = await newBackupPlace();
    const database = await newDatabase();
    const store = kind === 's3' ? await openStore() : undefined;
    const env = store ? { ...place.env, BACKUP_FOLDER: '', ...store.env } : place.env;
    const server = await startApp({ database, env: { ...env, JOBS_ENABLED: 'false' } });
    const target = store ? new S3Target(store.settings) : new FolderTarget(place.folder);
    const world = new BackupWorld(place, database, server, target, store?.proxy, store?.settings, async () => {
      await store?.close();
    });
    for (const which of [1, 2]) {
      const code = await world.backUp();
      if (code !== 'made') throw new Error(`no backup ${String(which)}: ${code}`);
    }
    for (const { name } of await target.list()) world.originals.set(name, await buffer(await target.read(name)));
    await world.reset();
    return world;
  }

  get runs(): BackupRuns {
    return this.server.app.get(BackupRuns);
  }

  /** The settings that the server uses; changed, they are as before after the fault. */
  get config(): BackupConfig {
    return this.server.app.get(BackupConfig);
  }

  /** Backups are not verified: what a fault does before that is told sooner. */
  withoutKey(): void {
    delete this.config.identityFile;
  }

  /** A silent store counts as away after so many seconds; as long as it is awaited else, a busy machine is silent, too. */
  setSilence(seconds: number): void {
    const household = this.server.app.get<{ target: Target }>(HouseholdBackups);
    const { target } = household;
    this.undo(() => (household.target = target));
    household.target = openTarget(
      Object.assign(Object.create(this.config) as BackupConfig, { s3Silence: seconds }),
      '',
    );
  }

  undo(work: () => unknown): void {
    this.undoings.push(work);
  }

  /** The clock of this process, so many milliseconds off. */
  setClock(off: number): void {
    jest.useFakeTimers({ now: Date.now() + off, doNotFake: [...ALL_BUT_DATE] });
  }

  /** Makes a backup. @returns `made`, or its code */
  backUp(onPhase: OnPhase = () => undefined, signal = new AbortController().signal): Promise<string> {
    return codeOf(this.runs.createNow('command', signal, onPhase), 'made');
  }

  /** Verifies one of the two. @returns `verified`, or its code */
  verify(which: 1 | 2, onPhase: OnPhase = () => undefined, signal = new AbortController().signal): Promise<string> {
    return codeOf(this.runs.verify(this.manifest(which).id, signal, onPhase), 'verified');
  }

  /** The daily reading of what is stored; for either of the two. */
  reread(): Promise<string> {
    return codeOf(this.runs.reread(new AbortController().signal), 'read');
  }

  /** What one of the two was when it was made. */
  manifest(which: 1 | 2): Manifest {
    return readManifest(this.text(which));
  }

  text(which: 1 | 2): string {
    return this.original(this.nameOf(which, 'manifest.json')).toString();
  }

  nameOf(which: 1 | 2, part: string): string {
    return [...this.originals.keys()].filter((name) => name.endsWith(part)).sort()[which - 1] ?? '';
  }

  original(name: string): Buffer {
    return this.originals.get(name) ?? Buffer.alloc(0);
  }

  /** Puts something else in the place of a file that is one of a backup, which is bad from now on. */
  async damage(name: string, bytes: Buffer): Promise<void> {
    await this.take(name);
    await this.put(name, bytes);
  }

  /** Takes a file away, as the fault does; the backup is bad from now on. */
  async take(name: string): Promise<void> {
    this.isTaken(name);
    await this.target.delete(name);
  }

  /** The fault itself takes a file away, or changes it. */
  isTaken(name: string): void {
    this.bad.add(parseName(name)?.id ?? '');
    this.taken.add(name);
  }

  async put(name: string, bytes: Buffer): Promise<void> {
    await this.target.delete(name);
    await this.target.write(name, once(bytes), new AbortController().signal);
  }

  /** Faults that were recorded in the audit log since the world was put in order. */
  async recorded(action: string): Promise<string[]> {
    const rows = await this.ask<{ fault: string }>(
      `SELECT details->>'fault' AS fault FROM audit_events WHERE action = '${action}' AND occurred_at > '${this.mark}' ORDER BY occurred_at`,
    );
    return rows.map(({ fault }) => fault);
  }

  /** As after a restore of the first backup: that it had begun, and what is stored, is all that is known. */
  async forget(): Promise<void> {
    await this.ask('DELETE FROM backup.run');
    const { id } = this.manifest(1);
    await this.ask(`INSERT INTO backup.run (id, cause, state) VALUES ('${id}', 'schedule', 'running')`);
  }

  ask<Row>(statement: string): Promise<Row[]> {
    return asIdentity<Row>(this.server, statement, []);
  }

  /** Looks at what is stored and remembered, apart from the code under test. */
  async judge(observed: string, expected: string): Promise<Judgement> {
    const { entries } = await readCatalog(this.target);
    const remembered = await this.ask<{ id: string }>(
      `SELECT id FROM backup.run WHERE verification = 'verified' AND stored = 'present'`,
    );
    const verified = new Set([
      ...entries.filter(isVerified).map(({ manifest }) => manifest.id),
      ...remembered.map(({ id }) => id),
    ]);
    for (const { manifest } of entries) {
      const bytes = await this.target.read(manifest.archive.name).then(buffer, () => Buffer.alloc(0));
      if (sha256(bytes) !== manifest.archive.sha256) this.bad.add(manifest.id);
    }
    const listed = new Set((await this.target.list()).map(({ name }) => name));
    const gone = [...this.originals.keys()].filter(
      (name) => !this.taken.has(name) && !listed.has(name) && !name.includes('verified'),
    );
    const trashed = [...listed].filter((name) => name.endsWith('.trash.json'));
    return {
      believed: [...this.bad].filter((id) => verified.has(id)).length,
      deleted: gone.length + trashed.length,
      codeless: observed === expected && observed !== 'backup_failed' ? 0 : 1,
    };
  }

  /** All is as it was before the fault. */
  async reset(): Promise<void> {
    jest.useRealTimers();
    for (const work of this.undoings.splice(0).reverse()) await work();
    if (this.proxy) this.proxy.rule = () => undefined;
    Object.assign(this.config, this.settings);
    this.bad.clear();
    this.taken.clear();
    for (const name of await this.target.unfinished()) await this.target.delete(name);
    for (const { name, size } of await this.target.list())
      if (this.originals.get(name)?.length !== size) await this.target.delete(name);
    const stored = new Set((await this.target.list()).map(({ name }) => name));
    for (const [name, bytes] of this.originals)
      if (!stored.has(name) || !(await buffer(await this.target.read(name))).equals(bytes)) await this.put(name, bytes);
    await this.forget();
    // The server learns of the two, and reads the first again.
    await this.reread();
    const [row] = await this.ask<{ now: string }>('SELECT clock_timestamp()::text AS now');
    this.mark = row?.now ?? '';
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.closeStore();
    await this.database.drop();
    await this.place.drop();
  }
}

async function openStore(): Promise<{
  env: Record<string, string>;
  settings: S3Settings;
  proxy: S3Proxy;
  close(): Promise<void>;
}> {
  const root = await mkdtemp(join(tmpdir(), 'family-assistant-s3-'));
  const port = await freePort();
  const store = new S3rver({
    port,
    address: '127.0.0.1',
    silent: true,
    directory: root,
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  await store.run();
  const proxy = await S3Proxy.open(port);
  return {
    proxy,
    env: {
      BACKUP_S3_BUCKET: BUCKET,
      BACKUP_S3_ENDPOINT: proxy.endpoint,
      BACKUP_S3_ACCESS_KEY_ID: 'S3RVER',
      BACKUP_S3_SECRET_ACCESS_KEY: 'S3RVER',
    },
    settings: {
      endpoint: `http://127.0.0.1:${String(port)}`,
      region: 'us-east-1',
      bucket: BUCKET,
      prefix: '',
      usesPathStyle: true,
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      silence: 60_000,
    },
    close: async () => {
      await proxy.close();
      store.httpServer.closeAllConnections();
      await store.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The code with which work fails. */
export const codeOf = (work: Promise<unknown>, otherwise: string): Promise<string> =>
  work.then(
    () => otherwise,
    (error: unknown) => (error as BackupError).code,
  );

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
