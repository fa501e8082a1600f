import { createPublicKey } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { startApp, type TestApp } from '../support/create-app.js';
import { asIdentity, newFirstAdmin, problem, uniqueEmail, type Answer } from '../support/factories.js';
import { CLIENT, encoded, signBySecret, Signing, Upstream, without } from '../support/oidc/upstream.js';
import { callbackOf, PUBLIC_URL, Visitor } from '../support/oidc/visitor.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

/** Milliseconds that the server waits for a provider in these tests. */
const PATIENCE = 1_000;
const HOUR = 3_600;
const now = (): number => Math.floor(Date.now() / 1000);

let upstream: Upstream;
let other: Upstream;
let server: TestApp;

const entry = (id: string, { issuer }: Upstream, more: object = {}): object => ({
  id,
  name: id,
  issuer,
  client_id: CLIENT.id,
  client_secret: CLIENT.secret,
  ...more,
});

beforeAll(async () => {
  upstream = await Upstream.start([callbackOf('home')]);
  other = await Upstream.start([callbackOf('other'), callbackOf('home')]);
  const providers = [
    entry('home', upstream),
    entry('other', other),
    entry('wrong-secret', upstream, { client_secret: 'not-the-secret' }),
    entry('wrong-client', upstream, { client_id: 'somebody-else' }),
  ];
  const env = { REGISTRATION: 'open', PUBLIC_URL, PROVIDER_TIMEOUT: String(PATIENCE) };
  server = await startApp({ env: { ...env, OIDC_PROVIDERS: JSON.stringify(providers) } });
  await newFirstAdmin(server);
});
beforeEach(() => {
  const person = { sub: `sub-${uniqueEmail()}`, email: uniqueEmail(), email_verified: true, given_name: 'María' };
  upstream.person = person;
  other.person = person;
});
afterEach(() => {
  upstream.restore();
  other.restore();
});
afterAll(async () => {
  await server.close();
  await Promise.all([upstream.close(), other.close()]);
});

const signIn = async (): Promise<Answer<unknown>> => (await Visitor.begin(server, 'home')).goThrough(upstream);

/** Nobody was signed in, and no account or identity was made. */
async function expectNothing(answer: Answer<unknown>, expected: object): Promise<void> {
  expect(answer).toMatchObject(expected);
  expect(answer.cookies.filter((cookie) => !cookie.startsWith('__Host-fa_flow=;'))).toEqual([]);
  const made = await asIdentity(
    server,
    `SELECT FROM users WHERE email = $1 UNION ALL SELECT FROM identities WHERE subject = $2`,
    [String(upstream.person['email']), upstream.person.sub],
  );
  expect(made).toEqual([]);
}

const INVALID = problem(401, 'provider_answer_invalid');
const STATE = problem(400, 'sign_in_state_invalid');

it('an honest provider is believed', async () => {
  expect(await signIn()).toMatchObject({ status: 200, body: { user: { name: 'María' } } });
});

it('an ID token that a test has signed anew is believed: what follows is refused for what is said of it', async () => {
  upstream.tamperIdToken((claims) => claims);
  expect(await signIn()).toMatchObject({ status: 200 });
});

describe('an ID token is refused', () => {
  it.each<[string, (claims: jwt.JwtPayload) => object]>([
    ['of another issuer', (claims) => ({ ...claims, iss: 'https://evil.example.org' })],
    ['of a sub-domain of the issuer', (claims) => ({ ...claims, iss: `${String(claims.iss)}.evil.example.org` })],
    ['without an issuer', without('iss')],
    ['for another client', (claims) => ({ ...claims, aud: 'another-client' })],
    ['for two clients, authorized to the other', (claims) => ({ ...claims, aud: [CLIENT.id, 'b'], azp: 'b' })],
    ['for two clients, authorized to neither', (claims) => ({ ...claims, aud: [CLIENT.id, 'b'], azp: undefined })],
    ['without an audience', without('aud')],
    ['that has expired', (claims) => ({ ...claims, iat: now() - 2 * HOUR, exp: now() - HOUR })],
    ['without an expiry', without('exp')],
    ['that is not valid yet', (claims) => ({ ...claims, nbf: now() + HOUR })],
    ['without the time of its making', without('iat')],
    ['with the nonce of another sign-in', (claims) => ({ ...claims, nonce: 'another' })],
    ['without a nonce', without('nonce')],
    ['without a subject', without('sub')],
    ['with an empty subject', (claims) => ({ ...claims, sub: '' })],
    ['with a subject beyond 255 characters', (claims) => ({ ...claims, sub: 'x'.repeat(256) })],
    ['of another subject than the user info', (claims) => ({ ...claims, sub: 'somebody-else' })],
  ])('%s', async (_title, change) => {
    upstream.tamperIdToken((claims) => JSON.parse(JSON.stringify(change(claims))) as object);
    await expectNothing(await signIn(), INVALID);
  });

  it.each<[string, (claims: object) => string]>([
    ['signed by another key of the same name', (claims) => new Signing().sign(claims, { kid: upstream.signing.id })],
    ['signed by a key that the provider does not have', (claims) => new Signing().sign(claims)],
    ['with a critical extension that nobody knows', (claims) => upstream.signing.sign(claims, { crit: ['x'], x: 1 })],
    ['without a signature (alg none)', (claims) => `${encoded({ alg: 'none' })}.${encoded(claims)}.`],
    ['with a signature cut off', (claims) => upstream.signing.sign(claims).replace(/[^.]*$/, '')],
    ['signed by our own secret (HS256)', (claims) => signBySecret(claims, CLIENT.secret)],
    [
      'signed by the public key as if it were a secret (key confusion)',
      (claims) => {
        const pem = createPublicKey({ key: upstream.signing.publicJwk, format: 'jwk' });
        const secret = pem.export({ type: 'spki', format: 'pem' }).toString();
        return signBySecret(claims, secret, { kid: upstream.signing.id });
      },
    ],
    ['with claims changed after signing', (claims) => changed(upstream.signing.sign(claims))],
    ['that is no token', () => 'not a token'],
  ])('%s', async (_title, sign) => {
    upstream.tamperIdToken((claims) => claims, sign);
    await expectNothing(await signIn(), INVALID);
  });

  const changed = (token: string): string => {
    const [head = '', , signature = ''] = token.split('.');
    return `${head}.${encoded({ ...jwt.decode(token, { json: true }), email_verified: true, x: 1 })}.${signature}`;
  };

  it('that is missing', async () => {
    upstream.tamperJson('/token', without('id_token'));
    await expectNothing(await signIn(), INVALID);
  });
});

