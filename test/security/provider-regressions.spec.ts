import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  nobody,
  PASSWORD,
  problem,
  uniqueEmail,
} from '../support/factories.js';
import { mailsTo } from '../support/mail/outbox.js';
import { OAuthServices } from '../support/oidc/oauth-services.js';
import { CLIENT, Upstream, without } from '../support/oidc/upstream.js';
import { callbackOf, PUBLIC_URL, Visitor } from '../support/oidc/visitor.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

let google: Upstream;
let github: OAuthServices;
let server: TestApp;
let email: string;

beforeAll(async () => {
  [google, github] = [await Upstream.start([callbackOf('work')]), await OAuthServices.start()];
  const work = { id: 'work', name: 'Work', issuer: google.issuer, client_id: CLIENT.id, client_secret: CLIENT.secret };
  server = await startApp({
    env: {
      REGISTRATION: 'open',
      PUBLIC_URL,
      OIDC_PROVIDERS: JSON.stringify([work]),
      GITHUB_URL: github.url,
      GITHUB_CLIENT_ID: CLIENT.id,
      GITHUB_CLIENT_SECRET: CLIENT.secret,
    },
  });
  await newFirstAdmin(server);
});
beforeEach(() => {
  email = uniqueEmail('owner');
  google.person = { sub: `sub-${email}`, email, email_verified: true };
});
afterEach(() => {
  google.restore();
});
afterAll(async () => {
  await server.close();
  await Promise.all([google.close(), github.close()]);
});

const verify = (address: string): Promise<object[]> =>
  asIdentity(server, 'UPDATE users SET email_verified_at = now() WHERE email = $1', [address]);
const accountsOf = (address: string): Promise<{ id: string; identities: number }[]> =>
  asIdentity(
    server,
    `SELECT u.id, (SELECT count(*)::int FROM identities i WHERE i.user_id = u.id) AS identities FROM users u WHERE email = $1`,
    [address],
  );

describe('what has happened to others', () => {
  it('2. GHSA-g38m-r43w-p2q7: who registers the email of somebody else is out when its owner signs in by a provider', async () => {
    const squatter = (await newFamily(server)).parent;
    google.person = { ...google.person, email: squatter.email };
    const owner = await (await Visitor.begin(server, 'work')).goThrough(google);
    expect(owner).toMatchObject({ status: 200, body: { user: { id: squatter.userId } } });
    expect(await as(server, squatter).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    const { email, refreshToken: refresh_token } = squatter;
    expect(await nobody(server).post('/auth/refresh', { refresh_token })).toMatchObject(
      problem(401, 'invalid_refresh_token'),
    );
    expect(await nobody(server).post('/auth/login', { email, password: PASSWORD })).toMatchObject(
      problem(401, 'invalid_credentials'),
    );
    expect(await accountsOf(squatter.email)).toEqual([{ id: squatter.userId, identities: 1 }]);
    expect((await mailsTo(server, squatter.email)).at(-1)).toMatchObject({ subject: 'How you sign in has changed' });
  });

  it('13. CVE-2026-14781: a mark of the ID token verifies no other email of the user info', async () => {
    const victim = (await newFamily(server)).parent;
    await verify(victim.email);
    google.tamperJson('/me', (body) => ({ ...body, email: victim.email }));
    const answer = await (await Visitor.begin(server, 'work')).goThrough(google);
    expect(answer).toMatchObject(problem(403, 'provider_email_unverified'));
    google.restore();
    google.tamperJson('/me', (body) => ({ ...without('email_verified')(body), email: victim.email }));
    const again = await (await Visitor.begin(server, 'work')).goThrough(google);
    expect(again).toMatchObject(problem(403, 'provider_email_unverified'));
    expect(await accountsOf(victim.email)).toEqual([{ id: victim.userId, identities: 0 }]);
  });

  it('14. CVE-2026-9087: a link is for the subject that signed in upstream, not for whoever has its email later', async () => {
    const maria = (await newFamily(server)).parent;
    await verify(maria.email);
    google.person = { ...google.person, email: maria.email };
    expect(await (await Visitor.link(server, maria, 'work')).goThrough(google)).toMatchObject({ status: 200 });

    google.person = { sub: 'the next owner of the address', email: maria.email, email_verified: true };
    const next = await (await Visitor.begin(server, 'work')).goThrough(google);
    expect(next).toMatchObject(problem(409, 'link_required'));
    expect(await accountsOf(maria.email)).toEqual([{ id: maria.userId, identities: 1 }]);
  });

  it("24. the state of one provider at another's callback is refused; no state is 400", async () => {
    const visitor = await Visitor.begin(server, 'work');
    const back = await google.visit(visitor.location);
    const moved = new URL(back.href.replace('/callback/work', '/callback/github'));
    expect(await visitor.comeBack(moved)).toMatchObject(problem(400, 'sign_in_state_invalid'));
    expect(await visitor.comeBack(back)).toMatchObject(problem(400, 'sign_in_state_invalid'));
    for (const provider of ['work', 'github']) {
      for (const query of ['', '?', '?code=x', '?state=', '?state=&code=x', '?state[]=x&code=x', '?state=a&state=b']) {
        const answer = await nobody(server).get(`/auth/callback/${provider}${query}`);
        expect(answer).toMatchObject(problem(400, 'sign_in_state_invalid'));
      }
    }
  });

  it('17. CVE-2026-25748: a malformed cookie is 401 where one signs in by it, 400 on the way back from a provider', async () => {
    for (const value of ['%', '%00', '%E0%A4', '"', 'j:{"a":1}', '..', 'x'.repeat(4_000), '\u00ff']) {
      const session = await nobody(server)
        .with({ cookie: `__Host-fa_access=${value}` })
        .get('/auth/identities');
      expect({ value, session }).toMatchObject({ session: problem(401, 'invalid_token') });
      const flow = await nobody(server)
        .with({ cookie: `__Host-fa_flow=${value}` })
        .get('/auth/callback/work?state=x');
      expect({ value, flow }).toMatchObject({ flow: problem(400, 'sign_in_state_invalid') });
    }
  });

  it('25. GHSA-xmf8-cvqr-rfgj: a malformed Authorization is 401, never 500', async () => {
    for (const value of [
      'Bearer',
      'Bearer ',
      'Basic YTpi',
      'Bearer a b',
      'Bearer ..',
      ',',
      'Bearer \u00ff',
      `Bearer ${'a'.repeat(5_000)}`,
    ]) {
      const headers = { authorization: value };
      for (const answer of [
        await nobody(server).with(headers).get('/auth/identities'),
        await nobody(server).with(headers).post('/auth/identities', { provider: 'work' }),
        await nobody(server).with(headers).delete('/auth/identities/019a9c1e-0000-7000-8000-000000000000'),
      ]) {
        expect({ value, answer }).toMatchObject({ answer: problem(401, 'invalid_token') });
      }
      // A sign-in needs no credential; a bad one changes nothing.
      expect(await nobody(server).with(headers).get('/auth/login/work')).toMatchObject({ status: 302 });
    }
  });
});

it('an identity is read by its owner alone', async () => {
  const [maria, other] = [(await newFamily(server)).parent, (await newFamily(server)).parent];
  await (await Visitor.link(server, maria, 'work')).goThrough(google);
  expect((await as(server, other).get<{ data: object[] }>('/auth/identities')).body.data).toEqual([]);
  expect((await as(server, maria).get<{ data: object[] }>('/auth/identities')).body.data).toHaveLength(1);
});
