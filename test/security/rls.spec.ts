import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { loadConfig } from '../../src/platform/config/index.js';
import {
  checkDatabase,
  DatabaseSetupError,
  managerOf,
  openDatabase,
  policyProblems,
  sqlState,
  StaleViewerError,
  TransactionRunner,
  type OpenedDatabase,
  type Transaction,
} from '../../src/platform/database/index.js';
import { PrincipalSource, type Principal } from '../../src/platform/security/index.js';
import { uuidv7 } from '../../src/platform/ids.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asOwner, newDatabase, type TestDatabase } from '../support/database.js';
import {
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  newProfile,
  signIn,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

type Row = Readonly<Record<string, unknown>>;

const INSUFFICIENT_PRIVILEGE = '42501';

/** Every table of the application, whichever migration made it. */
const TABLES = `SELECT c.relname AS name FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'migrations'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  ORDER BY 1`;

/**
 * The second wall, with the guards and the policies in code taken out: statements go straight to the database under the
 * application's role, most of them without any WHERE.
 */
describe('row-level security', () => {
  let server: TestApp;
  let dataSource: DataSource;
  let runner: TransactionRunner;
  let tables: readonly string[];
  let ours: TestFamily;
  let theirs: TestFamily;
  let viewer: Principal;
  /** Everything whose appearance would be a leak: ids of the other family, its people, their sessions. */
  let foreign: readonly string[];
  let theirProfile: string;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    dataSource = server.app.get(DataSource);
    runner = server.app.get(TransactionRunner);
    await newFirstAdmin(server);
    [ours, theirs] = [await newFamily(server, 'Ours'), await newFamily(server, 'Theirs')];
    await newProfile(server, ours, 'child');
    await newInvitation(server, ours, { role: 'teenager' });
    theirProfile = await newProfile(server, theirs, 'child');
    await newInvitation(server, theirs, { role: 'teenager' });
    const theirTeenager = await newMember(server, theirs, 'teenager');
    tables = (await dataSource.query<{ name: string }[]>(TABLES)).map(({ name }) => name);
    viewer = await principalOf(ours.parent);
    const others = [await principalOf(theirs.parent), await principalOf(theirTeenager)];
    foreign = [
      theirs.familyId,
      theirProfile,
      ...others.flatMap(({ userId, sessionId, memberId }) => [userId, sessionId, memberId ?? '']),
    ];
  });

  afterAll(() => server.close());

  async function principalOf({ accessToken }: { accessToken: string }): Promise<Principal> {
    const principal = await server.app.get(PrincipalSource).authenticate(accessToken, false);
    if (!principal) throw new Error('not signed in');
    return principal;
  }

  const query = <T extends object = Row>(tx: Transaction, sql: string, values: unknown[] = []): Promise<T[]> =>
    managerOf(tx).query<T[]>(sql, values);
  const asViewer = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => runner.run(viewer, work);

  /** Each table with the rows that are seen in it, as text. */
  async function everything(run: (sql: string) => Promise<object[]>): Promise<Map<string, readonly string[]>> {
    const seen = new Map<string, readonly string[]>();
    for (const table of tables) {
      const rows = (await run(`SELECT to_jsonb(t)::text AS row FROM ${table} t`)) as { row: string }[];
      seen.set(
        table,
        rows.map(({ row }) => row),
      );
    }
    return seen;
  }

  const countsOf = (seen: ReadonlyMap<string, readonly string[]>): Record<string, number> =>
    Object.fromEntries([...seen].map(([table, rows]) => [table, rows.length]));

  /** Rows that an update or a delete has touched. */
  async function touched(sql: string, values: unknown[]): Promise<number> {
    return asViewer(
      async (tx) => (await query(tx, `WITH touched AS (${sql} RETURNING 1) SELECT 1 FROM touched`, values)).length,
    );
  }

  it('runs under a role that cannot pass it', async () => {
    const [role] = await dataSource.query<{ passes: boolean }[]>(
      'SELECT rolsuper OR rolbypassrls OR rolcreaterole AS passes FROM pg_roles WHERE rolname = current_user',
    );
    expect(role).toEqual({ passes: false });
  });

  it.each([
    ['ALTER TABLE members DISABLE ROW LEVEL SECURITY'],
    ['ALTER TABLE members NO FORCE ROW LEVEL SECURITY'],
    ['DROP POLICY members_visible ON members'],
    ['CREATE POLICY open ON members USING (true)'],
    ['TRUNCATE members'],
    ['CREATE TABLE public.elsewhere (id uuid)'],
    ['CREATE OR REPLACE FUNCTION app.family_id() RETURNS uuid LANGUAGE sql AS $$ SELECT NULL::uuid $$'],
    // Instead of filtering, the database refuses.
    ['SET LOCAL row_security = off; SELECT * FROM members'],
  ])('refuses the application: %s', async (statement) => {
    await expect(dataSource.transaction((manager) => manager.query(statement))).rejects.toMatchObject({
      driverError: expect.objectContaining({ code: INSUFFICIENT_PRIVILEGE }) as unknown,
    });
  });

  it('shows no row of any table while no viewer is set', async () => {
    const seen = await everything((sql) => dataSource.query(sql));
    expect(countsOf(seen)).toEqual(Object.fromEntries(tables.map((table) => [table, 0])));
    expect(tables.length).toBeGreaterThanOrEqual(8);
  });

  it('shows a viewer nothing of another family in any table, also without a WHERE', async () => {
    const seen = await asViewer((tx) => everything((sql) => query(tx, sql)));
    for (const [table, rows] of seen) {
      for (const row of rows)
        for (const id of foreign)
          expect({ table, row }).not.toEqual({ table, row: expect.stringContaining(id) as unknown });
    }
    // And it is not for want of rows that nothing is seen.
    expect(countsOf(seen)).toMatchObject({
      families: 1,
      members: 2,
      invitations: 1,
      users: 1,
      user_roles: 1,
      sessions: 1,
    });
    expect(countsOf(seen)).toMatchObject({ credentials: 0, refresh_tokens: 0 });
  });

  it.each([
    ['a condition on the other family', 'SELECT * FROM members WHERE family_id = $1'],
    ['a condition that is always true', 'SELECT * FROM members WHERE family_id = $1 OR true'],
    ['a join', 'SELECT m.* FROM families f JOIN members m ON m.family_id = f.id OR true WHERE m.family_id = $1'],
    [
      'a union',
      'SELECT id FROM members WHERE family_id = $1 UNION ALL SELECT id FROM invitations WHERE family_id = $1',
    ],
    ['a lock', 'SELECT * FROM members WHERE family_id = $1 FOR UPDATE'],
  ])('holds against %s', async (_name, sql) => {
    const rows = await asViewer((tx) => query<{ family_id?: string }>(tx, sql, [theirs.familyId]));
    expect(rows.filter(({ family_id }) => family_id !== ours.familyId)).toEqual([]);
  });

  it('lets a viewer change or delete nothing of another family', async () => {
    const { familyId, parent } = theirs;
    const { sessionId } = await principalOf(parent);
    expect(await touched("UPDATE members SET first_name = 'Mallory' WHERE id = $1", [theirProfile])).toBe(0);
    expect(await touched('DELETE FROM members WHERE family_id = $1', [familyId])).toBe(0);
    expect(await touched("UPDATE families SET name = 'Mallory' WHERE id = $1", [familyId])).toBe(0);
    expect(await touched('DELETE FROM families WHERE id = $1', [familyId])).toBe(0);
    expect(await touched('UPDATE invitations SET accepted_at = now() WHERE family_id = $1', [familyId])).toBe(0);
    expect(await touched("UPDATE users SET status = 'disabled' WHERE id = $1", [parent.userId])).toBe(0);
    expect(await touched('UPDATE sessions SET revoked_at = now() WHERE id = $1', [sessionId])).toBe(0);
    expect(await touched("UPDATE credentials SET password_hash = 'x' WHERE user_id = $1", [parent.userId])).toBe(0);
    await server.http().get('/api/v1/family').set('authorization', parent.bearer).expect(200);
  });

  const NEW_MEMBER =
    "INSERT INTO members (id, family_id, first_name, role, age_group) VALUES ($1, $2, 'Mallory', 'parent', 'adult')";
  it.each<[string, string, () => unknown[]]>([
    ['adding a member to another family', NEW_MEMBER, () => [uuidv7(), theirs.familyId]],
    [
      'moving a member into another family',
      'UPDATE members SET family_id = $2 WHERE id = $1',
      () => [ours.parent.memberId, theirs.familyId],
    ],
    [
      'inviting into another family',
      "INSERT INTO invitations (id, family_id, code_hash, role, expires_at) VALUES ($1, $2, '\\x00', 'parent', now() + '1 day')",
      () => [uuidv7(), theirs.familyId],
    ],
    [
      'founding a family outside of its own transaction',
      "INSERT INTO families (id, name) VALUES ($1, 'Mallory')",
      () => [uuidv7()],
    ],
    [
      "opening somebody else's session",
      `INSERT INTO sessions (id, user_id, delivery, remember_me, expires_at) VALUES ($1, $2, 'body', false, now() + '1 day')`,
      () => [uuidv7(), theirs.parent.userId],
    ],
    ['making oneself an admin', "INSERT INTO user_roles (user_id, role) VALUES ($1, 'admin')", () => [viewer.userId]],
    [
      "setting one's own password hash",
      "INSERT INTO credentials (user_id, password_hash) VALUES ($1, 'x')",
      () => [viewer.userId],
    ],
  ])('refuses %s', async (_name, sql, values) => {
    const failure: unknown = await asViewer((tx) => query(tx, sql, values())).catch((error: unknown) => error);
    expect(sqlState(failure)).toBe(INSUFFICIENT_PRIVILEGE);
  });

  it("promoting oneself by an update of one's roles touches nothing", async () => {
    expect(await touched("UPDATE user_roles SET role = 'admin' WHERE user_id = $1", [viewer.userId])).toBe(0);
  });

  it('forgets the viewer with the end of the transaction', async () => {
    await asViewer((tx) => query(tx, 'SELECT 1'));
    const left = await dataSource.query<Row[]>(
      'SELECT app.viewer_id() AS viewer, app.family_id() AS family, app.is_identity() AS identity',
    );
    expect(left).toEqual([{ viewer: null, family: null, identity: false }]);
    expect(await dataSource.query<Row[]>('SELECT 1 FROM members')).toEqual([]);
  });

  it('shows accounts but no row of a family to sign-in and administration', async () => {
    const seen = await runner.runAsIdentity((tx) => everything((sql) => query(tx, sql)));
    expect(countsOf(seen)).toMatchObject({ families: 0, members: 0, invitations: 0 });
    expect(seen.get('users')?.length).toBeGreaterThan(2);
  });

  describe('does not take for live', () => {
    const enter = (session: string, version: number): Promise<Row[]> =>
      dataSource.transaction(async (manager) => {
        const [entered] = await manager.query<Row[]>('SELECT is_live, user_id FROM app.enter($1::uuid, $2::int)', [
          session,
          version,
        ]);
        const seen = await everything((sql) => manager.query(sql));
        return [{ ...entered, seen: [...seen.values()].flat().length }];
      });
    const NOT_LIVE = [{ is_live: false, user_id: null, seen: 0 }];

    async function newSession(): Promise<{ signedIn: FamilyMember; principal: Principal }> {
      const { parent } = await newFamily(server);
      return { signedIn: parent, principal: await principalOf(parent) };
    }

    it('a session that has ended', async () => {
      const { signedIn, principal } = await newSession();
      await server.http().post('/api/v1/auth/logout').set('authorization', signedIn.bearer).expect(204);
      expect(await enter(principal.sessionId, principal.accessVersion)).toEqual(NOT_LIVE);
      await expect(runner.run(principal, () => Promise.resolve())).rejects.toThrow(StaleViewerError);
    });

    it('a session whose time is over', async () => {
      const { principal } = await newSession();
      await runner.runAsIdentity((tx) =>
        query(tx, "UPDATE sessions SET expires_at = now() - interval '1 s' WHERE id = $1", [principal.sessionId]),
      );
      expect(await enter(principal.sessionId, principal.accessVersion)).toEqual(NOT_LIVE);
    });

    it('a session that never was', async () => {
      expect(await enter(uuidv7(), 0)).toEqual(NOT_LIVE);
    });

    it('rights that were read before they changed', async () => {
      const { signedIn, principal } = await newSession();
      await runner.runAsIdentity((tx) =>
        query(tx, "INSERT INTO user_roles (user_id, role) VALUES ($1, 'viewer')", [signedIn.userId]),
      );
      expect(await enter(principal.sessionId, principal.accessVersion)).toEqual(NOT_LIVE);
      const now = await principalOf(signedIn);
      expect(await enter(now.sessionId, now.accessVersion)).toMatchObject([{ is_live: true }]);
    });

    it('the session of a disabled account', async () => {
      const { signedIn } = await newSession();
      const second = await principalOf(await signIn(server, signedIn.email));
      await runner.runAsIdentity((tx) =>
        query(tx, "UPDATE users SET status = 'disabled' WHERE id = $1", [signedIn.userId]),
      );
      expect(await enter(second.sessionId, second.accessVersion)).toEqual(NOT_LIVE);
    });
  });
});

