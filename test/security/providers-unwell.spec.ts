import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import { asIdentity, newFirstAdmin, nobody, problem, uniqueEmail, type Answer } from '../support/factories.js';
import { CLIENT, Signing, Upstream } from '../support/oidc/upstream.js';
import { callbackOf, PUBLIC_URL, Visitor } from '../support/oidc/visitor.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

/** Milliseconds that the server waits for a provider in these tests. */
const PATIENCE = 1_000;

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

describe('a provider that is not well', () => {
  const AWAY = { ...problem(503, 'provider_unavailable'), headers: { 'retry-after': '10' } };

  it.each(['/token', '/me', '/jwks'] as const)('with a fault at %s is away, and said to be', async (path) => {
    upstream.tamper(path, (passing) => ({ ...passing, status: 500, body: 'oops' }));
    const answer = await signIn();
    await expectNothing(answer, problem(503, 'provider_unavailable'));
    expect(answer.headers['retry-after']).toBe(AWAY.headers['retry-after']);
  });

  it.each(['/token', '/me', '/jwks'] as const)('that never answers at %s is not waited for', async (path) => {
    upstream.tamper(path, () => new Promise(() => undefined));
    await expectNothing(await signIn(), problem(503, 'provider_unavailable'));
  });

  it('that sends its answer for ever is not read for ever', async () => {
    upstream.tamper('/me', (passing) => ({ ...passing, body: 'x'.repeat(2_000_000) }));
    await expectNothing(await signIn(), problem(503, 'provider_unavailable'));
  });

  it.each(['/token', '/me', '/jwks'] as const)('that redirects at %s is not followed', async (path) => {
    const trap = await Trap.start();
    upstream.tamper(path, (passing) => ({ ...passing, status: 302, headers: { location: trap.url }, body: '' }));
    await expectNothing(await signIn(), INVALID);
    expect(trap.visits).toBe(0);
    await trap.close();
  });

  it('whose answer is no JSON proves nothing', async () => {
    upstream.tamper('/token', (passing) => ({ ...passing, body: '<html>' }));
    await expectNothing(await signIn(), INVALID);
  });

  it('with a new key is believed at once', async () => {
    expect(await signIn()).toMatchObject({ status: 200 });
    const renewed = new Signing();
    upstream.tamperJson('/jwks', () => ({ keys: [renewed.publicJwk] }));
    upstream.tamperIdToken(
      (claims) => claims,
      (claims) => renewed.sign(claims),
    );
    expect(await signIn()).toMatchObject({ status: 200 });
  });

  it('at which this server is not registered as it is configured, is for the operator', async () => {
    const visitor = await Visitor.begin(server, 'wrong-secret');
    expect(new URL(visitor.location).searchParams.get('redirect_uri')).toBe(callbackOf('wrong-secret'));
    const to = new URL(visitor.location);
    to.searchParams.set('redirect_uri', callbackOf('home'));
    const back = await upstream.visit(to.href);
    const moved = new URL(back.href.replace('/callback/home', '/callback/wrong-secret'));
    await expectNothing(await visitor.comeBack(moved), problem(503, 'provider_misconfigured'));
  });
});

describe('the description of a provider', () => {
  const DISCOVERY = '/.well-known/openid-configuration';
  const begin = (on: TestApp): Promise<Answer<unknown>> => nobody(on).get('/auth/login/home');
  let fresh: TestApp;

  beforeEach(async () => {
    const OIDC_PROVIDERS = JSON.stringify([entry('home', upstream)]);
    fresh = await startApp({ env: { PUBLIC_URL, OIDC_PROVIDERS, PROVIDER_TIMEOUT: String(PATIENCE) } });
  });
  afterEach(() => fresh.close());

  it('is asked for once for many, and remembered', async () => {
    upstream.restore();
    await Promise.all([begin(fresh), begin(fresh), begin(fresh)]);
    await begin(fresh);
    expect(upstream.count(DISCOVERY)).toBe(1);
  });

  it.each<[string, () => void, object]>([
    [
      'with a fault',
      () => {
        upstream.tamper(DISCOVERY, (passing) => ({ ...passing, status: 502, body: '' }));
      },
      problem(503, 'provider_unavailable'),
    ],
    [
      'that never comes',
      () => {
        upstream.tamper(DISCOVERY, () => new Promise(() => undefined));
      },
      problem(503, 'provider_unavailable'),
    ],
    [
      'of another issuer',
      () => {
        upstream.tamperJson(DISCOVERY, (body) => ({ ...body, issuer: other.issuer }));
      },
      problem(503, 'provider_misconfigured'),
    ],
    [
      'that is elsewhere',
      () => {
        const headers = { location: `${other.issuer}${DISCOVERY}` };
        upstream.tamper(DISCOVERY, (passing) => ({ ...passing, status: 301, headers, body: '' }));
      },
      problem(503, 'provider_misconfigured'),
    ],
    [
      'that is not there',
      () => {
        upstream.tamper(DISCOVERY, (passing) => ({ ...passing, status: 404, body: 'no' }));
      },
      problem(503, 'provider_misconfigured'),
    ],
  ])('%s is said to be so, and asked for again', async (_title, tamper, expected) => {
    tamper();
    expect(await begin(fresh)).toMatchObject(expected);
    expect(await begin(fresh)).toMatchObject(expected);
    upstream.restore();
    expect(await begin(fresh)).toMatchObject({ status: 302 });
  });
});

/** A server that nobody should ask. */
class Trap {
  visits = 0;

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<Trap> {
    const server = createServer((_request, response) => {
      trap.visits += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const trap = new Trap(`http://127.0.0.1:${String(port)}/`, server);
    return trap;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
