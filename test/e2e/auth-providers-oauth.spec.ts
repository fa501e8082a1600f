import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import { asIdentity, newFirstAdmin, problem, uniqueEmail, type Answer } from '../support/factories.js';
import { OAuthServices } from '../support/oidc/oauth-services.js';
import { CLIENT } from '../support/oidc/upstream.js';
import { callbackOf, PUBLIC_URL, Visitor } from '../support/oidc/visitor.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

let services: OAuthServices;
let server: TestApp;
let email: string;
let id = 1_000;

beforeAll(async () => {
  services = await OAuthServices.start();
  server = await startApp({
    env: {
      REGISTRATION: 'open',
      PUBLIC_URL,
      DISCORD_URL: services.url,
      DISCORD_CLIENT_ID: CLIENT.id,
      DISCORD_CLIENT_SECRET: CLIENT.secret,
      GITHUB_URL: services.url,
      GITHUB_CLIENT_ID: CLIENT.id,
      GITHUB_CLIENT_SECRET: CLIENT.secret,
    },
  });
  await newFirstAdmin(server);
});
beforeEach(() => {
  email = uniqueEmail();
  id += 1;
  services.status = 200;
  services.discordUser = {
    id: String(id),
    username: 'mari',
    global_name: 'María 🎈',
    email,
    verified: true,
    locale: 'es-ES',
  };
  services.githubUser = { id, login: 'mari', name: 'María José', email: 'public@example.org' };
  services.githubEmails = [
    { email: 'old@example.org', primary: false, verified: true },
    { email, primary: true, verified: true },
  ];
});
afterAll(async () => {
  await server.close();
  await services.close();
});

const signIn = async (provider: string): Promise<Answer<unknown>> =>
  (await Visitor.begin(server, provider)).goThrough(services);

const identityOf = (provider: string): Promise<object[]> =>
  asIdentity(server, 'SELECT issuer, subject, email FROM identities WHERE provider = $1 AND subject = $2', [
    provider,
    String(id),
  ]);

describe.each(['discord', 'github'])('a sign-in by %s', (provider) => {
  it('makes an account, and the next one finds it', async () => {
    const first = await signIn(provider);
    expect(first).toMatchObject({ status: 200, body: { user: { name: expect.stringMatching(/^María/) } } });
    expect(await signIn(provider)).toMatchObject({ body: { user: (first.body as { user: object }).user } });
    const issuer = provider === 'github' ? `${services.url}/login/oauth` : services.url;
    expect(await identityOf(provider)).toEqual([{ issuer, subject: String(id), email }]);
  });

  it('is refused with a code that was redeemed before', async () => {
    const visitor = await Visitor.begin(server, provider);
    const back = await services.visit(visitor.location);
    expect(await visitor.comeBack(back)).toMatchObject({ status: 200 });
    const again = await Visitor.begin(server, provider);
    back.searchParams.set('state', again.state);
    expect(await again.comeBack(back)).toMatchObject(problem(401, 'provider_answer_invalid'));
  });

  it("is refused with somebody else's code: PKCE tells them apart", async () => {
    const [victim, attacker] = [await Visitor.begin(server, provider), await Visitor.begin(server, provider)];
    const back = await services.visit(victim.location);
    back.searchParams.set('state', attacker.state);
    expect(await attacker.comeBack(back)).toMatchObject(problem(401, 'provider_answer_invalid'));
  });

  it.each([
    [401, problem(401, 'provider_answer_invalid')],
    [403, problem(401, 'provider_answer_invalid')],
    [429, problem(503, 'provider_unavailable')],
    [502, problem(503, 'provider_unavailable')],
  ])('is refused when its API answers %d', async (status, expected) => {
    services.status = status;
    expect(await signIn(provider)).toMatchObject(expected);
  });

  it.each([undefined, null, '', 0, -1, 1.5, {}, 'x; DROP', [1]])('is refused without a proper id: %j', async (bad) => {
    services.discordUser = { ...services.discordUser, id: bad };
    services.githubUser = { ...services.githubUser, id: bad };
    expect(await signIn(provider)).toMatchObject(problem(401, 'provider_answer_invalid'));
  });
});

describe('Discord', () => {
  it.each([false, undefined, null, 'true', 1])(
    'with an email that is not verified (%j) makes no account',
    async (verified) => {
      services.discordUser = { ...services.discordUser, verified };
      expect(await signIn('discord')).toMatchObject(problem(403, 'provider_email_unverified'));
    },
  );

  it('asks for no more than it needs', async () => {
    const { searchParams } = new URL((await Visitor.begin(server, 'discord')).location);
    expect(searchParams.get('scope')).toBe('identify email');
    expect(searchParams.get('redirect_uri')).toBe(callbackOf('discord'));
  });
});

describe('GitHub', () => {
  it.each<[string, unknown]>([
    ['whose primary email is not verified', [{ email: 'a@example.org', primary: true, verified: false }]],
    ['whose verified email is not the primary one', [{ email: 'a@example.org', primary: false, verified: true }]],
    ['without emails', []],
    ['with an answer that is no list', { message: 'no' }],
    ['with a list of nonsense', [null, 1, 'x', {}]],
  ])('somebody %s gets no account; the public email counts for nothing', async (_title, emails) => {
    services.githubEmails = emails;
    expect(await signIn('github')).toMatchObject(problem(403, 'provider_email_unverified'));
    expect(await asIdentity(server, `SELECT FROM users WHERE email = 'public@example.org'`, [])).toEqual([]);
  });
});

it('the same number at two providers is two people', async () => {
  await signIn('discord');
  services.githubEmails = [{ email: uniqueEmail(), primary: true, verified: true }];
  const [one, other] = [await signIn('discord'), await signIn('github')];
  expect((one.body as { user: { id: string } }).user.id).not.toBe((other.body as { user: { id: string } }).user.id);
});
