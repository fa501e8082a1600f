import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { newApiKey as newSecret } from '../../src/modules/auth/api-keys/api-key-format.js';
import {
  managerOf,
  sqlState,
  StaleViewerError,
  TransactionRunner,
  type Transaction,
} from '../../src/platform/database/index.js';
import { API_KEY_SCOPES, PrincipalSource, type Principal } from '../../src/platform/security/index.js';
import { uuidv7 } from '../../src/platform/ids.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  byKey,
  newApiKey,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  newProfile,
  nobody,
  problem,
  type FamilyMember,
  type MadeKey,
  type TestFamily,
} from '../support/factories.js';
import { operationsOf } from './operations.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const INSUFFICIENT_PRIVILEGE = '42501';

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', API_KEYS_PER_USER: '50' } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

describe('regressions that happened to others', () => {
  it('1: an API key for another user id, without a session, is 401 (CVE-2025-61928)', async () => {
    const wanted = { name: 'x', scopes: ['account:read'] };
    const count = async (): Promise<unknown> => asIdentity(server, 'SELECT count(*) FROM api_keys', []);
    const before = await count();
    for (const field of ['user_id', 'userId', 'owner_id', 'id'])
      expect(await nobody(server).post('/api-keys', { ...wanted, [field]: admin.userId })).toMatchObject(
        problem(401, 'unauthenticated'),
      );
    expect(await byKey(server, newSecret()).post('/api-keys', { ...wanted, user_id: admin.userId })).toMatchObject(
      problem(401, 'invalid_api_key'),
    );
    const { parent } = await newFamily(server);
    expect(await as(server, parent).post('/api-keys', { ...wanted, user_id: admin.userId })).toMatchObject(
      problem(400, 'validation_failed', 'user_id'),
    );
    expect(await count()).toEqual(before);
  });

  it("16: a disabled user's key is 401, and stays so for good or until the account is enabled (CVE-2025-64521)", async () => {
    const { parent } = await newFamily(server);
    const { caller } = await newApiKey(server, parent, ['account:read', 'member:read']);
    // One route that trusts nothing remembered, and one that does.
    const paths = ['/auth/me', '/family/members'];
    for (const path of paths) expect(await caller.get(path)).toMatchObject({ status: 200 });
    const setStatus = (status: string): Promise<unknown> =>
      as(server, admin).patch(`/users/${parent.userId}`, { status });
    await setStatus('disabled');
    for (const path of paths) expect(await caller.get(path)).toMatchObject(problem(401, 'invalid_api_key'));
    await setStatus('active');
    for (const path of paths) expect(await caller.get(path)).toMatchObject({ status: 200 });
  });

  it.each([
    '%E0%A4%A',
    '"',
    'a=b=c',
    '\\x00',
    'x'.repeat(4000),
    'eyJhbGciOiJub25lIn0.e30.',
    '[object Object]',
    '{"a":1}',
    'null',
    '../../etc/passwd',
  ])('17: the malformed cookie %j is 401 (CVE-2026-25748)', async (value) => {
    const answer = await nobody(server)
      .with({ cookie: `__Host-fa_access=${value}` })
      .get('/auth/me');
    expect(answer).toMatchObject(problem(401, 'invalid_token'));
  });

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer  ',
    'bearer',
    'Basic',
    'Basic YTpi',
    'Basic ////',
    'Digest x',
    'Negotiate',
    'Bearer a b',
    'Bearer ,',
    'Bearer .',
    'Bearer ..',
    'Bearer e30.e30.e30',
    'Bearer bnVsbA.e30.AA',
    'Bearer %00',
    'undefined',
    ', ,',
    `Bearer ${'a.'.repeat(2_000)}`,
  ])('25: the malformed Authorization %j is 401, never 500 (GHSA-xmf8-cvqr-rfgj)', async (authorization) => {
    expect(await nobody(server).with({ authorization }).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
  });

  it.each(['fa_live_', '%', 'a,b', '{}', 'null', `fa_live_${'0'.repeat(36)}`, 'x'.repeat(8_000)])(
    '25: and so is the malformed X-API-Key %j',
    async (secret) => {
      expect(await byKey(server, secret).get('/auth/me')).toMatchObject(problem(401, 'invalid_api_key'));
    },
  );
});