describe('a callback is refused', () => {
  it('without a state', async () => {
    const visitor = await Visitor.begin(server, 'home');
    const back = await upstream.visit(visitor.location);
    back.searchParams.delete('state');
    await expectNothing(await visitor.comeBack(back), STATE);
  });

  it('with the state of another sign-in', async () => {
    const [visitor, another] = [await Visitor.begin(server, 'home'), await Visitor.begin(server, 'home')];
    const back = await upstream.visit(visitor.location);
    back.searchParams.set('state', another.state);
    await expectNothing(await visitor.comeBack(back), STATE);
  });

  it('without the cookie of the browser that began', async () => {
    const visitor = await Visitor.begin(server, 'home');
    await expectNothing(await visitor.comeBack(await upstream.visit(visitor.location), ''), STATE);
  });

  it('in another browser: nobody is signed in to the account of an attacker', async () => {
    const [attacker, victim] = [await Visitor.begin(server, 'home'), await Visitor.begin(server, 'home')];
    const prepared = await upstream.visit(attacker.location);
    await expectNothing(await attacker.comeBack(prepared, victim.cookie), STATE);
  });

  it('a forged one does not end the sign-in that is under way', async () => {
    const visitor = await Visitor.begin(server, 'home');
    expect(await visitor.comeBack(new URL(`${callbackOf('home')}?state=forged&code=x`))).toMatchObject(STATE);
    expect(await visitor.goThrough(upstream)).toMatchObject({ status: 200 });
  });

  it.each([
    ['short', 'x'],
    ['NUL', '%00'],
    ['dotted', 'a.b.c'],
    ['empty', '.'],
    ['long', 'y'.repeat(3_000)],
    ['prototype', '__proto__'],
  ])('with a cookie that is none of ours: %s', async (_title, cookie) => {
    const visitor = await Visitor.begin(server, 'home');
    await expectNothing(await visitor.comeBack(await upstream.visit(visitor.location), cookie), STATE);
  });

  it('a second time', async () => {
    const visitor = await Visitor.begin(server, 'home');
    const back = await upstream.visit(visitor.location);
    expect(await visitor.comeBack(back)).toMatchObject({ status: 200 });
    expect(await visitor.comeBack(back)).toMatchObject(STATE);
  });

  it('but one time of ten at the same moment', async () => {
    const visitor = await Visitor.begin(server, 'home');
    const back = await upstream.visit(visitor.location);
    const answers = await Promise.all(Array.from({ length: 10 }, () => visitor.comeBack(back)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(400)]);
  });

  it('after ten minutes', async () => {
    const visitor = await Visitor.begin(server, 'home');
    const back = await upstream.visit(visitor.location);
    await asIdentity(server, `UPDATE sign_in_flows SET expires_at = now() - interval '1 second'`, []);
    await expectNothing(await visitor.comeBack(back), STATE);
  });

  it('for another provider than the sign-in was begun at, and it is used up', async () => {
    const visitor = await Visitor.begin(server, 'other');
    const back = await other.visit(visitor.location);
    const moved = new URL(back.href.replace('/callback/other', '/callback/home'));
    await expectNothing(await visitor.comeBack(moved), STATE);
    await expectNothing(await visitor.comeBack(back), STATE);
  });

  it('with the issuer of another provider (RFC 9207)', async () => {
    const visitor = await Visitor.begin(server, 'home');
    const back = await upstream.visit(visitor.location);
    back.searchParams.set('iss', other.issuer);
    await expectNothing(await visitor.comeBack(back), INVALID);
    expect(upstream.count('/token')).toBe(0);
  });

  it('without the issuer, where the provider promises to send it', async () => {
    const visitor = await Visitor.begin(server, 'home');
    const back = await upstream.visit(visitor.location);
    expect(back.searchParams.get('iss')).toBe(upstream.issuer);
    back.searchParams.delete('iss');
    await expectNothing(await visitor.comeBack(back), INVALID);
  });

  it('with a code that the provider does not know', async () => {
    const visitor = await Visitor.begin(server, 'home');
    const back = await upstream.visit(visitor.location);
    back.searchParams.set('code', 'guessed');
    await expectNothing(await visitor.comeBack(back), INVALID);
  });

  it('with the code of another sign-in: PKCE tells them apart', async () => {
    const [victim, attacker] = [await Visitor.begin(server, 'home'), await Visitor.begin(server, 'home')];
    const stolen = (await upstream.visit(victim.location)).searchParams.get('code') ?? '';
    const back = await upstream.visit(attacker.location);
    back.searchParams.set('code', stolen);
    await expectNothing(await attacker.comeBack(back), INVALID);
  });

  it('without a code, or with two', async () => {
    for (const change of [
      (url: URL): void => {
        url.searchParams.delete('code');
      },
      (url: URL): void => {
        url.searchParams.append('code', 'second');
      },
    ]) {
      const visitor = await Visitor.begin(server, 'home');
      const back = await upstream.visit(visitor.location);
      change(back);
      await expectNothing(await visitor.comeBack(back), INVALID);
    }
  });

  it('with an ID token in the address instead of a code', async () => {
    const visitor = await Visitor.begin(server, 'home');
    const token = upstream.signing.sign({ iss: upstream.issuer, aud: CLIENT.id, sub: 'admin', exp: now() + HOUR });
    const query = new URLSearchParams({ state: visitor.state, iss: upstream.issuer, id_token: token });
    await expectNothing(await visitor.comeBack(new URL(`${callbackOf('home')}?${query.toString()}`)), INVALID);
  });

  it.each([
    ['access_denied', problem(403, 'provider_denied')],
    ['login_required', problem(403, 'provider_denied')],
    ['server_error', problem(503, 'provider_unavailable')],
    ['unauthorized_client', problem(503, 'provider_misconfigured')],
  ])('with the error %s', async (error, expected) => {
    const visitor = await Visitor.begin(server, 'home');
    const query = new URLSearchParams({ state: visitor.state, iss: upstream.issuer, error });
    await expectNothing(await visitor.comeBack(new URL(`${callbackOf('home')}?${query.toString()}`)), expected);
  });
});

