import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { TokenResponse } from '../../src/modules/auth/dto/session.response.js';
import { ACCESS_COOKIE, REFRESH_COOKIE } from '../../src/platform/security/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  type Caller,
  newFamily,
  newFirstAdmin,
  nobody,
  PASSWORD,
  problem,
  signIn,
  type Answer,
  type TestFamily,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const WEB_APP = 'https://app.example.org';
const PUBLIC_URL = 'https://family.example.org';
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' };

let server: TestApp;
let family: TestFamily;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', CORS_ORIGINS: WEB_APP, PUBLIC_URL } });
  await newFirstAdmin(server);
  family = await newFamily(server);
});
afterAll(() => server.close());

/** The cookies an answer sets, by name. */
function cookiesOf({ cookies }: Answer<unknown>): Map<string, { value: string; attributes: string[] }> {
  return new Map(
    cookies.map((cookie) => {
      const [pair = '', ...attributes] = cookie.split('; ');
      const [name = '', value = ''] = pair.split('=');
      return [name, { value, attributes: attributes.sort() }];
    }),
  );
}

/** A browser after a sign-in by cookie: what it sends from then on. */
class Browser {
  constructor(readonly signedInBy: Answer<TokenResponse>) {}

  static async signIn(fields: object = {}, { email }: { email: string } = family.parent): Promise<Browser> {
    const body = { email, password: PASSWORD, delivery: 'cookie', ...fields };
    return new Browser(await nobody(server).post<TokenResponse>('/auth/login', body));
  }

  value(name: string): string {
    return cookiesOf(this.signedInBy).get(name)?.value ?? '';
  }

  /** Requests with these cookies. */
  sending(...names: string[]): Caller {
    return nobody(server).with({ cookie: names.map((name) => `${name}=${this.value(name)}`).join('; ') });
  }

  get access(): Caller {
    return this.sending(ACCESS_COOKIE);
  }

  get refresh(): Caller {
    return this.sending(REFRESH_COOKIE);
  }
}

const rename = (caller: Caller): Promise<Answer<unknown>> => caller.patch('/family', { name: 'Núñez O’Brien' });

describe('a sign-in by cookie', () => {
  it('sets cookies that scripts cannot read and other sites do not send', async () => {
    const { signedInBy } = await Browser.signIn();
    expect(signedInBy.status).toBe(200);
    const cookies = cookiesOf(signedInBy);
    expect([...cookies.keys()].sort()).toEqual(['__Host-fa_access', '__Host-fa_refresh']);
    expect(cookies.get(ACCESS_COOKIE)?.attributes).toEqual([
      'HttpOnly',
      'Max-Age=600',
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ]);
    expect(cookies.get(REFRESH_COOKIE)?.attributes).toEqual([
      'HttpOnly',
      'Max-Age=86400',
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ]);
  });

  it('keeps the tokens out of the body', async () => {
    const browser = await Browser.signIn();
    const { body } = browser.signedInBy;
    expect(Object.keys(body).sort()).toEqual(['expires_in', 'token_type', 'user']);
    expect(JSON.stringify(body)).not.toContain(browser.value(ACCESS_COOKIE));
    expect(JSON.stringify(body)).not.toContain(browser.value(REFRESH_COOKIE));
  });

  it('lasts longer with remember me', async () => {
    const { signedInBy } = await Browser.signIn({ remember_me: true });
    expect(cookiesOf(signedInBy).get(REFRESH_COOKIE)?.attributes).toContain('Max-Age=2592000');
  });

  it('sets no cookies when the password is wrong', async () => {
    const { signedInBy } = await Browser.signIn({ password: 'wrong' });
    expect(signedInBy).toMatchObject(problem(401, 'invalid_credentials'));
    expect(signedInBy.cookies).toEqual([]);
  });

  it('cannot be made by a form, which any page could send', async () => {
    const fields = new URLSearchParams({ username: family.parent.email, password: PASSWORD, delivery: 'cookie' });
    const answer = await nobody(server)
      .with({ 'content-type': 'application/x-www-form-urlencoded' })
      .post('/auth/login', fields.toString());
    expect(answer).toMatchObject(problem(400, 'validation_failed', 'delivery'));
    expect(answer.cookies).toEqual([]);
  });

  it.each([
    ['/auth/token', 'application/x-www-form-urlencoded'],
    ['/auth/token', 'application/json'],
    ['/auth/refresh', 'application/json'],
  ])('cannot be planted in a browser by its refresh token: %s as %s', async (path, type) => {
    const browser = await Browser.signIn();
    const fields = {
      ...(path === '/auth/token' ? { grant_type: 'refresh_token' } : {}),
      refresh_token: browser.value(REFRESH_COOKIE),
    };
    const body = type === 'application/json' ? fields : new URLSearchParams(fields).toString();
    const answer = await nobody(server)
      .with({ 'content-type': type, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })
      .post(path, body);
    expect(answer).toMatchObject(problem(401, 'invalid_refresh_token'));
    expect(answer.cookies).toEqual([]);
    // Nor does that end it for the browser that it belongs to.
    expect(await browser.refresh.with(SAME_ORIGIN).post('/auth/refresh')).toMatchObject({ status: 200 });
  });

  it('is no way for a refresh token that was given in a body', async () => {
    const { refreshToken } = await signIn(server, family.parent.email);
    const caller = nobody(server).with({ cookie: `${REFRESH_COOKIE}=${refreshToken}`, ...SAME_ORIGIN });
    expect(await caller.post('/auth/refresh')).toMatchObject(problem(401, 'invalid_refresh_token'));
    expect(await nobody(server).post('/auth/refresh', { refresh_token: refreshToken })).toMatchObject({ status: 200 });
  });

  it('is what bearer sign-ins do without: they set no cookies', async () => {
    const answer = await nobody(server).post<TokenResponse>('/auth/login', {
      email: family.parent.email,
      password: PASSWORD,
    });
    expect(answer.cookies).toEqual([]);
    expect(answer.body.access_token).toBeDefined();
  });
});

