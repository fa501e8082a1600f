import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import {
  APPLICATION_ROLE,
  managerOf,
  poolOf,
  StaleViewerError,
  TransactionRunner,
  viewerStatement,
  type Viewer,
} from '../../src/platform/database/index.js';
import { PrincipalSource } from '../../src/platform/security/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asOwner, newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { newFamily, newMember, type FamilyMember, type TestFamily } from '../support/factories.js';

// A limit for what hangs; the embedded database opens slowly on a busy machine.
jest.setTimeout(120_000);

describe('the pool', () => {
  let server: TestApp;
  let family: TestFamily;
  const list = () => server.http().get('/api/v1/family/members').set('authorization', family.parent.bearer);

  beforeAll(async () => {
    server = await startApp({
      env: {
        DATABASE_POOL_SIZE: '4',
        DATABASE_CONNECT_TIMEOUT: '300',
        DATABASE_CHECK_AFTER: '0',
        SESSION_CACHE_TTL: '0',
      },
    });
    family = await newFamily(server);
  });
  afterAll(() => server.close());

  test('answers 503 when all connections are taken, says so, and recovers', async () => {
    const pool = poolOf(server.app.get(DataSource));
    const taken = await Promise.all(Array.from({ length: pool.counts().size }, () => pool.connect()));

    const [read, write] = await Promise.all([
      list(),
      server
        .http()
        .post('/api/v1/family/members')
        .set('authorization', family.parent.bearer)
        .send({ first_name: 'Ana', role: 'child' }),
    ]);
    for (const answer of [read, write]) {
      expect(answer.status).toBe(503);
      expect(answer.headers).toMatchObject({
        'content-type': expect.stringContaining('application/problem+json'),
        'retry-after': expect.any(String),
      });
      expect(answer.body).toMatchObject({ code: 'database_busy', retry_after: expect.any(Number) });
    }
    const waiting = pool.connect();
    const { body } = (await server.http().get('/health/db_pool').expect(200)) as { body: { status: string } };
    expect(body.status).toBe('exhausted');

    for (const client of taken) client.release();
    (await waiting).release();
    await list().expect(200);
    expect(pool.counts()).toMatchObject({ in_use: 0, waiting: 0 });
  });

  if (onPostgres) {
    test('hands out no dead connection after the server has ended them all', async () => {
      await Promise.all(Array.from({ length: 20 }, () => list().expect(200))); // the pool is full
      const killed = await asOwner(
        process.env['TEST_SUPERUSER_DATABASE_URL'] ?? '',
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${nameOf(server.database)}'`,
      );
      expect(killed.rowCount).toBeGreaterThan(0);
      const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await list()).status));
      expect(statuses).toEqual(Array.from({ length: 20 }, () => 200));
    });

    test('a connection that ends in the middle of a transaction fails that request alone', async () => {
      const runner = server.app.get(TransactionRunner);
      const broken = runner.runAsIdentity((tx) => managerOf(tx).query('SELECT pg_terminate_backend(pg_backend_pid())'));
      await expect(broken).rejects.toBeInstanceOf(Error);
      await list().expect(200);
    });
  }
});

