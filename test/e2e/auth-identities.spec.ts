import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { IdentitiesResponse, IdentityResponse } from '../../src/modules/auth/providers/dto/identity.response.js';
import { uuidv7 } from '../../src/platform/ids.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newChild,
  newFamily,
  newFirstAdmin,
  nobody,
  PASSWORD,
  problem,
  signIn,
  uniqueEmail,
  type Answer,
  type FamilyMember,
  type SignedIn,
} from '../support/factories.js';
import { mailsTo } from '../support/mail/outbox.js';
import { CLIENT, Upstream } from '../support/oidc/upstream.js';
import { callbackOf, PUBLIC_URL, Visitor } from '../support/oidc/visitor.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const PAGE = 'https://app.example.org/linked';

let upstream: Upstream;
let server: TestApp;
let admin: FamilyMember;
let maria: FamilyMember;

beforeAll(async () => {
  upstream = await Upstream.start([callbackOf('home')]);
  const home = {
    id: 'home',
    name: 'Home',
    issuer: upstream.issuer,
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
  };
  server = await startApp({
    env: {
      REGISTRATION: 'open',
      PUBLIC_URL,
      SIGN_IN_RETURN_URLS: PAGE,
      CORS_ORIGINS: 'https://app.example.org',
      OIDC_PROVIDERS: JSON.stringify([home]),
    },
  });
  admin = await newFirstAdmin(server);
});
beforeEach(async () => {
  maria = (await newFamily(server)).parent;
  upstream.person = { sub: `sub-${maria.userId}`, email: uniqueEmail(), email_verified: true };
});
afterAll(async () => {
  await server.close();
  await upstream.close();
});

const link = async (person: Pick<SignedIn, 'bearer'> = maria): Promise<Answer<IdentityResponse>> =>
  (await Visitor.link(server, person, 'home')).goThrough<IdentityResponse>(upstream);
const identitiesOf = async (person: Pick<SignedIn, 'bearer'>): Promise<readonly IdentityResponse[]> =>
  (await as(server, person).get<IdentitiesResponse>('/auth/identities')).body.data;
/** Signs in by the provider. */
const arrive = async (): Promise<SignedIn> => {
  const { body } = await (await Visitor.begin(server, 'home')).goThrough(upstream);
  const token = body.access_token ?? '';
  return { ...maria, userId: body.user.id, accessToken: token, bearer: `Bearer ${token}` };
};
/** As if the person had signed in a quarter of an hour ago. */
const age = (userId: string): Promise<object[]> =>
  asIdentity(server, `UPDATE sessions SET created_at = now() - interval '901 seconds' WHERE user_id = $1`, [userId]);
const FRESH = problem(403, 'fresh_sign_in_required');