describe('a table without its policy', () => {
  let database: TestDatabase;
  let opened: OpenedDatabase;

  beforeEach(async () => {
    database = await newDatabase();
    opened = await open();
  });

  afterEach(async () => {
    await opened.close();
    await database.drop();
  });

  function open(): Promise<OpenedDatabase> {
    const config = loadConfig({ NODE_ENV: 'test', ...database.env });
    return openDatabase(config.database, config.server, []);
  }

  /** As whoever applies migrations: the owner's connection, or in the embedded database the session beneath the role. */
  async function byOwner(...statements: readonly string[]): Promise<void> {
    const url = database.env['DATABASE_OWNER_URL'];
    if (url !== undefined) {
      for (const statement of statements) await asOwner(url, statement);
      return;
    }
    await opened.dataSource.transaction(async (manager) => {
      for (const statement of ['SET LOCAL ROLE NONE', ...statements]) await manager.query(statement);
    });
  }

  const PROBLEM = ['table diaries lacks forced row-level security or a policy'];

  it.each([
    ['row-level security', []],
    [
      'row-level security that its owner obeys',
      ['ALTER TABLE diaries ENABLE ROW LEVEL SECURITY', 'CREATE POLICY p ON diaries USING (true)'],
    ],
    ['a policy', ['ALTER TABLE diaries ENABLE ROW LEVEL SECURITY', 'ALTER TABLE diaries FORCE ROW LEVEL SECURITY']],
  ])('is found when it lacks %s, until it is gone', async (_what, statements) => {
    await byOwner('CREATE TABLE diaries (id uuid)', ...statements);
    expect(await policyProblems(opened.dataSource)).toEqual(PROBLEM);
    await expect(checkDatabase(opened.dataSource)).rejects.toThrow(DatabaseSetupError);
    await byOwner('DROP TABLE diaries');
    expect(await policyProblems(opened.dataSource)).toEqual([]);
    await expect(checkDatabase(opened.dataSource)).resolves.toBeUndefined();
  });

  it('stops the start of the server', async () => {
    await byOwner('CREATE TABLE diaries (id uuid)');
    await opened.close();
    const failure: unknown = await startApp({ database }).catch((error: unknown) => error);
    opened = { dataSource: opened.dataSource, close: () => Promise.resolve() };
    expect(failure).toBeInstanceOf(DatabaseSetupError);
    expect((failure as Error).message).toContain('diaries');
  });
});