describe('transactions', () => {
  let server: TestApp;
  let family: TestFamily;
  let runner: TransactionRunner;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open', DATABASE_POOL_SIZE: '2' } });
    runner = server.app.get(TransactionRunner);
    family = await newFamily(server);
    await newFamily(server, 'Okafor');
  });
  afterAll(() => server.close());

  const viewerOf = async ({ accessToken }: { accessToken: string }): Promise<Viewer> => {
    const principal = await server.app.get(PrincipalSource).authenticate(accessToken, false);
    if (!principal) throw new Error('the session is not live');
    return principal;
  };

  test("show the viewer's family, and nobody anything", async () => {
    const viewer = await viewerOf(family.parent);
    const seen = await runner.run(viewer, (tx) =>
      managerOf(tx).query<{ family_id: string }[]>('SELECT family_id FROM members'),
    );
    expect(seen.map(({ family_id }) => family_id)).toEqual([family.familyId]);
    for (const table of [
      'users',
      'credentials',
      'sessions',
      'refresh_tokens',
      'user_roles',
      'families',
      'members',
      'invitations',
    ]) {
      expect([table, await runner.query({ name: `all-${table}`, text: `SELECT * FROM ${table}` }, [])]).toEqual([
        table,
        [],
      ]);
    }
  });

  test('leave no context on the connection, whether they succeed or fail', async () => {
    const viewer = await viewerOf(family.parent);
    const ends: ((tx: unknown) => Promise<unknown>)[] = [
      () => Promise.resolve(),
      () => Promise.reject(new Error('on purpose')),
    ];
    for (const end of ends) {
      await Promise.allSettled([
        runner.run(viewer, end),
        runner.runAsIdentity(end),
        runner.runAsIdentity(async (tx) => {
          await runner.actInFamily(tx, family.familyId);
          await end(tx);
        }),
        runner.read(viewerStatement('one-member', 'SELECT id FROM members LIMIT 1'), viewer, []),
      ]);
      // Every connection of the pool, at the same time.
      const pool = poolOf(server.app.get(DataSource));
      const clients = await Promise.all(Array.from({ length: pool.counts().size }, () => pool.connect()));
      for (const client of clients) {
        const { rows } = await client.query(
          `SELECT concat(${['viewer_id', 'family_id', 'member_id', 'family_role', 'realm', 'invitation_hash'].map((name) => `current_setting('app.${name}', true)`).join(', ')}) AS context,
             (SELECT count(*) FROM members) + (SELECT count(*) FROM users) AS visible, current_user AS role`,
        );
        expect(rows).toEqual([{ context: '', visible: '0', role: APPLICATION_ROLE }]);
        client.release();
      }
    }
  });

  test('are taken back whole when their work fails', async () => {
    const viewer = await viewerOf(family.parent);
    const work = runner.run(viewer, async (tx) => {
      await managerOf(tx).query(`UPDATE families SET name = 'Changed' WHERE id = $1`, [family.familyId]);
      throw new Error('on purpose');
    });
    await expect(work).rejects.toThrow('on purpose');
    const { body } = (await server
      .http()
      .get('/api/v1/family')
      .set('authorization', family.parent.bearer)
      .expect(200)) as { body: { name: string } };
    expect(body.name).toBe('Núñez');
  });

  test('do no work for rights that were read before they changed', async () => {
    const member = await newMember(server, family, 'teenager');
    const before = await viewerOf(member);
    await server
      .http()
      .patch(`/api/v1/family/members/${member.memberId}`)
      .set('authorization', family.parent.bearer)
      .send({ role: 'child' })
      .expect(200);

    let worked = false;
    const work = runner.run(before, () => Promise.resolve((worked = true)));
    await expect(work).rejects.toBeInstanceOf(StaleViewerError);
    await expect(
      runner.read(viewerStatement('stale', 'SELECT id FROM members LIMIT 1'), before, []),
    ).rejects.toBeInstanceOf(StaleViewerError);
    expect(worked).toBe(false);
    await expect(runner.run(await viewerOf(member), () => Promise.resolve('again'))).resolves.toBe('again');
  });

  test('do no work for a session that has ended', async () => {
    const member = await newMember(server, family, 'grandparent');
    const viewer = await viewerOf(member);
    await server.http().post('/api/v1/auth/logout').set('authorization', member.bearer).expect(204);
    await expect(runner.run(viewer, () => Promise.resolve())).rejects.toBeInstanceOf(StaleViewerError);
    await expect(
      runner.read(viewerStatement('ended', 'SELECT id FROM members LIMIT 1'), viewer, []),
    ).rejects.toBeInstanceOf(StaleViewerError);
  });
});

// The embedded database belongs to one process.
if (onPostgres) {
  describe('two servers on one database', () => {
    let database: TestDatabase;
    let one: TestApp;
    let other: TestApp;
    let family: TestFamily;

    beforeAll(async () => {
      database = await newDatabase();
      one = await startApp({ database });
      other = await startApp({ database });
      family = await newFamily(one);
    });
    afterAll(async () => {
      await one.close();
      await other.close();
      await database.drop();
    });

    /** The hot list, for which the server remembers sessions. */
    const list = (server: TestApp, { bearer }: FamilyMember) =>
      server.http().get('/api/v1/family/members').set('authorization', bearer);

    test('a session that ends on one is dead on the other at the next request', async () => {
      const member = await newMember(one, family, 'teenager');
      await list(one, member).expect(200);
      await other.http().post('/api/v1/auth/logout').set('authorization', member.bearer).expect(204);
      await list(one, member).expect(401);
    });

    test('who leaves the family by one sees nothing of it by the other at the next request', async () => {
      const member = await newMember(one, family, 'teenager');
      await list(one, member).expect(200);
      await other
        .http()
        .delete(`/api/v1/family/members/${member.memberId}`)
        .set('authorization', family.parent.bearer)
        .expect(204);
      const { body } = (await list(one, member).expect(403)) as { body: { code: string } };
      expect(body.code).toBe('insufficient_permissions');
    });

    test('whose role changes by one has its rights on the other at the next request', async () => {
      const member = await newMember(one, family, 'teenager');
      const add = () =>
        one
          .http()
          .post('/api/v1/family/members')
          .set('authorization', member.bearer)
          .send({ first_name: 'Sol', role: 'child' });
      const become = (role: string) =>
        other
          .http()
          .patch(`/api/v1/family/members/${member.memberId}`)
          .set('authorization', family.parent.bearer)
          .send({ role })
          .expect(200);
      await add().expect(403);
      await become('parent');
      await add().expect(201);
      await list(one, member).expect(200);
      await become('teenager');
      await add().expect(403);
      await list(one, member).expect(200);
    });

    test('a disabled account is refused by both', async () => {
      const member = await newMember(one, family, 'grandparent');
      await list(one, member).expect(200);
      await list(other, member).expect(200);
      // The first parent is the admin of the server as well.
      await other
        .http()
        .patch(`/api/v1/users/${member.userId}`)
        .set('authorization', family.parent.bearer)
        .send({ status: 'disabled' })
        .expect(200);
      await list(one, member).expect(401);
      await list(other, member).expect(401);
    });
  });
}

const nameOf = ({ env }: TestDatabase): string => new URL(env['DATABASE_URL'] ?? '').pathname.slice(1);