describe('a secret with a wrong checksum', () => {
  it('never reaches the database', async () => {
    const asked: string[] = [];
    const runner = server.app.get(TransactionRunner);
    const query = jest.spyOn(runner, 'query').mockImplementation((statement) => {
      asked.push(statement.name);
      return Promise.resolve([]);
    });
    try {
      const source = server.app.get(PrincipalSource);
      for (let count = 0; count < 200; count += 1) {
        const secret = newSecret();
        const place = 8 + (count % 36);
        const letter = secret.charAt(place) === 'a' ? 'b' : 'a';
        await source.authenticateKey(secret.slice(0, place) + letter + secret.slice(place + 1), true);
      }
      expect(asked).toEqual([]);
      await source.authenticateKey(newSecret(), true);
      expect(asked).toEqual(['api-key-principal']);
    } finally {
      query.mockRestore();
    }
  });
});

describe('every operation', () => {
  it('that a JWT opens is documented to take a key as well, but for what no key may do', () => {
    const closed = operationsOf(server).filter(
      ({ access, security }) => !access.public && !security.includes('api-key'),
    );
    const scopes: readonly string[] = API_KEY_SCOPES;
    for (const { access } of closed)
      expect([...(access.all ?? access.any ?? [])].some((permission) => !scopes.includes(permission))).toBe(true);
    const open = operationsOf(server).filter(({ security }) => security.includes('api-key'));
    expect(open.length).toBeGreaterThan(closed.length);
    for (const { security } of open) expect(security).toEqual(expect.arrayContaining(['bearer', 'cookie']));
  });

  it('answers a key of a parent as it answers the parent, where it only reads', async () => {
    const family = await newFamily(server);
    const { granted } = (await as(server, family.parent).get<{ granted: string[] }>('/auth/me')).body;
    const scopes: readonly string[] = API_KEY_SCOPES;
    const { caller } = await newApiKey(
      server,
      family.parent,
      granted.filter((permission) => scopes.includes(permission)),
    );
    const reads = operationsOf(server).filter(
      ({ method, path, access, security }) =>
        method === 'get' && !path.includes('{') && !access.public && security.includes('api-key'),
    );
    expect(reads.length).toBeGreaterThan(8);
    for (const { path } of reads) {
      const asked = path.replace('/api/v1', '');
      const [mine, keys] = [await as(server, family.parent).get(asked), await caller.get(asked)];
      expect({ path, status: keys.status }).toEqual({ path, status: mine.status });
    }
  });

  it('refuses a key without a scope for it', async () => {
    const { caller } = await newApiKey(server, admin, ['profile:read']);
    for (const { id, method, path, access, example } of operationsOf(server)) {
      if (access.public || access.all?.every((permission) => permission === 'profile:read')) continue;
      const asked = path.replace('/api/v1', '').replace(/\{\w+\}/, uuidv7());
      const answer =
        method === 'get' || method === 'delete'
          ? await caller[method](asked)
          : await caller[method](asked, example ?? {});
      expect({ id, answer }).toMatchObject({ id, answer: problem(403, 'insufficient_permissions') });
    }
  });
});

