import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { MIGRATIONS } from '../../migrations/index.js';
import { asOwner, newPostgres, onPostgres, type TestDatabase } from '../support/database.js';
import { killServers } from '../support/process.js';
import { newFirstPerson, Replicas } from '../support/replicas/index.js';

/** How often it is tried: which of them is first is left to chance. */
const ROUNDS = 2;

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(300_000);

describe('three processes that start at the same time on an empty database', () => {
  if (!onPostgres) {
    test('need a real server', () => {
      expect(onPostgres).toBe(false);
    });
    return;
  }

  let database: TestDatabase;

  beforeEach(async () => {
    database = await newPostgres(process.env);
  });
  afterEach(async () => {
    await killServers();
    await database.drop();
  });

  test.each(Array.from({ length: ROUNDS }, (_, index) => index + 1))(
    'all become ready, and each migration was applied once (round %i)',
    async () => {
      const replicas = await Replicas.start(database, {}, { atOnce: true });
      const { rows } = await asOwner(
        database.env['DATABASE_OWNER_URL'] ?? '',
        'SELECT name FROM migrations ORDER BY id',
      );
      expect(rows.map(({ name }: { name: string }) => name)).toEqual(MIGRATIONS.map(({ name }) => name));
      const person = await newFirstPerson(replicas.at(0));
      for (const server of replicas.all) {
        expect(server.stderr).toBe('');
        expect(await server.call('GET', '/auth/me', { token: person.token })).toMatchObject({ status: 200 });
      }
    },
  );
});
