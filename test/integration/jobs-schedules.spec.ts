import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { defineSchedule, JobRegistry, Schedules, type JobContext } from '../../src/platform/jobs/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { until } from '../support/process.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(120_000);

const ID = 'test.nightly';

describe('schedules', () => {
  let database: TestDatabase;
  let servers: TestApp[];
  let runs: number;

  beforeEach(async () => {
    database = await newDatabase();
    servers = [];
    runs = 0;
  });
  afterEach(async () => {
    for (const server of servers) await server.close();
    await database.drop();
  });

  const count = (): Promise<void> => {
    runs += 1;
    return Promise.resolve();
  };
  const start = async (execute: (context: JobContext) => Promise<void>, options: object = {}): Promise<TestApp> => {
    const server = await startApp({
      database,
      env: { JOBS_POLL_INTERVAL: '50', JOBS_DRAIN_TIMEOUT: '0' },
      before: (app) => {
        app
          .get(JobRegistry)
          .registerSchedule(
            defineSchedule({ id: ID, cron: '0 3 1 1 *', timeZone: 'Europe/Madrid', execute, ...options }),
          );
      },
    });
    servers.push(server);
    return server;
  };
  const stateOf = async (server: TestApp) => (await server.app.get(Schedules).list()).find(({ id }) => id === ID);
  const finished = (server: TestApp) =>
    until('the schedule has run', async () => {
      const state = await stateOf(server);
      return state?.finishedAt && !state.isRunning ? state : undefined;
    });
  const makeDue = (server: TestApp) =>
    server.app.get(DataSource).query(`UPDATE jobs.schedule SET due_at = now() - interval '1 hour'`);

  test('wait for their time; one that was missed runs once, and then at its next time', async () => {
    const server = await start(count);
    expect(await stateOf(server)).toMatchObject({ isRunning: false, startedAt: null, finishedAt: null, outcome: null });
    expect((await stateOf(server))?.dueAt.toISOString()).toMatch(/-01-01T02:00:00.000Z$/);
    await makeDue(server);
    const state = await finished(server);
    expect(state).toMatchObject({ outcome: 'succeeded', error: null });
    expect(state.dueAt.getTime()).toBeGreaterThan(Date.now());
    expect(runs).toBe(1);
  });

  test('are run by hand, and not twice at once', async () => {
    let open = (): void => undefined;
    const server = await start(() => new Promise<void>((resolve) => (open = resolve)));
    const schedules = server.app.get(Schedules);
    expect(await schedules.trigger(ID)).toBe(true);
    await until('it runs', async () => (await stateOf(server))?.isRunning);
    expect(await schedules.trigger(ID)).toBe(false);
    expect(await schedules.trigger('test.unknown')).toBe(false);
    open();
    expect(await finished(server)).toMatchObject({ outcome: 'succeeded' });
  });

  test('keep what went wrong, without its words', async () => {
    const server = await start(() => Promise.reject(new TypeError('somebody said this')));
    await server.app.get(Schedules).trigger(ID);
    const state = await finished(server);
    expect(state).toMatchObject({ outcome: 'failed', error: 'TypeError' });
    const { text } = await server.http().get('/metrics').expect(200);
    expect(text).toContain(`family_assistant_jobs_total{queue="${ID}",outcome="failed"} 1`);
  });

  test('end when their time is up', async () => {
    const server = await start(() => new Promise(() => undefined), { timeout: 20 });
    await server.app.get(Schedules).trigger(ID);
    expect(await finished(server)).toMatchObject({ outcome: 'timed_out' });
  });

  test('follow a change of their times at the next start, and go on after a stop in the middle', async () => {
    const first = await start(() => new Promise(() => undefined));
    await first.app.get(Schedules).trigger(ID);
    await until('it runs', async () => (await stateOf(first))?.isRunning);
    await first.close();
    servers.pop();

    const second = await start(count, { cron: '0 4 1 2 *', timeZone: 'UTC' });
    const state = await finished(second);
    expect(state).toMatchObject({ cron: '0 4 1 2 *', timeZone: 'UTC', outcome: 'succeeded' });
    expect(state.dueAt.toISOString()).toMatch(/-02-01T04:00:00.000Z$/);
    expect(runs).toBe(1);
  });

  test.each([
    ['its next run', `due_at = now() + interval '8 years'`],
    ['its lease', `due_at = now() + interval '8 years', lease = gen_random_uuid()`],
  ])('come at their time again when a clock that was years ahead has set %s', async (_, put) => {
    const first = await start(count);
    await first.app.get(DataSource).query(`UPDATE jobs.schedule SET ${put} WHERE id = $1`, [ID]);
    await first.close();
    servers.pop();

    const second = await start(count);

    const dueIn = async (): Promise<number> => ((await stateOf(second))?.dueAt.getTime() ?? 0) - Date.now();
    await until('it is due within the year', async () => (await dueIn()) < 367 * 86_400_000);
  });

  // The embedded database belongs to one process.
  if (onPostgres) {
    test('run once across servers', async () => {
      for (let index = 0; index < 3; index += 1) await start(count);
      for (let round = 1; round <= 5; round += 1) {
        await Promise.all(servers.map(({ app }) => app.get(Schedules).trigger(ID)));
        await until('it has run', () => runs >= round);
        for (const server of servers) await finished(server);
      }
      expect(runs).toBeGreaterThanOrEqual(5);
      expect(runs).toBeLessThanOrEqual(15);
      const before = runs;
      await servers[0]?.app.get(DataSource).query('UPDATE jobs.schedule SET due_at = now()');
      await until('it has run', () => runs > before);
      for (const server of servers) await finished(server);
      expect(runs).toBe(before + 1);
    });
  }
});
