import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { poolOf, type CheckedPool } from '../../src/platform/database/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { onPostgres } from '../support/database.js';
import { newFamily, newFirstAdmin, type FamilyMember, type TestFamily } from '../support/factories.js';
import { until } from '../support/process.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(120_000);

interface Pool {
  readonly status: string;
  readonly size: number;
  readonly in_use: number;
  readonly idle: number;
  readonly waiting: number;
  readonly utilisation: number;
  readonly wait_p95_seconds: number;
  readonly exhausted_total: number;
}

/** Four times as many callers as connections. */
const CROWD = 4;

describe('a pool with more callers than connections', () => {
  let server: TestApp;
  let admin: FamilyMember;
  let family: TestFamily;
  let pool: CheckedPool;
  let held: PoolClient[];

  const start = async (): Promise<void> => {
    const env = { DATABASE_POOL_SIZE: '4', DATABASE_CONNECT_TIMEOUT: '60000', JOBS_ENABLED: 'false' };
    server = await startApp({ env: { ...env, REGISTRATION: 'open', LOG_LEVEL: 'silent' } });
    admin = await newFirstAdmin(server);
    family = await newFamily(server);
    pool = poolOf(server.app.get(DataSource));
    // One session is read once: from now on `read` needs a connection for its own statement.
    await report();
    await read();
  };
  const report = async (): Promise<Pool> =>
    (await server.http().get('/health/db_pool').set('authorization', admin.bearer).expect(200)).body as Pool;
  const read = () => server.http().get('/api/v1/family').set('authorization', family.parent.bearer);
  const holdAll = async (): Promise<void> => {
    held = await Promise.all(Array.from({ length: pool.counts().size }, () => pool.connect()));
  };
  const release = (): void => {
    for (const client of held.splice(0)) client.release();
  };
  const metric = async (name: string): Promise<number> => {
    const { text } = await server.http().get('/metrics').expect(200);
    return Number(new RegExp(`^family_assistant_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };

  beforeEach(() => {
    held = [];
  });
  afterEach(async () => {
    release();
    await server.close();
  });

  test('serves all of them within the time limit, and says meanwhile that it is exhausted', async () => {
    await start();
    const size = onPostgres ? 4 : 1;
    const before = await metric('db_pool_waits_total');
    await holdAll();
    const callers = Array.from({ length: CROWD * size }, async () => (await read()).status);
    await until('all callers wait', () => pool.counts().waiting >= CROWD * size);
    expect((await server.http().get('/health/db_pool').expect(200)).body).toEqual({ status: 'exhausted' });
    expect(pool.report()).toMatchObject({ size, in_use: size, idle: 0, utilisation: 1, exhausted_total: 0 });
    // The metrics come all the same, though some of them would need the database as well, and wait.
    expect(await metric('db_pool_waiting')).toBeGreaterThanOrEqual(CROWD * size);
    release();
    expect(await Promise.all(callers)).toEqual(callers.map(() => 200));
    await until('the pool is at rest', () => pool.counts().in_use === 0);
    const after = await report();
    expect(after).toMatchObject({ status: 'ok', waiting: 0, exhausted_total: 0 });
    expect(after.wait_p95_seconds).toBeGreaterThan(0);
    expect((await metric('db_pool_waits_total')) - before).toBeGreaterThanOrEqual(CROWD * size);
    expect(await metric('db_pool_exhausted_total')).toBe(0);
    expect(await metric('db_pool_size')).toBe(size);
    expect(await metric('db_pool_wait_seconds_count')).toBeGreaterThanOrEqual(CROWD * size);
  });

  test('leaves the server ready while connections go from hand to hand, and not when they do not', async () => {
    await start();
    await holdAll();
    const ready = async (): Promise<number> => (await server.http().get('/ready')).status;
    expect(await ready()).toBe(503);
    // A queue in which each one hands its connection on when the next look at the clock is due.
    let isOver = false;
    const queue = Array.from({ length: 200 }, async () => {
      const client = await pool.connect();
      if (!isOver) await new Promise((resolve) => setTimeout(resolve, 100));
      client.release();
    });
    release();
    expect(await ready()).toBe(200);
    expect(pool.counts().waiting).toBeGreaterThan(0);
    isOver = true;
    await Promise.all(queue);
  });

  test('answers with 503 and when to come back those that waited too long, and nobody after them', async () => {
    await start();
    await holdAll();
    const size = held.length;
    // From now on, so that no connection is too slow to be made in time.
    Object.assign(pool.options, { connectionTimeoutMillis: 100 });
    const refused = await Promise.all(Array.from({ length: CROWD * size }, () => read()));
    for (const { status, body, headers } of refused) {
      expect([status, body]).toEqual([503, expect.objectContaining({ code: 'database_busy', retry_after: 2 })]);
      expect(headers['retry-after']).toBe('2');
    }
    expect(pool.report()).toMatchObject({ in_use: size, waiting: 0, exhausted_total: CROWD * size });
    Object.assign(pool.options, { connectionTimeoutMillis: 60_000 });
    release();
    await read().expect(200);
    expect(await metric('db_pool_exhausted_total')).toBe(CROWD * size);
    expect(await report()).toMatchObject({ status: 'ok', waiting: 0, exhausted_total: CROWD * size });
  });

  test('lets none of many rounds of callers fail, each in need of several connections', async () => {
    await start();
    const crowd = CROWD * pool.counts().size;
    const statuses = await Promise.all(
      Array.from({ length: crowd }, async (_, at) => {
        const answers: number[] = [];
        for (let round = 0; round < 5; round += 1) {
          const path = at % 2 === 0 ? '/api/v1/family/members' : '/api/v1/memories';
          answers.push((await server.http().get(path).set('authorization', family.parent.bearer)).status);
        }
        return answers;
      }),
    );
    expect(new Set(statuses.flat())).toEqual(new Set([200]));
    expect(await report()).toMatchObject({ status: 'ok', exhausted_total: 0 });
  });

  if (onPostgres) {
    test('is busy above 80 % before anybody waits', async () => {
      await start();
      await holdAll();
      const status = async (): Promise<unknown> => (await server.http().get('/health/db_pool').expect(200)).body;
      expect(await status()).toEqual({ status: 'busy' });
      expect(pool.report()).toMatchObject({ utilisation: 1, waiting: 0 });
      held.pop()?.release();
      expect(await status()).toEqual({ status: 'ok' });
      expect(pool.report()).toMatchObject({ utilisation: 0.75 });
    });
  }
});
