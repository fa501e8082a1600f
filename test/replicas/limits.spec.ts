import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { killServers, type Answer } from '../support/process.js';
import { newFirstPerson, newRelative, Replicas, type Person } from '../support/replicas/index.js';

/** Searches and the like of a day; more than what a process takes ahead of them. */
const A_DAY = 150;
/** docs/RATE_LIMITS.md: the policy `export`, whose window is a day. */
const EXPORTS = 5;
const FREE_FAILURES = 5;

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(300_000);

describe('limits over three processes', () => {
  if (!onPostgres) {
    test('are for real servers', () => {
      expect(onPostgres).toBe(false);
    });
    return;
  }

  let database: TestDatabase;
  let replicas: Replicas;
  let parent: Person;

  beforeAll(async () => {
    database = await newDatabase();
    replicas = await Replicas.start(database, { RATE_LIMIT_MULTIPLIER: '1', MAX_REQUESTS_PER_DAY: String(A_DAY) });
    parent = await newFirstPerson(replicas.at(0));
  });
  afterAll(async () => {
    await killServers();
    await database.drop();
  });

  const many = (count: number, ask: (index: number) => Promise<Answer>): Promise<Answer[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => ask(index)));
  const refused = (answers: readonly Answer[]): Answer[] => answers.filter(({ status }) => status === 429);

  test('a window counts what came to any of them', async () => {
    const { token } = await newRelative(replicas.at(0), parent, 'parent');
    const answers = await many(4 * EXPORTS, (index) => replicas.at(index).call('POST', '/users/me/export', { token }));
    expect(answers).toHaveLength(refused(answers).length + EXPORTS);
    for (const answer of refused(answers)) expect(answer.body).toMatchObject({ code: 'rate_limit_exceeded' });
  });

  test('wrong passwords count wherever they were tried', async () => {
    const { email } = await newRelative(replicas.at(0), parent, 'parent');
    const body = { email, password: 'not-the-right-one-1' };
    for (let index = 0; index < FREE_FAILURES; index += 1)
      expect(await replicas.at(index).call('POST', '/auth/login', { body })).toMatchObject({ status: 401 });
    // The wait after the first that is not free is a second; those after it are longer than any request takes.
    const later = await many(9, (index) => replicas.at(index).call('POST', '/auth/login', { body }));
    expect(refused(later).length).toBeGreaterThan(0);
    expect(refused(later)[0]?.body).toMatchObject({ code: 'too_many_failures' });
  });

  test('a day has not one request more, however they are spread', async () => {
    const { token } = await newRelative(replicas.at(0), parent, 'teenager');
    const answers = await many(A_DAY + 60, (index) => replicas.at(index).call('GET', '/auth/me', { token }));
    const passed = answers.filter(({ status }) => status === 200).length;
    expect(refused(answers)).toHaveLength(answers.length - passed);
    // One was asked when they were signed in.
    expect(passed).toBeLessThan(A_DAY);
    expect(passed).toBeGreaterThan(A_DAY - 64);
  });
});