describe('linking', () => {
  it('adds a way in, whatever the emails are', async () => {
    upstream.person = { ...upstream.person, email_verified: false };
    const linked = await link();
    expect(linked).toMatchObject({ status: 200, body: { provider: 'home', email: upstream.person['email'] } });
    expect(await identitiesOf(maria)).toEqual([linked.body]);
    expect((await arrive()).userId).toBe(maria.userId);
  });

  it('a second time changes nothing', async () => {
    const first = await link();
    expect(await link()).toMatchObject({ status: 200, body: { id: first.body.id } });
    expect(await identitiesOf(maria)).toHaveLength(1);
  });

  it('makes no session and no cookie but the one of the way', async () => {
    const before = await asIdentity(server, 'SELECT id FROM sessions WHERE user_id = $1', [maria.userId]);
    expect((await link()).cookies).toEqual([expect.stringMatching(/^__Host-fa_flow=;/)]);
    expect(await asIdentity(server, 'SELECT id FROM sessions WHERE user_id = $1', [maria.userId])).toEqual(before);
  });

  it('sends the browser on to a page of the settings', async () => {
    const visitor = await Visitor.link(server, maria, 'home', { return_to: PAGE });
    expect(await visitor.goThrough(upstream)).toMatchObject({ status: 303, headers: { location: PAGE } });
    expect(await identitiesOf(maria)).toHaveLength(1);
  });

  it('is refused for what is linked to somebody else', async () => {
    await link();
    const other = (await newFamily(server)).parent;
    expect(await link(other)).toMatchObject(problem(409, 'identity_taken'));
    expect((await arrive()).userId).toBe(maria.userId);
  });

  it.each<[string, (person: FamilyMember) => Promise<unknown>]>([
    ['has ended meanwhile', (person) => as(server, person).post('/auth/logout')],
    [
      'was ended from elsewhere',
      async (person) => as(server, await signIn(server, person.email)).post('/auth/logout-all'),
    ],
    [
      'belongs to an account that was disabled',
      (person) => as(server, admin).patch(`/users/${person.userId}`, { status: 'disabled' }),
    ],
  ])('is refused when the session that began it %s', async (_title, end) => {
    const visitor = await Visitor.link(server, maria, 'home');
    const back = await upstream.visit(visitor.location);
    await end(maria);
    expect(await visitor.comeBack(back)).toMatchObject(FRESH);
    expect(await asIdentity(server, 'SELECT FROM identities WHERE user_id = $1', [maria.userId])).toEqual([]);
  });

  it('is refused long after the sign-in', async () => {
    await age(maria.userId);
    expect(await as(server, maria).post('/auth/identities', { provider: 'home' })).toMatchObject(FRESH);
  });

  it('is for those who are signed in, and not for children', async () => {
    const child = await newChild(server, { familyId: maria.familyId, parent: maria });
    const request = { provider: 'home' };
    expect(await nobody(server).post('/auth/identities', request)).toMatchObject(problem(401, 'unauthenticated'));
    expect(await as(server, child).post('/auth/identities', request)).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
  });

  it('from a foreign page is refused, by cookie', async () => {
    const { cookies } = await nobody(server).post('/auth/login', {
      email: maria.email,
      password: maria.password,
      delivery: 'cookie',
    });
    const browser = nobody(server).with({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') });
    const request = { provider: 'home' };
    expect(await browser.post('/auth/identities', request)).toMatchObject(problem(403, 'csrf_refused'));
    expect(await browser.with({ 'sec-fetch-site': 'same-origin' }).post('/auth/identities', request)).toMatchObject({
      status: 200,
    });
  });

  it('needs a provider that there is', async () => {
    const answer = await as(server, maria).post('/auth/identities', { provider: 'google' });
    expect(answer).toMatchObject(problem(404, 'provider_not_found'));
  });
});

it('the audit log has who linked, signed in by it and unlinked, and what was refused', async () => {
  const { body } = await link();
  await arrive();
  await as(server, maria).delete(`/auth/identities/${body.id}`);
  const events = await asIdentity(
    server,
    `SELECT action, outcome, details FROM audit_events WHERE subject_user_id = $1 AND details::text LIKE '%home%' ORDER BY id`,
    [maria.userId],
  );
  expect(events).toEqual([
    { action: 'identity.link', outcome: 'success', details: { provider: 'home' } },
    { action: 'auth.login', outcome: 'success', details: { method: 'home' } },
    { action: 'identity.unlink', outcome: 'success', details: { provider: 'home' } },
  ]);
  // Whoever it belongs to is told of either.
  const told = (await mailsTo(server, maria.email)).map(({ subject }) => subject);
  expect(told.filter((subject) => subject === 'How you sign in has changed')).toHaveLength(2);
  upstream.person = { ...upstream.person, email_verified: false };
  await (await Visitor.begin(server, 'home')).goThrough(upstream);
  const [refusal] = await asIdentity(
    server,
    `SELECT outcome, details FROM audit_events WHERE action = 'auth.login' ORDER BY id DESC LIMIT 1`,
    [],
  );
  expect(refusal).toEqual({ outcome: 'refused', details: { method: 'home', reason: 'provider_email_unverified' } });
});

describe('in the own view of the audit log is', () => {
  const mine = async (person: Pick<SignedIn, 'bearer'>, action: string): Promise<readonly object[]> =>
    (await as(server, person).get<{ data: object[] }>(`/audit/me?action=${action}`)).body.data;

  it('that a link was refused', async () => {
    await link();
    const other = (await newFamily(server)).parent;
    expect(await link(other)).toMatchObject(problem(409, 'identity_taken'));
    expect(await mine(other, 'identity.link')).toMatchObject([
      { outcome: 'refused', details: { method: 'home', reason: 'identity_taken' } },
    ]);
  });

  it('that the provider’s account could not sign in, while the own one was disabled', async () => {
    await link();
    await as(server, admin).patch(`/users/${maria.userId}`, { status: 'disabled' });
    const { status } = await (await Visitor.begin(server, 'home')).goThrough(upstream);
    expect(status).toBe(403);
    await as(server, admin).patch(`/users/${maria.userId}`, { status: 'active' });
    expect(await mine(await signIn(server, maria.email), 'auth.login')).toContainEqual(
      expect.objectContaining({ outcome: 'refused', details: { method: 'home', reason: 'account_disabled' } }),
    );
  });

  it('that linking has confirmed the email', async () => {
    upstream.person = { ...upstream.person, email: maria.email };
    await link();
    expect(await mine(maria, 'auth.email_verify')).toMatchObject([{ outcome: 'success', details: { method: 'home' } }]);
  });
});

describe('unlinking', () => {
  const unlink = (person: Pick<SignedIn, 'bearer'>, id: string): Promise<Answer<unknown>> =>
    as(server, person).delete(`/auth/identities/${id}`);

  it('closes the way, and ends all other sessions', async () => {
    const { body } = await link();
    const byProvider = await arrive();
    expect(await unlink(maria, body.id)).toMatchObject({ status: 204 });
    expect(await identitiesOf(maria)).toEqual([]);
    expect(await as(server, byProvider).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    expect((await arrive()).userId).not.toBe(maria.userId);
  });

  it('is refused for the last way in', async () => {
    const newcomer = await arrive();
    const [only] = await identitiesOf(newcomer);
    expect(await unlink(newcomer, only?.id ?? '')).toMatchObject(problem(409, 'last_way_in'));
    expect((await arrive()).userId).toBe(newcomer.userId);
    // There is none to be asked for.
    const passwords = { current_password: PASSWORD, new_password: 'copper-lantern-27-orchards' };
    expect(await as(server, newcomer).post('/auth/password/change', passwords)).toMatchObject(
      problem(409, 'no_password'),
    );
  });

  it('of the last two at the same moment leaves one', async () => {
    const newcomer = await arrive();
    upstream.person = { ...upstream.person, sub: `${upstream.person.sub}-two` };
    await link(newcomer);
    const ids = (await identitiesOf(newcomer)).map(({ id }) => id);
    const answers = await Promise.all(ids.map((id) => unlink(newcomer, id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await identitiesOf(newcomer)).toHaveLength(1);
  });

  it('an identity of a provider that is not configured any more is no way in', async () => {
    const newcomer = await arrive();
    await asIdentity(
      server,
      `INSERT INTO identities (id, user_id, provider, issuer, subject) VALUES ($1, $2, 'gone', 'https://gone.example.org', 'x')`,
      [uuidv7(), newcomer.userId],
    );
    const usable = (await identitiesOf(newcomer)).find(({ provider }) => provider === 'home');
    expect(await unlink(newcomer, usable?.id ?? '')).toMatchObject(problem(409, 'last_way_in'));
  });

  it("somebody else's is not there", async () => {
    const { body } = await link();
    const other = (await newFamily(server)).parent;
    expect(await unlink(other, body.id)).toMatchObject(problem(404, 'identity_not_found'));
    expect(await unlink(other, uuidv7())).toMatchObject(problem(404, 'identity_not_found'));
    expect(await identitiesOf(maria)).toHaveLength(1);
  });

  it('is refused long after the sign-in', async () => {
    const { body } = await link();
    await age(maria.userId);
    expect(await unlink(maria, body.id)).toMatchObject(FRESH);
  });
});
