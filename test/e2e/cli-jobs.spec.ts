import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { jobsOn } from '../../src/cli/jobs-table.js';
import { loadConfig } from '../../src/platform/config/index.js';
import { openDatabase } from '../../src/platform/database/index.js';
import { cli } from '../support/cli.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { killServers, ServerProcess } from '../support/process.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000);

const WAITING = '019a9c1e-0000-7000-8000-000000000001';
const RUNNING = '019a9c1e-0000-7000-8000-000000000002';
const FIRST = '019a9c1e-0000-7000-8000-000000000003';
const SECOND = '019a9c1e-0000-7000-8000-000000000004';
const THIRD = '019a9c1e-0000-7000-8000-000000000005';
const UNKNOWN = '019a9c1e-0000-7000-8000-0000000000ff';
/** Who looks after the queue must not learn whom its jobs are about. */
const SECRET = 'family-of-the-payload';
const STACK = /^\s+at /m;

describe('jobs', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await newDatabase();
  });
  afterAll(async () => {
    await killServers();
    await database.drop();
  });

  /** What the audit log has of a job. */
  const recorded = (id: string): Promise<object[]> =>
    withQueue((dataSource) =>
      dataSource.transaction(async (tx) => {
        await tx.query(`SELECT set_config('app.realm', 'identity', true)`);
        return tx.query<object[]>('SELECT action, outcome, details FROM audit_events WHERE target_id = $1', [id]);
      }),
    );

  /** The commands need the embedded database for themselves. */
  async function withQueue<T>(work: (dataSource: DataSource) => Promise<T>): Promise<T> {
    const config = loadConfig({ NODE_ENV: 'test', ...database.env });
    const { dataSource, close } = await openDatabase(config.database, config.server, []);
    return work(dataSource).finally(close);
  }

  beforeEach(() =>
    withQueue(async (dataSource) => {
      await dataSource.query('DELETE FROM jobs.job');
      await dataSource.query('DELETE FROM jobs.dead_letter');
      await dataSource.query(
        `INSERT INTO jobs.job (id, queue, payload, key, state, due_at, attempts, lease, error) VALUES
           ($1, 'test.one', $3, $4, 'waiting', '2126-01-01T00:00Z', 0, NULL, NULL),
           ($2, 'test.two', $3, NULL, 'running', '2126-01-01T00:00Z', 2, gen_random_uuid(), 'Error 40001')`,
        [WAITING, RUNNING, { about: SECRET }, SECRET],
      );
      await dataSource.query(
        `INSERT INTO jobs.dead_letter (id, queue, payload, key, priority, attempts, error, created_at, died_at)
         SELECT id, queue, $2, NULL, 0, 9, 'ModelError model_nonsense', '2026-01-01T00:00Z', '2026-01-02T00:00Z'
         FROM unnest($1::uuid[], ARRAY['test.one', 'test.two', 'test.two']) AS n(id, queue)`,
        [[FIRST, SECOND, THIRD], { about: SECRET }],
      );
    }),
  );

  async function run(...args: readonly string[]): Promise<{ code: number | null; lines: object[]; stderr: string }> {
    const { code, stdout, stderr } = await cli(database.env, ['jobs', ...args]);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stderr).not.toMatch(STACK);
    const lines = stdout.split('\n').filter((line) => line !== '');
    return { code, stderr, lines: code === 0 ? lines.map((line) => JSON.parse(line) as object) : [] };
  }

  const left = (): Promise<{ jobs: string[]; dead: string[] }> =>
    withQueue(async (dataSource) => {
      const ids = async (table: string): Promise<string[]> =>
        (await dataSource.query<{ id: string }[]>(`SELECT id FROM jobs.${table} ORDER BY id`)).map(({ id }) => id);
      return { jobs: await ids('job'), dead: await ids('dead_letter') };
    });

  test('are listed, dead ones after the others, and never what they are about', async () => {
    const { code, lines } = await run('list');
    expect(code).toBe(0);
    expect(lines).toEqual([
      {
        id: WAITING,
        queue: 'test.one',
        state: 'waiting',
        attempts: 0,
        error: null,
        created_at: expect.any(String),
        due_at: '2126-01-01T00:00:00.000Z',
      },
      expect.objectContaining({ id: RUNNING, state: 'running', attempts: 2, error: 'Error 40001' }),
      {
        id: FIRST,
        queue: 'test.one',
        state: 'dead',
        attempts: 9,
        error: 'ModelError model_nonsense',
        created_at: '2026-01-01T00:00:00.000Z',
        died_at: '2026-01-02T00:00:00.000Z',
      },
      expect.objectContaining({ id: SECOND, state: 'dead' }),
      expect.objectContaining({ id: THIRD, state: 'dead' }),
    ]);
    expect((await run('list', '--dead')).lines).toEqual(
      [FIRST, SECOND, THIRD].map((id) => expect.objectContaining({ id })),
    );
  });

  test('are listed to the last page', async () => {
    await withQueue((dataSource) =>
      dataSource.query(
        `INSERT INTO jobs.job (id, queue, payload, due_at)
         SELECT gen_random_uuid(), 'test.many', '{}', '2126-01-01T00:00Z' FROM generate_series(1, 1203)`,
      ),
    );
    expect((await run('list')).lines).toHaveLength(1203 + 5);
  });

  test('that failed for good are queued again: one, then all', async () => {
    expect(await run('replay', SECOND)).toMatchObject({ code: 0, lines: [{ event: 'replayed', jobs: 1 }] });
    expect(await recorded(SECOND)).toEqual([{ action: 'jobs.replay', outcome: 'success', details: { jobs: 1 } }]);
    expect(await left()).toEqual({ jobs: [WAITING, RUNNING, SECOND], dead: [FIRST, THIRD] });
    expect(await run('replay', '--all')).toMatchObject({ code: 0, lines: [{ event: 'replayed', jobs: 2 }] });
    expect(await left()).toEqual({ jobs: [WAITING, RUNNING, FIRST, SECOND, THIRD], dead: [] });
    expect(await run('replay', '--all')).toMatchObject({ code: 0, lines: [{ event: 'replayed', jobs: 0 }] });
  });

  test('that failed for good are thrown away, and no others', async () => {
    expect(await run('discard', FIRST)).toMatchObject({ code: 0, lines: [{ event: 'discarded', jobs: 1 }] });
    expect(await left()).toEqual({ jobs: [WAITING, RUNNING], dead: [SECOND, THIRD] });
    expect(await recorded(FIRST)).toEqual([{ action: 'jobs.discard', outcome: 'success', details: { jobs: 1 } }]);
    for (const id of [FIRST, WAITING, UNKNOWN])
      for (const command of ['discard', 'replay'])
        expect(await run(command, id)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('dead_letter_not_found'),
        });
    expect(await left()).toEqual({ jobs: [WAITING, RUNNING], dead: [SECOND, THIRD] });
  });

  test.each([
    [['replay']],
    [['replay', UNKNOWN, '--all']],
    [['replay', '7']],
    [['discard']],
    [['discard', 'x']],
    [['discard', UNKNOWN, UNKNOWN]],
    [['list', '--alive']],
    [['bury']],
    [[]],
  ])('wrong usage changes nothing: %j', async (args) => {
    expect((await run(...args)).code).toBe(2);
  });

  test('of a server that runs: refused in words on its embedded database, shown on a server of databases', async () => {
    const server = await ServerProcess.start({ ...database.env, JOBS_ENABLED: 'false' });
    const { code, stderr, lines } = await run('list', '--dead');
    if (database.kind === 'embedded')
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('DATA_DIR') });
    else expect(lines).toHaveLength(3);
    await server.stop();
  });

  test('on a terminal are a table', () => {
    const written: string[] = [];
    const output = jobsOn({ isTTY: true, write: (text: string | Uint8Array) => written.push(String(text)) > 0 });
    const at = new Date('2026-01-02T03:04:05Z');
    output.add({ id: UNKNOWN, queue: 'test.one', state: 'dead', attempts: 9, error: null, createdAt: at, at });
    output.add({ id: UNKNOWN, queue: 't', state: 'retrying', attempts: 1, error: 'Error', createdAt: at, at });
    output.end('nothing');
    expect(written).toEqual([
      'id                                    queue     state     tried  due or dead since    last error\n',
      `${UNKNOWN}  test.one  dead      9      2026-01-02 03:04:05\n`,
      `${UNKNOWN}  t         retrying  1      2026-01-02 03:04:05  Error\n`,
    ]);
    written.length = 0;
    jobsOn({ isTTY: true, write: (text: string | Uint8Array) => written.push(String(text)) > 0 }).end('nothing');
    expect(written).toEqual(['nothing\n']);
  });
});