describe('a request by cookie', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await Browser.signIn();
  });

  it('may read from anywhere', async () => {
    expect(await browser.access.get('/auth/me')).toMatchObject({ status: 200, body: { id: family.parent.userId } });
    expect(await browser.access.with({ 'sec-fetch-site': 'cross-site' }).get('/family/members')).toMatchObject({
      status: 200,
    });
  });

  it.each([
    SAME_ORIGIN,
    { origin: WEB_APP },
    { origin: PUBLIC_URL },
    { origin: WEB_APP, 'sec-fetch-site': 'cross-site' },
    { ...SAME_ORIGIN, 'content-type': 'application/json; charset=utf-8' },
  ])('may write from our own pages and allowed origins: %j', async (headers) => {
    expect(await rename(browser.access.with(headers))).toMatchObject({ status: 200 });
  });

  it.each([
    {},
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `${WEB_APP}.evil.example` },
    { origin: WEB_APP.replace('https', 'http') },
    { referer: `${WEB_APP}/page` },
  ])('may not write from elsewhere: %j', async (headers) => {
    expect(await rename(browser.access.with(headers))).toMatchObject(problem(403, 'csrf_refused'));
    expect(await browser.access.with(headers).post('/auth/logout')).toMatchObject(problem(403, 'csrf_refused'));
    expect(await browser.access.with(headers).delete(`/family/members/${family.parent.memberId}`)).toMatchObject(
      problem(403, 'csrf_refused'),
    );
  });

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'may not write %s, which a foreign form can send',
    async (type) => {
      const caller = browser.access.with({ ...SAME_ORIGIN, 'content-type': type });
      const answer = await caller.post('/auth/password/change', '{"current_password":"x","new_password":"y"}');
      expect([403, 415]).toContain(answer.status);
      expect(await browser.access.get('/auth/me')).toMatchObject({ status: 200 });
    },
  );

  it('carries one credential; with a second one it is refused', async () => {
    const both = browser.access.with({ authorization: family.parent.bearer });
    expect(await both.get('/auth/me')).toMatchObject(problem(400, 'ambiguous_credentials'));
    expect(await rename(both.with(SAME_ORIGIN))).toMatchObject(problem(400, 'ambiguous_credentials'));
  });

  it('is free of these rules when a bearer token authenticates it', async () => {
    expect(await rename(as(server, family.parent).with({ origin: 'https://anything.example' }))).toMatchObject({
      status: 200,
    });
  });

  it.each(['x', 'a.b.c', '%E0%A4%A', '"', 'null', 'eyJhbGciOiJub25lIn0.e30.'])(
    'with the malformed cookie %j is a 401',
    async (value) => {
      expect(
        await nobody(server)
          .with({ cookie: `${ACCESS_COOKIE}=${value}` })
          .get('/auth/me'),
      ).toMatchObject(problem(401, 'invalid_token'));
    },
  );
});

describe('without PUBLIC_URL', () => {
  it('our own origin is the one that was asked', async () => {
    const plain = await startApp();
    try {
      const parent = await newFirstAdmin(plain);
      const body = { email: parent.email, password: PASSWORD, delivery: 'cookie' };
      const { value } = cookiesOf(await nobody(plain).post('/auth/login', body)).get(ACCESS_COOKIE) ?? { value: '' };
      const caller = nobody(plain).with({ cookie: `${ACCESS_COOKIE}=${value}` });
      expect(await rename(caller.with({ origin: plain.url }))).toMatchObject({ status: 200 });
      expect(await rename(caller.with({ origin: 'http://127.0.0.1:1' }))).toMatchObject(problem(403, 'csrf_refused'));
    } finally {
      await plain.close();
    }
  });
});

