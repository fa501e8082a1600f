import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { newApiKey as newSecret } from '../../src/modules/auth/api-keys/api-key-format.js';
import { API_KEY_SCOPES } from '../../src/platform/security/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  byKey,
  newApiKey,
  newChild,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  newMemory,
  nobody,
  problem,
  type FamilyMember,
  type PageOf,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

interface KeyBody {
  readonly key_id: string;
  readonly name: string;
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly family_id: string | null;
  readonly max_requests_per_day: number | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly key_secret?: string;
}

interface Me {
  readonly id: string;
  readonly family: { readonly id: string } | null;
  readonly granted: readonly string[];
}

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', API_KEYS_PER_USER: '5' } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

const inAYear = (): string => new Date(Date.now() + 365 * 86_400_000).toISOString();

describe('making a key', () => {
  it('shows the secret once, and only its hash is stored', async () => {
    const { parent, familyId } = await newFamily(server);
    const expires_at = inAYear();
    const { status, body } = await as(server, parent).post<KeyBody>('/api-keys', {
      name: '  Küchen-Display  ',
      scopes: ['family:read', 'member:read'],
      expires_at,
      max_requests_per_day: 500,
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      key_id: expect.any(String),
      key_secret: expect.stringMatching(/^fa_live_[0-9A-Za-z]{36}$/),
      name: 'Küchen-Display',
      hint: `${body.key_secret?.slice(0, 12) ?? ''}…`,
      scopes: ['family:read', 'member:read'],
      family_id: familyId,
      max_requests_per_day: 500,
      created_at: expect.any(String),
      expires_at,
      last_used_at: null,
    });
    const listed = await as(server, parent).get<PageOf<KeyBody>>('/api-keys');
    const { key_secret, ...rest } = body;
    expect(listed.body).toEqual({ data: [rest], next_cursor: null });
    expect(JSON.stringify(listed.body)).not.toContain(key_secret);
    const rows = await asIdentity<{ row: string }>(server, 'SELECT to_jsonb(k)::text AS row FROM api_keys k', []);
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(key_secret?.slice(12));
  });

  it.each<[string, object, ...string[]]>([
    ['nothing', {}, 'name', 'scopes'],
    ['no scope', { scopes: [] }, 'scopes'],
    ['an unknown scope', { scopes: ['everything'] }, 'scopes'],
    ['a scope twice', { scopes: ['family:read', 'family:read'] }, 'scopes'],
    ['markup as its name', { name: '<b>x</b>' }, 'name'],
    ['too long a name', { name: 'x'.repeat(101) }, 'name'],
    ['an end that has passed', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['an end without a zone', { expires_at: '2099-01-01T00:00:00' }, 'expires_at'],
    ['an end that is no time', { expires_at: 'tomorrow' }, 'expires_at'],
    ['an end that is no day', { expires_at: '2027-02-30T00:00:00Z' }, 'expires_at'],
    ['an end in a hundred years', { expires_at: '2126-01-01T00:00:00Z' }, 'expires_at'],
    ['a quota of none', { max_requests_per_day: 0 }, 'max_requests_per_day'],
    ['half a request', { max_requests_per_day: 1.5 }, 'max_requests_per_day'],
    ["somebody else's account", { user_id: '019a9c1e-0000-7000-8000-000000000000' }, 'user_id'],
    ['another family', { family_id: '019a9c1e-0000-7000-8000-000000000000' }, 'family_id'],
  ])('with %s is refused', async (_name, fields, ...bad) => {
    const complete = Object.keys(fields).length === 0 ? {} : { name: 'x', scopes: ['family:read'] };
    const answer = await as(server, admin).post<{ errors: { field: string }[] }>('/api-keys', {
      ...complete,
      ...fields,
    });
    expect(answer).toMatchObject(problem(400, 'validation_failed'));
    expect(answer.body.errors.map(({ field }) => field).sort()).toEqual(bad.toSorted());
  });

  it('may not be for more than one may oneself', async () => {
    const grandparent = await newMember(server, await newFamily(server), 'grandparent');
    const ask = as(server, grandparent).post('/api-keys', { name: 'x', scopes: ['memory:read', 'member:write'] });
    expect(await ask).toMatchObject(problem(403, 'scope_not_granted', 'scopes'));
  });

  it('is not for children', async () => {
    const child = await newChild(server, await newFamily(server));
    const ask = as(server, child).post('/api-keys', { name: 'x', scopes: ['memory:read'] });
    expect(await ask).toMatchObject(problem(403, 'insufficient_permissions'));
  });

  it('ends at as many as one may have, also when all are asked for at once', async () => {
    const { parent } = await newFamily(server);
    const answers = await Promise.all(
      Array.from({ length: 9 }, () =>
        as(server, parent).post<KeyBody>('/api-keys', { name: 'x', scopes: ['family:read'] }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect(answer).toMatchObject(problem(409, 'too_many_api_keys'));
    const made = answers.find(({ status }) => status === 201);
    expect(await as(server, parent).delete(`/api-keys/${made?.body.key_id ?? ''}`)).toMatchObject({ status: 204 });
    await newApiKey(server, parent, ['family:read']);
  });
});

describe('a list of keys', () => {
  it('goes page by page, newest first, and shows nobody else', async () => {
    const { parent } = await newFamily(server);
    await newApiKey(server, admin, ['account:read']);
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.unshift((await newApiKey(server, parent, ['family:read'])).id);
    const pages = await as(server, parent).walk<KeyBody>('/api-keys', 2);
    expect(pages.map((page) => page.map(({ key_id }) => key_id))).toEqual([
      made.slice(0, 2),
      made.slice(2, 4),
      made.slice(4),
    ]);
  });
});

describe('by a key', () => {
  it('one does what its scopes and the rights of its owner have in common', async () => {
    const { parent, familyId } = await newFamily(server);
    const { caller } = await newApiKey(server, parent, ['account:read', 'member:read', 'memory:read']);
    const me = await caller.get<Me>('/auth/me');
    expect(me).toMatchObject({ status: 200, body: { id: parent.userId, family: { id: familyId } } });
    expect(me.body.granted).toEqual(['account:read', 'member:read', 'memory:read']);
    expect(await caller.get<PageOf<unknown>>('/family/members')).toMatchObject({ status: 200 });
    expect(await caller.post('/memories', { content: 'I like tea' })).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    expect(await caller.patch('/family', { name: 'Mallory' })).toMatchObject(problem(403, 'insufficient_permissions'));
  });

  it('one writes and searches where the scopes say so', async () => {
    const { parent } = await newFamily(server);
    const { caller } = await newApiKey(server, parent, ['memory:read', 'memory:write']);
    const { status, body } = await caller.post<{ id: string }>('/memories', {
      content: 'The blue bicycle is in the shed',
    });
    expect(status).toBe(201);
    const found = await caller.post<{ results: { id: string }[] }>('/memories/search', { query: 'bicycle' });
    expect(found.body.results.map(({ id }) => id)).toContain(body.id);
    expect(await as(server, parent).get(`/memories/${body.id}`)).toMatchObject({ status: 200 });
  });

  it('one makes no keys, changes no credentials, ends no sessions and changes no rights, whoever owns it', async () => {
    const { caller, id } = await newApiKey(
      server,
      admin,
      API_KEY_SCOPES.filter((scope) => scope !== 'invitation:accept'),
    );
    const refused = problem(403, 'insufficient_permissions');
    const anybody = (await newFamily(server)).parent.userId;
    expect(await caller.post('/api-keys', { name: 'x', scopes: ['family:read'] })).toMatchObject(refused);
    expect(await caller.delete(`/api-keys/${id}`)).toMatchObject(refused);
    expect(await caller.patch('/users/me', { username: 'mallory' })).toMatchObject(refused);
    expect(await caller.patch(`/users/${anybody}`, { status: 'disabled' })).toMatchObject(refused);
    expect(
      await caller.post('/auth/password/change', { current_password: 'x', new_password: 'lanterns over the harbour' }),
    ).toMatchObject(refused);
    expect(await caller.post('/auth/logout')).toMatchObject(refused);
    expect(await caller.post('/auth/logout-all')).toMatchObject(refused);
    expect(await caller.post(`/auth/family/${admin.familyId}`)).toMatchObject(refused);
    expect(await caller.post('/roles/assign', { user_id: anybody, role: 'admin' })).toMatchObject(refused);
    const { body } = await caller.get<PageOf<{ id: string }>>('/auth/sessions');
    expect(await caller.delete(`/auth/sessions/${body.data[0]?.id ?? ''}`)).toMatchObject(refused);
    expect(await as(server, admin).get('/auth/me')).toMatchObject({ status: 200 });
  });

  it.each<[string, () => string, string]>([
    ['an unknown one', newSecret, 'invalid_api_key'],
    ['one with a wrong checksum', () => `${newSecret().slice(0, -1)}_`, 'invalid_api_key'],
    ['an empty one', () => '', 'invalid_api_key'],
    ['two in one header', () => `${newSecret()}, ${newSecret()}`, 'invalid_api_key'],
    ['an injection', () => "fa_live_' OR 1=1 --", 'invalid_api_key'],
  ])('that is %s one is refused', async (_name, secret, code) => {
    const answer = await byKey(server, secret()).get('/auth/me');
    expect(answer).toMatchObject(problem(401, code));
    expect(answer.headers['www-authenticate']).toBeDefined();
  });

  it('the token of a session is no key, and a key is no token', async () => {
    const { secret } = await newApiKey(server, admin, ['account:read']);
    expect(await byKey(server, admin.accessToken).get('/auth/me')).toMatchObject(problem(401, 'invalid_api_key'));
    expect(await as(server, { bearer: `Bearer ${secret}` }).get('/auth/me')).toMatchObject(
      problem(401, 'invalid_token'),
    );
  });

  it('one sends no other credential', async () => {
    const { caller, id } = await newApiKey(server, admin, ['account:read']);
    const ambiguous = problem(400, 'ambiguous_credentials');
    expect(await caller.with({ authorization: admin.bearer }).get('/auth/me')).toMatchObject(ambiguous);
    expect(await caller.with({ cookie: `__Host-fa_access=${admin.accessToken}` }).get('/auth/me')).toMatchObject(
      ambiguous,
    );
    expect(await byKey(server, 'x').with({ authorization: admin.bearer }).get('/auth/me')).toMatchObject(ambiguous);
    expect(await as(server, admin).delete(`/api-keys/${id}`)).toMatchObject({ status: 204 });
  });

  it('one is welcome on public routes, and a bad key turns nobody away there', async () => {
    const login = { email: admin.email, password: admin.password };
    expect(await byKey(server, newSecret()).post('/auth/login', login)).toMatchObject({ status: 200 });
    expect(await byKey(server, 'x').post('/auth/login', login)).toMatchObject({ status: 200 });
  });
});

describe('what changes counts at once:', () => {
  it('a key that is deleted', async () => {
    const { parent } = await newFamily(server);
    const { caller, id } = await newApiKey(server, parent, ['member:read']);
    expect(await caller.get('/family/members')).toMatchObject({ status: 200 });
    expect(await as(server, parent).delete(`/api-keys/${id}`)).toMatchObject({ status: 204 });
    expect(await caller.get('/family/members')).toMatchObject(problem(401, 'invalid_api_key'));
    expect(await as(server, parent).delete(`/api-keys/${id}`)).toMatchObject(problem(404, 'api_key_not_found'));
  });

  it("somebody else's key is not there to be deleted", async () => {
    const { id, caller } = await newApiKey(server, (await newFamily(server)).parent, ['member:read']);
    expect(await as(server, admin).delete(`/api-keys/${id}`)).toMatchObject(problem(404, 'api_key_not_found'));
    expect(await as(server, admin).delete('/api-keys/nonsense')).toMatchObject(problem(400, 'validation_failed', 'id'));
    expect(await caller.get('/family/members')).toMatchObject({ status: 200 });
  });

  it('a key whose time is over', async () => {
    const { parent } = await newFamily(server);
    const { caller, id } = await newApiKey(server, parent, ['member:read', 'family:read'], { expires_at: inAYear() });
    expect(await caller.get('/family/members')).toMatchObject({ status: 200 });
    await asIdentity(server, "UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1", [id]);
    for (const path of ['/family/members', '/family'])
      expect(await caller.get(path)).toMatchObject(problem(401, 'invalid_api_key'));
  });

  it('another role of its owner in the family', async () => {
    const family = await newFamily(server);
    const second = await newMember(server, family, 'parent');
    const { caller } = await newApiKey(server, second, ['account:read', 'member:read', 'member:write']);
    const profile = { first_name: 'Leo', role: 'child' };
    expect(await caller.post('/family/members', profile)).toMatchObject({ status: 201 });
    await as(server, family.parent).patch(`/family/members/${second.memberId}`, { role: 'grandparent' });
    expect(await caller.post('/family/members', profile)).toMatchObject(problem(403, 'insufficient_permissions'));
    expect((await caller.get<Me>('/auth/me')).body.granted).toEqual(['account:read', 'member:read']);
    await as(server, family.parent).patch(`/family/members/${second.memberId}`, { role: 'parent' });
    expect(await caller.post('/family/members', profile)).toMatchObject({ status: 201 });
  });

  it('another role of its owner on the server', async () => {
    const { parent } = await newFamily(server);
    await as(server, admin).post('/roles/assign', { user_id: parent.userId, role: 'operator' });
    const { caller } = await newApiKey(server, parent, ['account:read', 'operations:read', 'family:write']);
    expect((await caller.get<Me>('/auth/me')).body.granted).toContain('operations:read');
    await as(server, admin).post('/roles/assign', { user_id: parent.userId, role: 'viewer' });
    for (const role of ['operator', 'user'])
      await as(server, admin).post('/roles/revoke', { user_id: parent.userId, role });
    expect((await caller.get<Me>('/auth/me')).body.granted).toEqual(['account:read']);
  });

  it('an owner who has left the family', async () => {
    const family = await newFamily(server);
    const guest = await newMember(server, family, 'grandparent');
    const { caller } = await newApiKey(server, guest, ['account:read', 'member:read']);
    expect(await caller.get('/family/members')).toMatchObject({ status: 200 });
    await as(server, family.parent).delete(`/family/members/${guest.memberId}`);
    expect(await caller.get('/family/members')).toMatchObject(problem(403, 'insufficient_permissions'));
    expect((await caller.get<Me>('/auth/me')).body).toMatchObject({ family: null, granted: ['account:read'] });
  });

  it('an owner who is made a child, also a key of before that has no family', async () => {
    const [before, family] = [await newFamily(server), await newFamily(server)];
    const guest = await newMember(server, before, 'grandparent');
    await as(server, before.parent).delete(`/family/members/${guest.memberId}`);
    const scopes = ['account:read', 'family:create', 'invitation:accept'];
    const { caller } = await newApiKey(server, guest, scopes);
    expect((await caller.get<Me>('/auth/me')).body).toMatchObject({ family: null, granted: scopes });
    const code = await newInvitation(server, family, { role: 'teenager' });
    await as(server, guest).post('/family/invitations/accept', { code });
    expect((await caller.get<Me>('/auth/me')).body.granted).toEqual(['account:read', 'invitation:accept']);
    const { body } = await as(server, guest).get<{ member_id: string }>('/auth/me');
    await as(server, family.parent).patch(`/family/members/${body.member_id}`, { role: 'child' });
    expect((await caller.get<Me>('/auth/me')).body.granted).toEqual(['account:read']);
    expect(await caller.post('/families', { name: 'Mine' })).toMatchObject(problem(403, 'insufficient_permissions'));
  });

  it('an owner who is deleted', async () => {
    const { caller } = await newApiKey(server, admin, ['account:read']);
    const { parent } = await newFamily(server);
    const theirs = await newApiKey(server, parent, ['account:read', 'member:read']);
    expect(await theirs.caller.get('/family/members')).toMatchObject({ status: 200 });
    await asIdentity(server, 'DELETE FROM users WHERE id = $1', [parent.userId]);
    expect(await theirs.caller.get('/auth/me')).toMatchObject(problem(401, 'invalid_api_key'));
    expect(await theirs.caller.get('/family/members')).toMatchObject(problem(401, 'invalid_api_key'));
    expect(await caller.get('/auth/me')).toMatchObject({ status: 200 });
  });
});

describe('a key acts in one family', () => {
  it('whichever its owner switches to', async () => {
    const { parent, familyId } = await newFamily(server);
    const { caller } = await newApiKey(server, parent, ['account:read', 'family:read', 'memory:read']);
    const other = (await as(server, parent).post<{ id: string }>('/families', { name: 'Other' })).body.id;
    await as(server, parent).post(`/auth/family/${other}`);
    const secret = await newMemory(server, parent, 'Only in the other family');
    expect((await caller.get<{ id: string }>('/family')).body.id).toBe(familyId);
    expect(await caller.get(`/memories/${secret.id}`)).toMatchObject(problem(404, 'memory_not_found'));
    const there = await newApiKey(server, parent, ['family:read', 'memory:read']);
    expect((await there.caller.get<{ id: string }>('/family')).body.id).toBe(other);
    expect(await there.caller.get(`/memories/${secret.id}`)).toMatchObject({ status: 200 });
  });
});

describe('the last use of a key', () => {
  const lastUse = async (id: string): Promise<string | null> => {
    const [row] = await asIdentity<{ at: string | null }>(
      server,
      'SELECT last_used_at::text AS at FROM api_keys WHERE id = $1',
      [id],
    );
    return row?.at ?? null;
  };

  it('is written at most once a minute', async () => {
    const { parent } = await newFamily(server);
    const { caller, id } = await newApiKey(server, parent, ['account:read']);
    expect(await lastUse(id)).toBeNull();
    await Promise.all(Array.from({ length: 10 }, () => caller.get('/auth/me')));
    const first = await lastUse(id);
    expect(first).not.toBeNull();
    await caller.get('/auth/me');
    expect(await lastUse(id)).toBe(first);
    await asIdentity(server, "UPDATE api_keys SET last_used_at = now() - interval '61 s' WHERE id = $1", [id]);
    await caller.get('/auth/me');
    const later = await lastUse(id);
    expect(Date.parse(String(later))).toBeGreaterThanOrEqual(Date.parse(String(first)));
    const { body } = await as(server, parent).get<PageOf<KeyBody>>('/api-keys');
    expect(Date.parse(String(body.data[0]?.last_used_at))).toBe(Math.floor(Date.parse(String(later))));
  });
});

describe('the audit log', () => {
  interface Event {
    readonly action: string;
    readonly target_id: string | null;
    readonly details: Readonly<Record<string, unknown>>;
  }

  it('tells who made and ended a key, and what was done by it', async () => {
    const { parent } = await newFamily(server);
    const { id, secret, caller } = await newApiKey(server, parent, ['memory:read', 'memory:write']);
    await caller.post('/memories', { content: 'The spare key lies under the pot' });
    await as(server, parent).delete(`/api-keys/${id}`);
    const { body } = await as(server, parent).get<PageOf<Event>>('/audit/me?limit=100');
    const about = (action: string): Event | undefined => body.data.find((event) => event.action === action);
    expect(about('api_key.create')).toMatchObject({ target_id: id, details: { scopes: 'memory:read,memory:write' } });
    expect(about('api_key.revoke')).toMatchObject({ target_id: id, details: {} });
    expect(body.data.filter(({ details }) => details['api_key_id'] === id).length).toBeGreaterThan(0);
    expect(about('api_key.create')?.details).not.toHaveProperty('api_key_id');
    expect(JSON.stringify(body)).not.toContain(secret.slice(12));
  });
});

it('nobody reads keys without a credential', async () => {
  expect(await nobody(server).get('/api-keys')).toMatchObject(problem(401, 'unauthenticated'));
});