describe('an email opens nothing', () => {
  const UNVERIFIED = problem(403, 'provider_email_unverified');

  it.each<[string, object]>([
    ['that the provider has not verified', { email_verified: false }],
    ['whose verification the provider does not tell', { email_verified: undefined }],
    ['that is verified only in words', { email_verified: 'true' }],
    ['that is missing', { email: undefined }],
    ['that is none', { email: 'not an email' }],
    ['that is too long', { email: `${'x'.repeat(250)}@example.org` }],
  ])('%s', async (_title, claims) => {
    const email = String(upstream.person['email']);
    upstream.person = JSON.parse(JSON.stringify({ ...upstream.person, ...claims })) as typeof upstream.person;
    await expectNothing(await signIn(), UNVERIFIED);
    expect(await asIdentity(server, 'SELECT FROM users WHERE email = $1', [email])).toEqual([]);
  });

  it('that the user info alone names, by a mark of the ID token', async () => {
    upstream.tamperIdToken((claims) => ({ ...without('email')(claims), email_verified: true }));
    upstream.tamperJson('/me', without('email_verified'));
    await expectNothing(await signIn(), UNVERIFIED);
  });

  it('that the user info denies', async () => {
    upstream.tamperJson('/me', (body) => ({ ...body, email_verified: false }));
    await expectNothing(await signIn(), UNVERIFIED);
  });
});

describe('the user info is refused', () => {
  it.each<[string, (body: Record<string, unknown>) => object]>([
    ['of another subject', (body) => ({ ...body, sub: 'somebody-else' })],
    ['without a subject', without('sub')],
    ['that is no object', () => [1]],
  ])('%s', async (_title, change) => {
    upstream.tamperJson('/me', change);
    await expectNothing(await signIn(), INVALID);
  });

  it('that the provider does not give', async () => {
    upstream.tamper('/me', (passing) => ({ ...passing, status: 401, body: '{}' }));
    await expectNothing(await signIn(), INVALID);
  });
});
