import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { TransactionRunner } from '../../src/platform/database/index.js';
import { HealthService } from '../../src/platform/health/index.js';
import { requestContext } from '../../src/platform/http/request-context.js';
import {
  DeadLetters,
  defineJob,
  JobQueue,
  JobRegistry,
  Postponed,
  type BatchContext,
  type Job,
  type JobOptions,
} from '../../src/platform/jobs/index.js';
import { JobStore } from '../../src/platform/jobs/job-store.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { until } from '../support/process.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(120_000);

interface Numbered {
  readonly n: number;
}
const EVERY = { backoff: { base: 1, max: 1 } };

const PLAIN = defineJob<Numbered>({ name: 'test.plain', concurrency: 2, ...EVERY });
const SLOW = defineJob<Numbered>({ name: 'test.slow', ...EVERY });
const BATCH = defineJob<Numbered>({ name: 'test.batch', batchSize: 8, retryLimit: 6, ...EVERY });
const TIMED = defineJob<Numbered>({ name: 'test.timed', timeout: 20, retryLimit: 0 });
const ONCE = defineJob<Numbered>({ name: 'test.once', ...EVERY });

/** Nobody works on it here. */
const IDLE = defineJob<Numbered>({ name: 'test.idle' });

/** What the work of one queue was called with, and what it does. */
class Desk {
  readonly calls: Job<Numbered>[][] = [];
  readonly requestIds: (string | undefined)[] = [];
  act: (jobs: readonly Job<Numbered>[], context: BatchContext) => Promise<void> = () => Promise.resolve();

  readonly work = (jobs: readonly Job<Numbered>[], context: BatchContext): Promise<void> => {
    this.calls.push([...jobs]);
    this.requestIds.push(requestContext.get()?.requestId);
    return this.act(jobs, context);
  };

  get numbers(): number[] {
    return this.calls.flat().map(({ payload }) => payload.n);
  }

  clear(): void {
    this.calls.length = 0;
    this.requestIds.length = 0;
    this.act = () => Promise.resolve();
  }
}

