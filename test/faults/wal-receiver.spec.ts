import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { SLOT } from '../../src/modules/backup/point-in-time/wal-receiver.js';
import { parseWalName, type WalPart } from '../../src/modules/backup/point-in-time/wal-names.policy.js';
import { PROJECT_DIR, type Environment } from '../../src/platform/config/index.js';
import { newBackupPlace, type BackupPlace } from '../support/backup.js';
import { cli, type Outcome } from '../support/cli.js';
import { asOwner, newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { measured } from '../support/measure.js';
import { ensureBuilt, serversControl, until } from '../support/process.js';

// A limit for what hangs: whole clusters are copied and started here.
jest.setTimeout(300_000);

const ROUNDS = Array.from({ length: Number(process.env['FAULT_ROUNDS'] ?? '1') }, (_, at) => at + 1);

type Line = Readonly<Record<string, unknown>>;

/** `backup receive-wal` as a process of its own. */
class Receiver {
  private said = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  constructor(env: Environment) {
    ensureBuilt();
    const main = join(import.meta.dirname, '../../dist/src/cli/main.js');
    this.child = spawn(process.execPath, [main, 'backup', 'receive-wal'], {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    this.ended = new Promise((resolve) =>
      this.child.once('close', () => {
        resolve();
      }),
    );
  }

  lines(): Line[] {
    const complete = this.said
      .slice(0, this.said.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '');
    return complete.map((line) => JSON.parse(line) as Line);
  }

  says(event: string, details: Line = {}): Promise<Line> {
    return until(`the receiver says ${event}: ${this.said}`, () =>
      this.lines().find(
        (line) => line['event'] === event && Object.entries(details).every(([key, value]) => line[key] === value),
      ),
    );
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}

const control = serversControl();
const onServers = onPostgres && control ? describe : describe.skip;

onServers('the receiver of the write-ahead log', () => {
  const superuser = process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '';
  const recovered = process.env['TEST_RECOVERED_DIR'] ?? '';
  let place: BackupPlace;
  let database: TestDatabase;
  let env: Environment;
  let receiver: Receiver;

  beforeEach(async () => {
    place = await newBackupPlace();
    database = await newDatabase();
    env = { ...database.env, ...place.env };
    await asOwner(superuser, 'CHECKPOINT');
    await onOwner('CREATE TABLE ledger (n int PRIMARY KEY)');
    receiver = new Receiver(env);
  });
  afterEach(async () => {
    await receiver.end('SIGTERM');
    await ask('pg-recover-stop');
    await control?.('pg-start');
    const drop = `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${SLOT}'`;
    // A slot that stays keeps the log of all other tests.
    await until('the slot is free', () =>
      asOwner(superuser, drop).then(
        () => true,
        () => false,
      ),
    );
    await database.drop();
    await place.drop();
  });

  const onOwner = (statement: string): Promise<pg.QueryResult> => asOwner(env['DATABASE_OWNER_URL'] ?? '', statement);
  const parts = async (): Promise<WalPart[]> => (await place.files()).flatMap((name) => parseWalName(name) ?? []);
  const now = async (): Promise<Date> =>
    ((await onOwner('SELECT clock_timestamp() AS now')).rows[0] as { now: Date }).now;
  /** Waits until all that was committed by now is stored. */
  const isStored = async (): Promise<void> => {
    const time = (await now()).getTime();
    await asOwner(superuser, `SELECT pg_logical_emit_message(true, 'test', 'written')`);
    await until('it is stored', async () => (await parts()).some(({ through }) => through > time));
  };
  const write = (from: number, to: number): Promise<pg.QueryResult> =>
    onOwner(`INSERT INTO ledger SELECT generate_series(${String(from)}, ${String(to)})`);

  async function ask(command: string): Promise<string> {
    const { stdout } = await promisify(execFile)(process.env['TEST_SERVERS_CTL'] ?? '', [command]);
    return stdout.trim();
  }

  /** As the document says it, with or without a time. */
  function restore(folder: string, at?: string): Promise<Outcome> {
    const text = readFileSync(join(PROJECT_DIR, 'docs/DISASTER_RECOVERY.md'), 'utf8');
    const lines = text.split('\n').filter((line) => line.includes('--data-directory restored'));
    const line = lines.find((each) => each.includes('--at ') === (at !== undefined)) ?? '';
    const args = line.replace('npm run cli -- ', '').split(' ');
    const values: Readonly<Record<string, string>> = { restored: folder, 'recovery.key': place.key.file };
    return cli(
      env,
      args.map((arg) => values[arg] ?? (/^\d{4}-\d\d-/.test(arg) ? (at ?? arg) : arg)),
    );
  }

  /** Starts the server that was restored, and asks it. */
  async function askRecovered<Row extends object>(query: string): Promise<Row[]> {
    const port = await ask('pg-recover');
    const address = Object.assign(new URL(superuser), { port, pathname: new URL(env['DATABASE_URL'] ?? '').pathname });
    await until('it has recovered', async () => {
      const { rows } = await asOwner(address.href, 'SELECT pg_is_in_recovery() AS is_recovering');
      return !(rows as { is_recovering: boolean }[])[0]?.is_recovering;
    });
    return (await asOwner(address.href, query)).rows as Row[];
  }

  it('brings back what was dropped by mistake, as it was a moment before', async () => {
    await receiver.says('base');
    await write(1, 50);
    const before = new Date((await now()).getTime() + 1); // the clock of the server is finer
    await onOwner('DROP TABLE ledger');
    await isStored();

    const restored = await restore(recovered, before.toISOString());

    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(await askRecovered('SELECT count(*)::int AS rows FROM ledger')).toEqual([{ rows: 50 }]);
    const again = await restore(recovered);
    expect(again.stderr).toContain('(restore_target_not_empty)');
  });

  const recoveryPoints: { readonly acknowledged: number; readonly lost: number; readonly lostFor: number }[] = [];
  afterAll(() => {
    const sum = (field: 'acknowledged' | 'lost'): number => recoveryPoints.reduce((all, each) => all + each[field], 0);
    measured('recovery point with the receiver', {
      rounds: recoveryPoints.length,
      'acknowledged writes': sum('acknowledged'),
      lost: sum('lost'),
      'of the last milliseconds': Math.ceil(Math.max(0, ...recoveryPoints.map(({ lostFor }) => lostFor))),
    });
  });

  it.each(ROUNDS)('loses at most a second when the server and its disk go under load: round %i', async () => {
    await receiver.says('base');
    await receiver.says('receiving');
    const client = new pg.Client({ connectionString: env['DATABASE_OWNER_URL'] });
    client.on('error', () => undefined);
    await client.connect();
    const acknowledged: { n: number; at: number }[] = [];
    let killed: Promise<void> | undefined;
    for (let n = 1; ; n += 1) {
      const done = await client.query('INSERT INTO ledger VALUES ($1)', [n]).then(
        () => true,
        () => false,
      );
      if (!done) break;
      acknowledged.push({ n, at: performance.now() });
      if (n === 2000) killed = control?.('pg-kill');
    }
    await killed;
    await client.end().catch(() => undefined);
    const end = acknowledged.at(-1)?.at ?? 0;
    // The server does not come back: what was received is stored without it.
    await receiver.says('rest_stored');
    await receiver.end('SIGTERM');

    expect(await restore(recovered)).toMatchObject({ code: 0, stderr: '' });
    const rows = await askRecovered<{ n: number }>('SELECT n FROM ledger ORDER BY n');
    const has = new Set(rows.map(({ n }) => n));
    const lost = acknowledged.filter(({ n }) => !has.has(n));
    const lostFor = Math.max(0, ...lost.map(({ at }) => end - at));
    recoveryPoints.push({ acknowledged: acknowledged.length, lost: lost.length, lostFor });
    expect(acknowledged.length).toBeGreaterThanOrEqual(2000);
    expect(lostFor).toBeLessThanOrEqual(1000);
  });

  it('goes on after it was killed, after the server was away, and after the target was', async () => {
    await receiver.says('base');
    await write(1, 10);
    await isStored();
    await receiver.end('SIGKILL');
    await write(11, 20);
    receiver = new Receiver(env);
    await receiver.says('receiving');
    await control?.('pg-stop');
    await receiver.says('fault');
    await control?.('pg-start');
    await receiver.says('recovered');
    await write(21, 30);
    await isStored();
    const kept = `${place.folder}.away`;
    await rename(place.folder, kept);
    await writeFile(place.folder, '');
    await write(31, 40);
    await receiver.says('fault', { code: 'backup_target_away' });
    await rm(place.folder);
    await rename(kept, place.folder);
    await asOwner(superuser, 'SELECT pg_switch_wal()');
    await write(41, 50);
    await isStored();
    await receiver.end('SIGTERM');

    expect((await place.files()).filter((name) => name.endsWith('.base.json'))).toHaveLength(1);
    expect(await restore(recovered)).toMatchObject({ code: 0, stderr: '' });
    expect(await askRecovered('SELECT count(*)::int AS rows FROM ledger')).toEqual([{ rows: 50 }]);
    const [beat] = (await onOwner('SELECT stored_through FROM backup.receiver')).rows as {
      stored_through: Date | null;
    }[];
    expect(beat?.stored_through).toBeInstanceOf(Date);
  });

  it('goes on with a new base backup when the server has given up the slot', async () => {
    await receiver.says('base');
    await receiver.end('SIGKILL');
    await asOwner(superuser, `ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'`);
    await asOwner(superuser, 'SELECT pg_reload_conf()');
    let n = 0;
    await until('the slot is lost', async () => {
      n += 1;
      await write(n, n);
      await asOwner(superuser, 'SELECT pg_switch_wal()');
      await asOwner(superuser, 'CHECKPOINT');
      const { rows } = await asOwner(superuser, `SELECT FROM pg_replication_slots WHERE wal_status = 'lost'`);
      return rows.length > 0;
    });
    await asOwner(superuser, 'ALTER SYSTEM RESET max_slot_wal_keep_size');
    await asOwner(superuser, 'SELECT pg_reload_conf()');
    receiver = new Receiver(env);
    await receiver.says('slot_lost');
    expect(await receiver.says('base')).toMatchObject({ sequence: 2 });
    await write(n + 1, n + 10);
    await isStored();
    await receiver.end('SIGTERM');
    expect(await restore(recovered)).toMatchObject({ code: 0, stderr: '' });
    expect(await askRecovered('SELECT count(*)::int AS rows FROM ledger')).toEqual([{ rows: n + 10 }]);
  });

  it('goes on while the database that it belongs to is restored', async () => {
    await onOwner('DROP TABLE ledger');
    await receiver.says('base');
    await receiver.says('receiving');
    expect(await cli(env, ['backup', 'create'])).toMatchObject({ code: 0, stderr: '' });
    const restored = await cli(env, ['restore', 'latest-verified', '--replace']);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    const said = restored.stdout.trim().split('\n');
    const { kept } = JSON.parse(said.at(-1) ?? '') as { kept: string };
    await asOwner(superuser, `DROP DATABASE ${kept} WITH (FORCE)`);
    await isStored();
  });

  it('says that its disk is full, and goes on when there is room', async () => {
    await receiver.end('SIGTERM');
    const folder = join(env['DATA_DIR'] ?? '', 'wal');
    await mkdir(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8M', 'tmpfs', folder]);
    try {
      receiver = new Receiver(env);
      await receiver.says('fault', { work: 'log', code: 'backup_disk_full' });
      execFileSync('mount', ['-o', 'remount,size=64M', folder]);
      await receiver.says('recovered', { work: 'log', code: 'backup_disk_full' });
      await write(1, 10);
      await isStored();
    } finally {
      await receiver.end('SIGTERM');
      execFileSync('umount', [folder]);
    }
  });

  it('says when a part of the log is missing, when the time is too late or too early, and leaves nothing', async () => {
    await receiver.says('base');
    const folder = await mkdtemp(join(tmpdir(), 'family-assistant-data-'));
    try {
      const early = await restore(folder, '2020-01-01T00:00:00Z');
      expect(early.stderr).toContain('(base_not_found)');
      const late = await restore(folder, '2100-01-01T00:00:00Z');
      expect(late.stderr).toContain('(restore_time_too_late)');
      for (const n of [1, 2, 3]) {
        await write(n, n);
        await asOwner(superuser, 'SELECT pg_switch_wal()');
        await isStored();
      }
      await receiver.end('SIGTERM');
      const segments = [...new Set((await parts()).map(({ segment }) => segment))].sort();
      const middle = segments.at(-2) ?? '';
      for (const name of await place.files()) if (parseWalName(name)?.segment === middle) await place.remove(name);
      const gap = await restore(folder);
      expect(gap.stderr).toContain('(wal_missing)');
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the receiver of the write-ahead log, without a server', () => {
  it('says that it needs one', async () => {
    if (onPostgres) return;
    const place = await newBackupPlace();
    const database = await newDatabase();
    const outcome = await cli({ ...database.env, ...place.env }, ['backup', 'receive-wal']);
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.stderr).toContain('(wal_needs_server)');
    await database.drop();
    await place.drop();
  });
});
