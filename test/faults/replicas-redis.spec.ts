import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { killServers, serversControl, until } from '../support/process.js';
import { newFirstPerson, newRelative, Replicas, signInAgain, told } from '../support/replicas/index.js';

/** docs/RATE_LIMITS.md: the policy `export`, whose window is a day. */
const EXPORTS = 5;

const control = serversControl();

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(300_000);

/** docs/RATE_LIMITS.md, "With Redis, without it, and while it is away". */
describe('three processes while Redis is away', () => {
  if (!control) {
    test('need a real server', () => {
      expect(control).toBeUndefined();
    });
    return;
  }

  let database: TestDatabase;

  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(async () => {
    await control('redis-start');
    await killServers();
    await database.drop();
  });

  test('each holds every limit by itself, all else works; when it is back they count together where they were', async () => {
    const replicas = await Replicas.start(database, { RATE_LIMIT_MULTIPLIER: '1' });
    const parent = await newFirstPerson(replicas.at(0));
    const relative = await newRelative(replicas.at(0), parent, 'teenager');
    const passed = async (token: string): Promise<number> => {
      let count = 0;
      for (let index = 0; index < 7 * replicas.all.length; index += 1) {
        const { status } = await replicas.at(index).call('POST', '/users/me/export', { token });
        if (status !== 429) count += 1;
      }
      return count;
    };
    expect(await passed(parent.token)).toBe(EXPORTS);

    await control('redis-stop');
    expect(await passed(parent.token)).toBe(EXPORTS * replicas.all.length);
    const { token } = await signInAgain(replicas.at(1), relative);
    for (const server of replicas.all) await told(server, 200, 'GET', '/auth/me', { token });
    await told(replicas.at(2), 204, 'POST', '/auth/logout', { token });
    for (const server of replicas.all)
      expect(await server.call('GET', '/auth/me', { token })).toMatchObject({ status: 401 });

    await control('redis-start');
    // Each looks for it again after a second.
    for (const server of replicas.all)
      await until('it is found again', async () => {
        const health = await server.fetch('/health', { headers: { authorization: `Bearer ${parent.token}` } });
        return ((await health.json()) as { status: string }).status === 'ok';
      });
    expect(await passed(parent.token)).toBe(0);
    expect(await passed(relative.token)).toBe(EXPORTS);
  });
});