describe('the second wall behind a key', () => {
  let family: TestFamily;
  let theirs: TestFamily;
  let key: MadeKey;
  let viewer: Principal;
  let runner: TransactionRunner;

  beforeAll(async () => {
    runner = server.app.get(TransactionRunner);
    [family, theirs] = [await newFamily(server, 'Ours'), await newFamily(server, 'Theirs')];
    await newMemory(server, theirs.parent, 'Not for others', { visibility: 'family' });
    key = await newApiKey(server, family.parent, ['member:read', 'memory:read', 'memory:write']);
    viewer = await principalOf(key);
  });

  async function principalOf({ secret }: MadeKey): Promise<Principal> {
    const principal = await server.app.get(PrincipalSource).authenticateKey(secret, false);
    if (!principal) throw new Error('the key opens nothing');
    return principal;
  }

  const touched = (sql: string, ...values: unknown[]): Promise<number> =>
    runner.run(viewer, async (tx: Transaction) => {
      const rows = await managerOf(tx).query<object[]>(
        `WITH touched AS (${sql} RETURNING 1) SELECT 1 FROM touched`,
        values,
      );
      return rows.length;
    });

  it('shows what a session of its owner shows, and nothing of another family', async () => {
    const seen = await runner.run(viewer, async (tx) => {
      const [row] = await managerOf(tx).query<object[]>(
        `SELECT (SELECT count(*)::int FROM members) AS members, (SELECT count(*)::int FROM families) AS families,
           (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM credentials) AS credentials,
           (SELECT count(*)::int FROM memories WHERE family_id = $1) AS theirs, app.family_id() AS family, app.key_id() AS key`,
        [theirs.familyId],
      );
      return row;
    });
    expect(seen).toEqual({
      members: 1,
      families: 1,
      users: 1,
      credentials: 0,
      theirs: 0,
      family: family.familyId,
      key: key.id,
    });
  });

  it('lets it change no account, no session and no key, whatever the code forgets', async () => {
    const { userId } = family.parent;
    expect(await touched("UPDATE users SET username = 'mallory' WHERE id = $1", userId)).toBe(0);
    expect(await touched('DELETE FROM users WHERE id = $1', userId)).toBe(0);
    expect(await touched('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', userId)).toBe(0);
    expect(await touched('DELETE FROM sessions WHERE user_id = $1', userId)).toBe(0);
    expect(await touched("UPDATE api_keys SET scopes = '{admin:*}' WHERE user_id = $1", userId)).toBe(0);
    expect(await touched('DELETE FROM api_keys WHERE user_id = $1', userId)).toBe(0);
    const made: unknown = await touched(
      `INSERT INTO api_keys (id, user_id, name, key_hash, hint, scopes) VALUES ($1, $2, 'x', sha256('x'), 'xxxx', '{admin:*}')`,
      uuidv7(),
      userId,
    ).catch((error: unknown) => error);
    expect(sqlState(made)).toBe(INSUFFICIENT_PRIVILEGE);
    const opened: unknown = await touched(
      `INSERT INTO sessions (id, user_id, delivery, remember_me, expires_at) VALUES ($1, $2, 'body', false, now() + '1 day')`,
      uuidv7(),
      userId,
    ).catch((error: unknown) => error);
    expect(sqlState(opened)).toBe(INSUFFICIENT_PRIVILEGE);
    // And it is the key that is refused, not the person.
    expect(await as(server, family.parent).patch('/users/me', { first_name: 'Marisol' })).toMatchObject({
      status: 200,
    });
  });

  it('lets it invite nobody, give nobody a role, and let no device in', async () => {
    const { familyId } = family;
    const child = await newProfile(server, family, 'child');
    const attempts: readonly (readonly [sql: string, ...values: unknown[]])[] = [
      [
        `INSERT INTO invitations (id, family_id, code_hash, role, expires_at) VALUES ($1, $2, sha256('x'), 'parent', now() + '1 day')`,
        uuidv7(),
        familyId,
      ],
      [
        `INSERT INTO device_codes (id, family_id, member_id, code_hash, expires_at) VALUES ($1, $2, $3, sha256('x'), now() + '1 day')`,
        uuidv7(),
        familyId,
        child,
      ],
      [
        `INSERT INTO members (id, family_id, first_name, role, age_group) VALUES ($1, $2, 'Eve', 'parent', 'adult')`,
        uuidv7(),
        familyId,
      ],
      ["UPDATE members SET role = 'parent', age_group = 'adult' WHERE id = $1", child],
    ];
    for (const [sql, ...values] of attempts) {
      const refused: unknown = await touched(sql, ...values).catch((error: unknown) => error);
      expect({ sql, state: sqlState(refused) }).toEqual({ sql, state: INSUFFICIENT_PRIVILEGE });
    }
    expect(await touched("UPDATE members SET first_name = 'Lea' WHERE id = $1", child)).toBe(1);
  });

  it('knows a key by its id only while it lives and its rights are unchanged', async () => {
    const guest = await newMember(server, family, 'grandparent');
    const known = await principalOf(await newApiKey(server, guest, ['member:read']));
    await expect(runner.run(known, () => Promise.resolve('in'))).resolves.toBe('in');
    await expect(
      runner.run({ ...known, accessVersion: known.accessVersion + 1 }, () => Promise.resolve()),
    ).rejects.toThrow(StaleViewerError);
    await as(server, family.parent).patch(`/family/members/${guest.memberId}`, { role: 'parent' });
    await expect(runner.run(known, () => Promise.resolve())).rejects.toThrow(StaleViewerError);
  });

  it('is forgotten with the end of the transaction', async () => {
    await runner.run(viewer, () => Promise.resolve());
    const left = await server.app
      .get(DataSource)
      .query<object[]>('SELECT app.key_id() AS key, app.viewer_id() AS viewer');
    expect(left).toEqual([{ key: null, viewer: null }]);
  });
});
