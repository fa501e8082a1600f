import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MeResponse } from '../../src/modules/auth/dto/me.response.js';
import type { TokenResponse } from '../../src/modules/auth/dto/session.response.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  byKey,
  newApiKey,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newProfile,
  nobody,
  PASSWORD,
  problem,
  uniqueEmail,
  type Answer,
  type FamilyMember,
} from '../support/factories.js';
import { erase } from '../support/erasure.js';
import { CLIENT, Upstream } from '../support/oidc/upstream.js';
import { callbackOf, PUBLIC_URL, Visitor } from '../support/oidc/visitor.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const PAGE = 'https://app.example.org/signed-in';

interface Enrolled {
  readonly access_token: string;
  readonly device_token: string;
  readonly user: { readonly id: string };
}

let upstream: Upstream;
let server: TestApp;
let admin: FamilyMember;
let email: string;

const settings = (more: Record<string, string> = {}): Record<string, string> => {
  const home = {
    id: 'home',
    name: 'Home',
    issuer: upstream.issuer,
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
  };
  return {
    REGISTRATION: 'open',
    PUBLIC_URL,
    SIGN_IN_RETURN_URLS: PAGE,
    OIDC_PROVIDERS: JSON.stringify([home]),
    ...more,
  };
};

beforeAll(async () => {
  upstream = await Upstream.start([callbackOf('home')]);
  server = await startApp({ env: settings() });
  admin = await newFirstAdmin(server);
});
beforeEach(() => {
  email = uniqueEmail();
  upstream.person = { sub: `sub-${email}`, email, email_verified: true, given_name: 'María', family_name: 'Núñez' };
});
afterEach(() => {
  upstream.restore();
});
afterAll(async () => {
  await server.close();
  await upstream.close();
});

const signIn = async (query: Record<string, string> = {}, on = server): Promise<Answer<TokenResponse>> =>
  (await Visitor.begin(on, 'home', query)).goThrough(upstream);
const bearer = ({ body }: Answer<TokenResponse>): { bearer: string } => ({
  bearer: `Bearer ${body.access_token ?? ''}`,
});

describe('the list of providers', () => {
  it('names those of the settings, with where to begin', async () => {
    expect((await nobody(server).get('/auth/providers')).body).toEqual({
      data: [{ id: 'home', name: 'Home', login_path: '/api/v1/auth/login/home' }],
    });
  });

  it('is empty without any', async () => {
    const bare = await startApp();
    expect((await nobody(bare).get('/auth/providers')).body).toEqual({ data: [] });
    expect(await nobody(bare).get('/auth/login/google')).toMatchObject(problem(404, 'provider_not_found'));
    expect(await nobody(bare).get('/auth/callback/google')).toMatchObject(problem(400, 'sign_in_state_invalid'));
    await bare.close();
  });
});

describe('the way to a provider', () => {
  it('has PKCE, a state, a nonce and our address, and nothing that could be replayed is stored', async () => {
    const visitor = await Visitor.begin(server, 'home');
    const { origin, searchParams } = new URL(visitor.location);
    expect(origin).toBe(upstream.issuer);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      client_id: CLIENT.id,
      redirect_uri: callbackOf('home'),
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const [{ rows } = { rows: '' }] = await asIdentity<{ rows: string }>(
      server,
      `SELECT string_agg(to_jsonb(f)::text, '') AS rows FROM sign_in_flows f`,
      [],
    );
    for (const value of [visitor.cookie, visitor.state, searchParams.get('nonce'), CLIENT.secret]) {
      expect(rows).not.toContain(value);
    }
  });

  it('sets a cookie that only this host gets back, for ten minutes', async () => {
    const { cookies } = await nobody(server).get('/auth/login/home');
    const [pair = '', ...attributes] = cookies[0]?.split('; ') ?? [];
    expect(pair).toMatch(/^__Host-fa_flow=[\w-]{43}$/);
    expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=600', 'Path=/', 'SameSite=Lax', 'Secure']);
  });

  it('leads back to PUBLIC_URL, whatever host was asked', async () => {
    const answer = await nobody(server)
      .with({ host: 'evil.example.org', 'x-forwarded-host': 'evil.example.org' })
      .get('/auth/login/home');
    expect(new URL(answer.headers['location'] ?? '').searchParams.get('redirect_uri')).toBe(callbackOf('home'));
  });

  it.each([
    [{ return_to: 'https://evil.example.org/', delivery: 'cookie' }, 'return_to'],
    [{ return_to: `${PAGE}/../x`, delivery: 'cookie' }, 'return_to'],
    [{ return_to: `${PAGE}?x=1`, delivery: 'cookie' }, 'return_to'],
    [{ return_to: '//app.example.org/signed-in', delivery: 'cookie' }, 'return_to'],
    [{ return_to: PAGE }, 'return_to'],
    [{ delivery: 'header' }, 'delivery'],
    [{ remember_me: 'perhaps' }, 'remember_me'],
    [{ invitation: 'a;b' }, 'invitation'],
    [{ role: 'admin' }, 'role'],
  ])('is refused for %j', async (query, field) => {
    const search = new URLSearchParams(query as Record<string, string>).toString();
    expect(await nobody(server).get(`/auth/login/home?${search}`)).toMatchObject(
      problem(400, 'validation_failed', field),
    );
  });
});