/** A promise that the test resolves. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('jobs', () => {
  let database: TestDatabase;
  let server: TestApp;
  let runner: TransactionRunner;
  let queue: JobQueue;
  let dead: DeadLetters;
  let dataSource: DataSource;
  const desks = new Map([PLAIN, SLOW, BATCH, TIMED, ONCE].map((type) => [type.name, new Desk()]));
  const desk = (type: { name: string }): Desk => desks.get(type.name) ?? new Desk();

  beforeAll(async () => {
    database = await newDatabase();
    server = await startApp({
      database,
      env: { JOBS_POLL_INTERVAL: '50', JOBS_LEASE: '2' },
      before: (app) => {
        for (const type of [PLAIN, SLOW, BATCH, TIMED, ONCE]) app.get(JobRegistry).register(type, desk(type).work);
      },
    });
    runner = server.app.get(TransactionRunner);
    queue = server.app.get(JobQueue);
    dead = server.app.get(DeadLetters);
    dataSource = server.app.get(DataSource);
  });
  afterEach(() => {
    for (const each of desks.values()) each.clear();
  });
  afterAll(async () => {
    await server.close();
    await database.drop();
  });

  const enqueue = (type: typeof PLAIN, numbers: readonly number[], options: JobOptions = {}): Promise<void> =>
    runner.runAsIdentity((tx) =>
      queue.enqueueAll(
        tx,
        type,
        numbers.map((n) => ({ payload: { n }, ...options })),
      ),
    );
  const rows = (type: { name: string }): Promise<Record<string, unknown>[]> =>
    dataSource.query('SELECT * FROM jobs.job WHERE queue = $1 ORDER BY priority DESC, due_at, id', [type.name]);
  const untilEmpty = (type: { name: string }): Promise<true> =>
    until(`${type.name} is empty`, async () => (await rows(type)).length === 0);
  /** Waits until the queue is empty, and gives what its desk has seen. */
  const untilDone = async (type: { name: string }): Promise<number[]> => {
    await untilEmpty(type);
    return desk(type).numbers;
  };

  test('exist exactly when what was written with them exists', async () => {
    await expect(
      runner.runAsIdentity(async (tx) => {
        await queue.enqueue(tx, PLAIN, { n: 1 });
        throw new Error('on purpose');
      }),
    ).rejects.toThrow('on purpose');
    await enqueue(PLAIN, [2, 3]);
    expect((await untilDone(PLAIN)).toSorted()).toEqual([2, 3]);
  });

  test('begin at once after the commit, not at the next look at the queue', async () => {
    const held = await startApp({ env: { JOBS_POLL_INTERVAL: '60000' }, before: registerOnly(PLAIN, desk(PLAIN)) });
    try {
      const [own, jobs] = [held.app.get(TransactionRunner), held.app.get(JobQueue)];
      await own.runAsIdentity((tx) => jobs.enqueue(tx, PLAIN, { n: 7 }));
      await until('the job has begun', () => desk(PLAIN).numbers.includes(7));
    } finally {
      await held.close();
    }
  });

  test('of one queue are begun by priority, then in the order in which they were queued', async () => {
    const { opened, open } = gate();
    desk(SLOW).act = () => opened;
    await enqueue(SLOW, [0]);
    await until('the first one runs', () => desk(SLOW).calls.length === 1);
    await enqueue(SLOW, [1, 2, 3]);
    await enqueue(SLOW, [4], { priority: 5 });
    await enqueue(SLOW, [5], { priority: -5 });
    open();
    expect(await untilDone(SLOW)).toEqual([0, 4, 1, 2, 3, 5]);
  });

  test('wait for their time, and those that have expired are not begun', async () => {
    await enqueue(PLAIN, [1], { startAfter: 3_600_000 });
    await enqueue(PLAIN, [2], { startAfter: new Date(Date.now() + 3_600_000) });
    await enqueue(PLAIN, [3], { expiresAt: new Date(Date.now() - 1000) });
    await enqueue(PLAIN, [4], { startAfter: 120 });
    await until('the short wait is over', () => desk(PLAIN).numbers.includes(4));
    expect(desk(PLAIN).numbers).toEqual([4]);
    await until('its end is stored', async () => (await rows(PLAIN)).length === 3);
    expect((await rows(PLAIN)).map(({ payload }) => (payload as Numbered).n).toSorted()).toEqual([1, 2, 3]);
    await dataSource.query('DELETE FROM jobs.job');
  });

  test('of one key are merged while they wait, and not with one that has begun', async () => {
    const { opened, open } = gate();
    desk(SLOW).act = () => opened;
    await enqueue(SLOW, [1], { key: 'k' });
    await until('the first one runs', () => desk(SLOW).calls.length === 1);
    await enqueue(SLOW, [2], { key: 'k' });
    await enqueue(SLOW, [3], { key: 'k', priority: 3 });
    await enqueue(SLOW, [4, 5], { key: 'k', priority: 1 });
    await enqueue(SLOW, [6], { key: 'other' });
    expect((await rows(SLOW)).map(({ state, priority }) => [state, priority])).toEqual([
      ['waiting', 3],
      ['waiting', 0],
      ['running', 0], // by the end of its lease
    ]);
    open();
    expect(await untilDone(SLOW)).toEqual([1, 5, 6]);
  });

  test('of a batch that failed are retried in halves, so that one bad job fails alone', async () => {
    desk(BATCH).act = (jobs) =>
      jobs.some(({ payload }) => payload.n === 3) ? Promise.reject(new TypeError('3')) : Promise.resolve();
    const numbers = Array.from({ length: 8 }, (_, n) => n);
    await enqueue(BATCH, numbers);
    await untilEmpty(BATCH);
    expect(desk(BATCH).calls[0]).toHaveLength(8);
    const letters = await dead.list({ queue: BATCH.name });
    expect(letters).toEqual([
      expect.objectContaining({ payload: { n: 3 }, attempts: 7, error: 'TypeError', key: null }),
    ]);
    expect(
      desk(BATCH)
        .calls.filter((jobs) => jobs.some(({ payload }) => payload.n === 3))
        .map((jobs) => jobs[0]?.attempt),
    ).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6, 7]));

    desk(BATCH).clear();
    expect(await dead.counts()).toEqual([{ queue: BATCH.name, jobs: 1 }]);
    expect(await dead.replay({ ids: letters.map(({ id }) => id) })).toBe(1);
    expect(await untilDone(BATCH)).toEqual([3]);
    expect(await dead.counts()).toEqual([]);
  });

  test('that take too long are dead letters when they have no retries; those can be thrown away', async () => {
    desk(TIMED).act = () => new Promise(() => undefined);
    await enqueue(TIMED, [1, 2]);
    await untilEmpty(TIMED);
    expect((await dead.list({ queue: TIMED.name })).map(({ error, attempts }) => [error, attempts])).toEqual([
      ['RunEnded', 1],
      ['RunEnded', 1],
    ]);
    expect(await dead.discard({ queue: TIMED.name })).toBe(2);
    expect(await dead.list({})).toEqual([]);
  });

  test('end in the transaction of their work, or are there again', async () => {
    let rounds = 0;
    desk(ONCE).act = (_jobs, { complete }) =>
      runner.runAsIdentity(async (tx) => {
        await complete(tx);
        if ((rounds += 1) === 1) throw new Error('on purpose');
      });
    await enqueue(ONCE, [1]);
    expect(await untilDone(ONCE)).toEqual([1, 1]);
  });

  test('carry the id of the request that queued them', async () => {
    await requestContext.run({ requestId: 'from-a-request-1' }, () => enqueue(PLAIN, [1]));
    await untilDone(PLAIN);
    await enqueue(PLAIN, [2]);
    await untilDone(PLAIN);
    expect(desk(PLAIN).requestIds).toEqual(['from-a-request-1', expect.not.stringContaining('from-a-request')]);
  });

  test('are told of by health', async () => {
    const { components } = await server.app.get(HealthService).report();
    expect(components['jobs']).toMatchObject({ status: 'up', looked_ms_ago: expect.any(Number) });
  });

  test('hold ids, not content', async () => {
    const text = 'x'.repeat(3000);
    await expect(
      runner.runAsIdentity((tx) => queue.enqueue(tx, defineJob<{ text: string }>({ name: 'test.idle' }), { text })),
    ).rejects.toMatchObject({ driverError: { code: '23514' } });
  });

  test('of nobody here wait for another process; a batch of thousands is queued in one transaction', async () => {
    await enqueue(
      IDLE,
      Array.from({ length: 2500 }, (_, n) => n),
    );
    expect(await rows(IDLE)).toHaveLength(2500);
    const { text } = await server.http().get('/metrics').expect(200);
    expect(text).toContain('family_assistant_queue_depth{queue="test.idle"} 2500');
    expect(text).toContain('family_assistant_queue_depth{queue="test.plain"} 0');
    expect(text).toMatch(/family_assistant_jobs_total\{queue="test.batch",outcome="dead"\} 1/);
    await dataSource.query('DELETE FROM jobs.job');
  });

  test('that postpone themselves wait as if nobody had begun them, once for all of a key', async () => {
    desk(SLOW).act = () => Promise.reject(new Postponed(3_600_000));
    await enqueue(SLOW, [1], { key: 'k' });
    const isParked = async (): Promise<boolean> => Number((await rows(SLOW))[0]?.['due_at']) > Date.now() + 1_800_000;
    await until('it waits', isParked);
    expect(await rows(SLOW)).toMatchObject([{ state: 'waiting', attempts: 0, error: null, lease: null }]);

    desk(SLOW).act = async () => {
      await enqueue(SLOW, [3], { key: 'k', startAfter: 3_600_000 });
      throw new Postponed(3_600_000);
    };
    await enqueue(SLOW, [2], { key: 'k' }); // is merged with the first one, which begins now
    await until('only the later one waits', async () => (await rows(SLOW))[0]?.['state'] === 'waiting' && isParked());
    expect(desk(SLOW).calls.at(-1)).toMatchObject([{ payload: { n: 2 }, attempt: 1 }]);
    expect(await rows(SLOW)).toMatchObject([{ payload: { n: 3 } }]);
    await dataSource.query('DELETE FROM jobs.job');
  });

  test('whose process has died are begun again when their lease ends', async () => {
    await enqueue(PLAIN, [1], { startAfter: 3_600_000 });
    await dataSource.query(
      `UPDATE jobs.job SET state = 'running', lease = gen_random_uuid(), attempts = 1, due_at = now() + interval '200 ms'`,
    );
    expect(await untilDone(PLAIN)).toEqual([1]);
    expect(desk(PLAIN).calls[0]?.[0]?.attempt).toBe(2);
  });

  test('that kill their process again and again become dead letters', async () => {
    await enqueue(PLAIN, [1], { startAfter: 3_600_000 });
    await dataSource.query(
      `UPDATE jobs.job SET state = 'running', lease = gen_random_uuid(), attempts = 9, due_at = now()`,
    );
    await untilEmpty(PLAIN);
    expect(desk(PLAIN).calls).toEqual([]);
    expect(await dead.list({ queue: PLAIN.name })).toEqual([expect.objectContaining({ error: 'abandoned' })]);
    await dead.discard({ queue: PLAIN.name });
  });

  test('that have expired and old dead letters are removed, and their space is given back', async () => {
    await enqueue(IDLE, [1], { expiresAt: new Date(Date.now() - 1000) });
    await enqueue(IDLE, [2], { expiresAt: new Date(Date.now() + 3_600_000) });
    await dataSource.query(
      `INSERT INTO jobs.dead_letter (id, queue, payload, priority, attempts, created_at, died_at)
       SELECT gen_random_uuid(), 'test.idle', '{}', 0, 1, died_at, died_at
       FROM (VALUES (now()), (now() - interval '91 days')) AS old(died_at)`,
    );
    const store = server.app.get(JobStore);
    await store.removeExpired(90);
    if (!onPostgres) await store.vacuum();
    expect((await rows(IDLE)).map(({ payload }) => payload)).toEqual([{ n: 2 }]);
    expect(await dead.discard({ queue: IDLE.name })).toBe(1);
    await dataSource.query('DELETE FROM jobs.job');
  });

  test('longer than a lease keep it', async () => {
    const { opened, open } = gate();
    desk(SLOW).act = () => opened;
    await enqueue(SLOW, [1]);
    await until('it runs', () => desk(SLOW).calls.length === 1);
    const [before] = await rows(SLOW);
    await until(
      'the lease is longer',
      async () => Number((await rows(SLOW))[0]?.['due_at']) > Number(before?.['due_at']),
    );
    open();
    expect(await untilDone(SLOW)).toEqual([1]);
  });

  if (onPostgres) {
    test('of one key are not begun between the writes of a transaction and its end', async () => {
      const { opened, open } = gate();
      await enqueue(IDLE, [1], { key: 'k' });
      const writing = runner.runAsIdentity(async (tx) => {
        await queue.enqueue(tx, IDLE, { n: 2 }, { key: 'k' });
        await opened;
      });
      await until('the job is locked', async () => {
        const free = await dataSource.query<unknown[]>(
          `SELECT FROM jobs.job WHERE queue = 'test.idle' FOR UPDATE SKIP LOCKED`,
        );
        return free.length === 0;
      });
      open();
      await writing;
      expect((await rows(IDLE)).map(({ payload }) => payload)).toEqual([{ n: 2 }]);
      await dataSource.query('DELETE FROM jobs.job');
    });

    test('are done once by two servers that share them', async () => {
      const other = new Desk();
      const second = await startApp({
        database,
        env: { JOBS_POLL_INTERVAL: '50' },
        before: registerOnly(BATCH, other),
      });
      try {
        await enqueue(
          BATCH,
          Array.from({ length: 500 }, (_, n) => n),
        );
        const here = await untilDone(BATCH);
        expect([...here, ...other.numbers].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, n) => n));
        expect(other.numbers.length).toBeGreaterThan(0);
      } finally {
        await second.close();
      }
    });
  }
});

describe('at shutdown', () => {
  test('running jobs finish, or are given back when they take too long', async () => {
    const database = await newDatabase();
    const patient = new Desk();
    const { opened, open } = gate();
    patient.act = (_jobs, { signal }) => {
      signal.addEventListener('abort', open);
      return new Promise(() => undefined);
    };
    const first = await startApp({ database, env: { JOBS_DRAIN_TIMEOUT: '0' }, before: registerOnly(PLAIN, patient) });
    await first.app.get(TransactionRunner).runAsIdentity((tx) => first.app.get(JobQueue).enqueue(tx, PLAIN, { n: 1 }));
    await until('it runs', () => patient.calls.length === 1);
    await first.close();
    await opened;

    const next = new Desk();
    const second = await startApp({ database, before: registerOnly(PLAIN, next) });
    await until('it runs again', () => next.calls.length === 1);
    expect(next.calls[0]?.[0]).toMatchObject({ payload: { n: 1 }, attempt: 1 });
    await second.close();
    await database.drop();
  });
});

const registerOnly =
  (type: typeof PLAIN, { work }: Desk) =>
  (app: TestApp['app']): void => {
    app.get(JobRegistry).register(type, work);
  };
