import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/create-app.js';
import { asOwner } from '../support/database.js';
import { as, found, newFamily, newMember, newMemory, problem } from '../support/factories.js';
import { Chance } from './chance.js';
import { leakingAnswers, tellingAnswers } from './memory-attempts.js';
import { newWorld, type World } from './memory-world.js';

// A busy machine is slow, not wrong.
jest.setTimeout(600_000);

const TABLES = `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'family_id'
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('members', 'sessions', 'invitations')
  UNION ALL SELECT unnest(ARRAY['postings', 'embeddings'])`;

describe('the policies without row-level security', () => {
  let server: TestApp;
  let world: World;
  const chance = new Chance(314_159);

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    world = await newWorld(server, chance, 8);
    const tables = await server.app.get(DataSource).query<{ name: string }[]>(TABLES);
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['memories', 'turns', 'documents', 'postings']),
    );
    for (const { name } of tables) await byOwner(`ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`);
  });
  afterAll(() => server.close());

  /** The owner's connection, or in the embedded database the session beneath the role. */
  async function byOwner(statement: string): Promise<void> {
    const url = server.database.env['DATABASE_OWNER_URL'];
    if (url !== undefined) {
      await asOwner(url, statement);
      return;
    }
    await server.app.get(DataSource).transaction(async (manager) => {
      await manager.query('SET LOCAL ROLE NONE');
      await manager.query(statement);
    });
  }

  it('is without the second wall', async () => {
    const [row] = await server.app.get(DataSource).query<{ n: number }[]>('SELECT count(*)::int AS n FROM memories');
    expect(row?.n).toBeGreaterThan(100);
  });

  it('what is hidden is answered like what does not exist', async () => {
    const { asked, telling } = await tellingAnswers(server, world, chance, 8);
    expect(telling).toEqual([]);
    expect(asked).toBeGreaterThan(400);
  });

  it('no list, search or profile has any of it', async () => {
    const { shown, leaking } = await leakingAnswers(server, world, chance);
    expect(leaking).toEqual([]);
    expect(shown).toBeGreaterThan(1000);
  });

  it('what was private before it was shared stays with its owner: as known then, in search and in history', async () => {
    const { parent } = await newFamily(server);
    const other = await newMember(server, { familyId: parent.familyId, parent }, 'grandparent');
    const { id, recorded_at } = await newMemory(server, parent, 'The present is a quokka');
    await as(server, parent).patch(`/memories/${id}`, { content: 'The present is ready' });
    await as(server, parent).post(`/memories/${id}/share`, {});
    const then = { known_at: recorded_at };
    expect((await as(server, other).get(`/memories/${id}`)).status).toBe(200);
    expect(await as(server, other).get(`/memories/${id}?known_at=${recorded_at}`)).toMatchObject(
      problem(404, 'memory_not_found'),
    );
    expect(await found(server, other, 'quokka', then)).toEqual([]);
    const { body } = await as(server, other).get<{ versions: object[] }>(`/memories/${id}/history`);
    expect(body.versions.length).toBeGreaterThan(0);
    expect(JSON.stringify(body)).not.toContain('quokka');
    expect((await found(server, parent, 'quokka', then)).map(({ content }) => content)).toEqual([
      'The present is a quokka',
    ]);
  });
});