describe('somebody new', () => {
  it('gets an account with a family, whose email counts as verified', async () => {
    const { body } = await as(server, bearer(await signIn())).get<MeResponse>('/auth/me');
    expect(body).toMatchObject({
      email,
      name: 'María Núñez',
      role: 'parent',
      server_roles: ['user'],
      family: { name: 'Núñez' },
    });
    expect(
      await asIdentity(server, 'SELECT FROM users WHERE email = $1 AND email_verified_at IS NOT NULL', [email]),
    ).toHaveLength(1);
  });

  it('is the same person next time, whatever has become of the email', async () => {
    const first = await signIn();
    for (const change of [{ email: uniqueEmail() }, { email, email_verified: false }, { email: undefined }]) {
      upstream.person = JSON.parse(JSON.stringify({ ...upstream.person, ...change })) as typeof upstream.person;
      expect((await signIn()).body.user).toEqual(first.body.user);
    }
    expect(await asIdentity(server, 'SELECT FROM users WHERE email = $1', [email])).toHaveLength(1);
  });

  it('gets one account from two tabs at once', async () => {
    const visitors = await Promise.all([1, 2, 3].map(() => Visitor.begin(server, 'home')));
    const answers = await Promise.all(visitors.map((visitor) => visitor.goThrough(upstream)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(1);
  });

  it.each([
    [{ given_name: '<script>', family_name: '🎈' }, 'script'],
    [{ given_name: undefined, family_name: undefined, name: '  Ana   María  ' }, 'Ana María'],
    [{ given_name: '', family_name: '', preferred_username: 'ana_92' }, 'ana 92'],
    [{ given_name: 7, family_name: {} }, expect.stringMatching(/^person-/)],
  ])('has a name that fits here, out of %j', async (names, name) => {
    upstream.person = JSON.parse(JSON.stringify({ ...upstream.person, ...names })) as typeof upstream.person;
    expect((await signIn()).body.user.name).toEqual(name);
  });

  it('comes by an invitation where that is needed, and nobody where registration is closed', async () => {
    const inviting = await startApp({ env: settings({ REGISTRATION: 'invite' }) });
    // Others can reach that server, so its first account needs the token that its start prints.
    expect(await signIn({}, inviting)).toMatchObject(problem(403, 'setup_token_required'));
    const parent = await newFirstAdmin(inviting);
    expect(await signIn({}, inviting)).toMatchObject(problem(403, 'invitation_required'));
    const invitation = await newInvitation(inviting, { familyId: parent.familyId, parent }, { role: 'grandparent' });
    expect(await signIn({ invitation: 'AAAA-AAAA-AAAA' }, inviting)).toMatchObject(problem(404, 'invitation_invalid'));
    // As people type it.
    const typed = ` ${invitation.toLowerCase().replaceAll('-', ' – ')}`;
    const joined = await signIn({ invitation: typed }, inviting);
    const { body } = await as(inviting, bearer(joined)).get<MeResponse>('/auth/me');
    expect(body).toMatchObject({ role: 'grandparent', family: { id: parent.familyId } });
    await inviting.close();

    const closed = await startApp({ env: settings({ REGISTRATION: 'closed' }) });
    await newFirstAdmin(closed);
    expect(await signIn({}, closed)).toMatchObject(problem(403, 'registration_closed'));
    await closed.close();
  });
});

describe('somebody with an account here', () => {
  const verify = (address: string): Promise<object[]> =>
    asIdentity(server, 'UPDATE users SET email_verified_at = now() WHERE email = $1', [address]);

  it('is brought together with it when both sides have verified the email', async () => {
    const { parent } = await newFamily(server);
    await verify(parent.email);
    upstream.person = { ...upstream.person, email: parent.email.toUpperCase() };
    expect((await signIn()).body.user.id).toBe(parent.userId);
  });

  it('has the account that claimed the email without a proof, and whatever opened it before opens nothing', async () => {
    const { parent } = await newFamily(server);
    const { secret } = await newApiKey(server, parent, ['account:read']);
    upstream.person = { ...upstream.person, sub: `other-${email}` };
    expect((await (await Visitor.link(server, parent, 'home')).goThrough(upstream)).status).toBe(200);
    upstream.person = { ...upstream.person, sub: `owner-${email}`, email: parent.email };
    const owner = await signIn();
    expect(owner.body.user.id).toBe(parent.userId);
    expect((await as(server, bearer(owner)).get('/auth/me')).body).toMatchObject({ email_verified: true });

    expect(await as(server, parent).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    expect(await nobody(server).post('/auth/refresh', { refresh_token: parent.refreshToken })).toMatchObject(
      problem(401, 'invalid_refresh_token'),
    );
    expect(await nobody(server).post('/auth/login', { email: parent.email, password: PASSWORD })).toMatchObject(
      problem(401, 'invalid_credentials'),
    );
    expect(await byKey(server, secret).get('/auth/me')).toMatchObject(problem(401, 'invalid_api_key'));
    const { body } = await as(server, bearer(owner)).get<{ data: { email: string }[] }>('/auth/identities');
    expect(body.data.map((one) => one.email)).toEqual([parent.email]);
    upstream.person = { ...upstream.person, sub: `other-${email}`, email };
    expect((await signIn()).body.user.id).not.toBe(parent.userId);
  });

  it('is asked to sign in first when another subject of the provider is linked', async () => {
    const { parent } = await newFamily(server);
    await verify(parent.email);
    upstream.person = { ...upstream.person, email: parent.email };
    expect((await signIn()).status).toBe(200);
    upstream.person = { ...upstream.person, sub: `later-${email}` };
    expect(await signIn()).toMatchObject(problem(409, 'link_required'));
  });

  it('proves the email of the account by linking, where it is the same', async () => {
    const { parent } = await newFamily(server);
    upstream.person = { ...upstream.person, email: parent.email };
    expect((await (await Visitor.link(server, parent, 'home')).goThrough(upstream)).status).toBe(200);
    expect((await as(server, parent).get('/auth/me')).body).toMatchObject({ email_verified: true });
  });

  it('takes the end of the account back by signing in', async () => {
    const owner = await signIn();
    expect(await erase(server, bearer(owner), {})).toMatchObject({ status: 202 });
    expect(await as(server, bearer(owner)).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    const again = await signIn();
    expect(again.body.user.id).toBe(owner.body.user.id);
    expect((await as(server, bearer(again)).get('/auth/me')).status).toBe(200);
  });

  it('learns nothing of an account by an email that the provider has not verified', async () => {
    const { parent } = await newFamily(server);
    await verify(parent.email);
    upstream.person = { ...upstream.person, email: parent.email, email_verified: false };
    expect(await signIn()).toMatchObject(problem(403, 'provider_email_unverified'));
  });

  it('is refused while the account is disabled', async () => {
    const { body } = await signIn();
    await as(server, admin).patch(`/users/${body.user.id}`, { status: 'disabled' });
    expect(await signIn()).toMatchObject(problem(403, 'account_disabled'));
    await as(server, admin).patch(`/users/${body.user.id}`, { status: 'active' });
    expect(await signIn()).toMatchObject({ status: 200 });
  });
});

describe('a teenager who has lived on a device', () => {
  const newTeenager = async (): Promise<{ parent: FamilyMember; memberId: string; device: Enrolled }> => {
    const family = await newFamily(server);
    const member_id = await newProfile(server, family, 'teenager');
    const { body } = await as(server, family.parent).post<{ code: string }>('/auth/device-codes', { member_id });
    const request = { code: body.code, device_name: 'Phone', pin: '2580' };
    const enrolled = await nobody(server).post<Enrolled>('/auth/device/enrol', request);
    return { parent: family.parent, memberId: member_id, device: enrolled.body };
  };
  const unlock = ({ device_token }: Enrolled): Promise<Answer<unknown>> =>
    nobody(server).post('/auth/device/unlock', { device_token, pin: '2580' });

  it('signs in by the provider once it is linked, and by the device no more', async () => {
    const { device } = await newTeenager();
    const linking = await Visitor.link(server, { bearer: `Bearer ${device.access_token}` }, 'home');
    expect((await linking.goThrough(upstream)).status).toBe(200);
    expect(await unlock(device)).toMatchObject(problem(401, 'invalid_device'));
    expect((await signIn()).body.user.id).toBe(device.user.id);
  });

  it('comes to the same account by a parent’s invitation', async () => {
    const { parent, memberId, device } = await newTeenager();
    const family = { familyId: parent.familyId, parent };
    const invitation = await newInvitation(server, family, { member_id: memberId });
    const joined = await signIn({ invitation });
    expect(joined).toMatchObject({ status: 200, body: { user: { id: device.user.id } } });
    const { body } = await as(server, bearer(joined)).get<MeResponse>('/auth/me');
    expect(body).toMatchObject({ email, email_verified: true, member_id: memberId, role: 'teenager' });
    expect(await unlock(device)).toMatchObject(problem(401, 'invalid_device'));
  });
});

describe('for a web app', () => {
  it('the tokens are cookies, and the browser goes on to a page of the settings', async () => {
    const answer = await signIn({ delivery: 'cookie', return_to: PAGE, remember_me: 'true' });
    expect(answer).toMatchObject({ status: 303, headers: { location: PAGE } });
    const [access = '', refresh = ''] = ['__Host-fa_access', '__Host-fa_refresh'].map(
      (name) => answer.cookies.find((cookie) => cookie.startsWith(`${name}=`)) ?? '',
    );
    expect(refresh).toContain('Max-Age=2592000');
    expect(refresh).toContain('SameSite=Strict');
    const me = await nobody(server)
      .with({ cookie: access.split(';')[0] ?? '' })
      .get<MeResponse>('/auth/me');
    expect(me.body.email).toBe(email);
    expect(answer.cookies).toContainEqual(expect.stringMatching(/^__Host-fa_flow=;/));
  });

  it('a failure goes there too, as a code', async () => {
    upstream.person = { ...upstream.person, email_verified: false };
    const answer = await signIn({ delivery: 'cookie', return_to: PAGE });
    expect(answer).toMatchObject({ status: 303, headers: { location: `${PAGE}?error=provider_email_unverified` } });
    expect(answer.cookies.filter((cookie) => /^__Host-fa_(access|refresh)/.test(cookie))).toEqual([]);
  });

  it('without a page the answer is JSON, beside the cookies', async () => {
    const answer = await signIn({ delivery: 'cookie' });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['expires_in', 'token_type', 'user']);
  });
});

it('nothing that the provider has given is kept but who somebody is', async () => {
  const given: string[] = [];
  upstream.tamperJson('/token', (body) => {
    given.push(String(body['access_token']), String(body['id_token']));
    return body;
  });
  await signIn();
  const [{ row } = { row: '' }] = await asIdentity<{ row: string }>(
    server,
    `SELECT to_jsonb(i)::text AS row FROM identities i WHERE subject = $1`,
    [upstream.person.sub],
  );
  expect(given).toHaveLength(2);
  for (const token of given) expect(row).not.toContain(token);
  expect(Object.keys(JSON.parse(row) as object).sort()).toEqual(
    ['created_at', 'email', 'id', 'issuer', 'last_used_at', 'provider', 'subject', 'user_id'].sort(),
  );
});