describe('refreshing by cookie', () => {
  it('sets the next cookies, under the same rule as other writes', async () => {
    const browser = await Browser.signIn();
    expect(await browser.refresh.post('/auth/refresh')).toMatchObject(problem(403, 'csrf_refused'));
    expect(await browser.refresh.with({ origin: 'https://evil.example' }).post('/auth/refresh', {})).toMatchObject(
      problem(403, 'csrf_refused'),
    );

    const answer = await browser.refresh.with(SAME_ORIGIN).post<TokenResponse>('/auth/refresh');
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['expires_in', 'token_type', 'user']);
    const next = new Browser(answer);
    expect(next.value(REFRESH_COOKIE)).not.toBe(browser.value(REFRESH_COOKIE));
    expect(await next.access.get('/auth/me')).toMatchObject({ status: 200, body: { id: family.parent.userId } });
    expect(await next.refresh.with({ origin: WEB_APP }).post('/auth/refresh', {})).toMatchObject({ status: 200 });
  });

  it('takes the refresh token from one place', async () => {
    const browser = await Browser.signIn();
    const both = browser.refresh.with(SAME_ORIGIN).post('/auth/refresh', { refresh_token: family.parent.refreshToken });
    expect(await both).toMatchObject(problem(400, 'ambiguous_credentials'));
  });

  it('works beside an access cookie that has expired or is damaged', async () => {
    const browser = await Browser.signIn();
    const cookie = `${ACCESS_COOKIE}=expired; ${REFRESH_COOKIE}=${browser.value(REFRESH_COOKIE)}`;
    const caller = nobody(server).with({ cookie });
    expect(await caller.post('/auth/refresh')).toMatchObject(problem(403, 'csrf_refused'));
    expect(await caller.with(SAME_ORIGIN).post('/auth/refresh')).toMatchObject({ status: 200 });
  });
});

describe('signing out by cookie', () => {
  it.each(['/auth/logout', '/auth/logout-all'])('%s ends the session and takes the cookies away', async (path) => {
    const browser = await Browser.signIn({}, (await newFamily(server)).parent);
    const answer = await browser.access.with(SAME_ORIGIN).post(path);
    expect(answer.status).toBe(204);
    for (const name of [ACCESS_COOKIE, REFRESH_COOKIE]) {
      const cookie = cookiesOf(answer).get(name);
      expect(cookie?.value).toBe('');
      expect(cookie?.attributes).toEqual(expect.arrayContaining(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure']));
    }
    expect(await browser.access.get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    expect(await browser.refresh.with(SAME_ORIGIN).post('/auth/refresh')).toMatchObject(
      problem(401, 'invalid_refresh_token'),
    );
  });
});

describe('the Authorization header', () => {
  const jwt = (header: object, payload: object = {}): string =>
    [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer  \t',
    'Bearer null',
    'Bearer a b',
    'Bearer a.b.c',
    'Bearer ..',
    'Bearer ....',
    'Bearer é.ü.ñ',
    'Bearer {"token":1}',
    `Bearer ${'x'.repeat(5000)}`,
    `Bearer ${Buffer.from('null').toString('base64url')}.e30.x`,
    `Bearer ${Buffer.from('[1]').toString('base64url')}.e30.x`,
    `Bearer ${jwt({ alg: 'none', typ: 'at+jwt' })}.`,
    `Bearer ${jwt({ alg: 'HS256', kid: { toString: 1 } })}.x`,
    `Bearer ${jwt({ alg: 'HS256', kid: '__proto__' })}.x`,
    'Basic bWFyaWE6c2VjcmV0',
    'Digest username="maria"',
    'Token abc',
    'bearer',
  ])('%j opens nothing and breaks nothing', async (authorization) => {
    const caller = nobody(server).with({ authorization });
    for (const path of ['/auth/me', '/family/members']) {
      const answer = await caller.get(path);
      expect(answer).toMatchObject(problem(401, 'invalid_token'));
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });

  it('is not minded on public routes', async () => {
    const caller = nobody(server).with({ authorization: 'Bearer nonsense' });
    const answer = await caller.post('/auth/login', { email: family.parent.email, password: PASSWORD });
    expect(answer).toMatchObject({ status: 200 });
  });

  it('may write its scheme in any case', async () => {
    const token = family.parent.accessToken;
    for (const scheme of ['bearer', 'BEARER']) {
      expect(
        await nobody(server)
          .with({ authorization: `${scheme} ${token}` })
          .get('/auth/me'),
      ).toMatchObject({ status: 200 });
    }
  });
});
