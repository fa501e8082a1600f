import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SECURITY_HEADERS } from '../../src/platform/http/index.js';
import { ask, fieldsIn, problemIn, refusal, refusalOf, type HttpAnswer } from '../security/http-answer.js';
import { sendBytes, sendRaw } from '../security/raw-http.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFamily, newFirstAdmin, type FamilyMember } from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const LOGIN = '/api/v1/auth/login';
const MEMBERS = '/api/v1/family/members';
const BODY_LIMIT = 262_144;
const JSON_TYPE = { 'content-type': 'application/json' };

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

const asAdmin = (path: string): Promise<HttpAnswer> => ask(server, path, { headers: { authorization: admin.bearer } });
const post = (path: string, body: string, headers: Record<string, string> = JSON_TYPE): Promise<HttpAnswer> =>
  ask(server, path, { method: 'POST', body, headers: { authorization: admin.bearer, ...headers } });

describe('request ids', () => {
  const idFor = async (given: string): Promise<string | null> =>
    (await ask(server, '/health/live', { headers: { 'x-request-id': given } })).headers.get('x-request-id');

  it.each(['12345678', 'trace-01.part_2', 'A'.repeat(64), '019a9c1e-0000-7000-8000-000000000000'])(
    'keep a sane one: %s',
    async (given) => {
      expect(await idFor(given)).toBe(given);
    },
  );

  it.each(['', 'short', 'A'.repeat(65), 'white space', 'semi;colon', '<script>', '"quoted"', '../../etc', 'ünïcödé'])(
    'replace what is none: %p',
    async (given) => {
      expect(await idFor(given)).toMatch(UUID);
    },
  );

  it('replace two of them, which are a list', async () => {
    const { headers } = await sendRaw(server.url, {
      path: '/health/live',
      headers: [
        ['X-Request-Id', 'one-of-them'],
        ['X-Request-Id', 'two-of-them'],
      ],
    });
    expect(headers['x-request-id']).toMatch(UUID);
  });

  it('differ from request to request', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await ask(server, '/health/live')).headers.get('x-request-id')),
    );
    expect(new Set(ids).size).toBe(3);
  });

  it('stand in the problem as in the header', async () => {
    const answer = await ask(server, '/api/v1/auth/me', { headers: { 'x-request-id': 'my-own-request' } });
    expect(answer.headers.get('x-request-id')).toBe('my-own-request');
    expect(problemIn(answer.text).request_id).toBe('my-own-request');
  });
});

/** What a server may answer, each kind from another place in the code. */
const KINDS: readonly (readonly [kind: string, status: number, ask: () => Promise<HttpAnswer>])[] = [
  ['a success', 200, () => asAdmin('/api/v1/auth/me')],
  ['a probe', 200, () => ask(server, '/health/live')],
  ['an answer to HEAD', 200, () => ask(server, '/health/live', { method: 'HEAD' })],
  ['the documentation', 200, () => ask(server, '/docs')],
  ['the OpenAPI document', 200, () => ask(server, '/docs-json')],
  ['metrics', 200, () => ask(server, '/metrics')],
  ['a refusal by validation', 400, () => post(LOGIN, '{}')],
  ['JSON that is none', 400, () => post(LOGIN, '{')],
  ['an escape that is none', 400, () => ask(server, '/api/v1/users/%zz')],
  ['a refusal by the guards', 401, () => ask(server, '/api/v1/auth/me')],
  ['a path that nobody knows', 404, () => ask(server, '/nowhere')],
  ['a body that is too large', 413, () => post(LOGIN, JSON.stringify({ email: 'x'.repeat(BODY_LIMIT) }))],
  ['a parameter that is too long', 414, () => ask(server, `/api/v1/users/${'x'.repeat(300)}`)],
  ['a type that nobody reads', 415, () => post(LOGIN, 'x', { 'content-type': 'text/plain' })],
];

describe('security headers', () => {
  it.each(KINDS)('are on %s', async (kind, status, request) => {
    const answer = await request();
    expect(answer.status).toBe(status);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      // The documentation has a policy of its own, which its test looks at.
      if (name === 'content-security-policy' && kind.startsWith('the ')) continue;
      expect({ name, value: answer.headers.get(name) }).toEqual({ name, value });
    }
    expect(answer.headers.get('x-request-id')).toMatch(UUID);
    expect(answer.headers.get('server')).toBeNull();
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });

  it('are on a success without a body and on a refusal for want of rights', async () => {
    const { parent } = await newFamily(server);
    const refused = await ask(server, '/api/v1/users', { headers: { authorization: parent.bearer } });
    expect(refusalOf(refused)).toEqual(refusal(403, 'insufficient_permissions'));
    const left = await ask(server, '/api/v1/auth/logout', {
      method: 'POST',
      headers: { authorization: parent.bearer },
    });
    expect(left.status).toBe(204);
    for (const { headers } of [refused, left]) expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('are on the answer to what is no HTTP', async () => {
    const { status, headers } = await sendBytes(server.url, 'rubbish\r\n\r\n');
    expect({ status, sniff: headers['x-content-type-options'] }).toEqual({ status: 400, sniff: 'nosniff' });
  });

  it('tell browsers that were refused how to sign in', async () => {
    expect((await ask(server, '/api/v1/auth/me')).headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
  });
});

describe('bodies', () => {
  const ofLength = (length: number): string => {
    const empty = JSON.stringify({ email: '' });
    return JSON.stringify({ email: 'x'.repeat(length - empty.length) });
  };

  it('are read up to the limit and not beyond', async () => {
    expect(refusalOf(await post(LOGIN, ofLength(BODY_LIMIT)))).toEqual(refusal(400, 'validation_failed'));
    expect(refusalOf(await post(LOGIN, ofLength(BODY_LIMIT + 1)))).toEqual(refusal(413, 'payload_too_large'));
  });

  it('are not read beyond it either when they come in chunks and announce nothing', async () => {
    const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`;
    const head = `POST ${LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const answer = await sendBytes(server.url, head + chunk.repeat(5) + '0\r\n\r\n');
    expect({ status: answer.status, code: problemIn(answer.body).code }).toEqual({
      status: 413,
      code: 'payload_too_large',
    });
  });

  it.each([
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=utf-8',
    'APPLICATION/X-WWW-FORM-URLENCODED',
  ])('that are forms (%s) are refused where JSON is spoken', async (type) => {
    for (const path of [MEMBERS, '/api/v1/auth/register', '/api/v1/auth/refresh']) {
      expect(refusalOf(await post(path, 'first_name=Leo&role=child', { 'content-type': type }))).toEqual(
        refusal(415, 'unsupported_media_type'),
      );
    }
  });

  it('that are forms are taken where OAuth clients send them', async () => {
    const form = new URLSearchParams({
      grant_type: 'password',
      username: admin.email,
      password: admin.password,
    }).toString();
    for (const path of ['/api/v1/auth/token', LOGIN]) {
      expect((await post(path, form, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(200);
    }
  });

  it.each([
    'text/plain',
    'text/html',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/jsonp',
    'nonsense',
  ])('of type %s are refused', async (type) => {
    expect(refusalOf(await post(MEMBERS, '{"first_name":"Leo","role":"child"}', { 'content-type': type }))).toEqual(
      refusal(415, 'unsupported_media_type'),
    );
  });

  // CVE-2026-25223: a tab made the type match a parser and no schema.
  it.each([
    'application/json\t',
    'application/json\t; charset=utf-8',
    'application/json\ta',
    'application/json ;x',
    '\tapplication/json',
  ])('of a type with odd white space (%j) are validated or refused, never let through', async (type) => {
    const answer = await sendRaw(server.url, {
      method: 'POST',
      path: MEMBERS,
      headers: [
        ['Authorization', admin.bearer],
        ['Content-Type', type],
      ],
      body: '{"first_name":"Leo","role":"king","is_admin":true}',
    });
    expect(['400 validation_failed', '415 unsupported_media_type']).toContain(
      `${String(answer.status)} ${problemIn(answer.body).code}`,
    );
  });
});

describe('validation', () => {
  it('names every bad field, those nobody knows as well', async () => {
    const answer = await post(
      MEMBERS,
      JSON.stringify({
        first_name: '',
        role: 'king',
        telegram_id: -1,
        active_skills: ['NOT OK'],
        birth_date: '2999-02-30',
        language_preference: null,
        is_admin: true,
      }),
    );
    expect(refusalOf(answer)).toEqual(refusal(400, 'validation_failed'));
    expect(fieldsIn(answer.text)).toEqual([
      'active_skills',
      'birth_date',
      'first_name',
      'is_admin',
      'language_preference',
      'role',
      'telegram_id',
    ]);
  });

  it.each<[string, string[]]>([
    ['limit=0', ['limit']],
    ['limit=101', ['limit']],
    ['limit=-1', ['limit']],
    ['limit=1.5', ['limit']],
    ['limit=ten', ['limit']],
    ['limit=', ['limit']],
    ['limit=1&limit=2', ['limit']],
    ['cursor=nonsense', ['cursor']],
    [`cursor=${Buffer.from('2025-01-01T00:00:00Z not-an-id').toString('base64url')}`, ['cursor']],
    [
      `cursor=${Buffer.from("2025-01-01T00:00:00Z' 019a9c1e-0000-7000-8000-000000000000").toString('base64url')}`,
      ['cursor'],
    ],
    [`cursor=${'A'.repeat(600)}`, ['cursor']],
    ['sort=name', ['sort']],
    ['limit=0&sort=name&family_id=1', ['family_id', 'limit', 'sort']],
  ])('names the keys of the query: %s', async (query, fields) => {
    for (const path of [MEMBERS, '/api/v1/family/invitations', '/api/v1/auth/sessions', '/api/v1/users']) {
      const answer = await asAdmin(`${path}?${query}`);
      expect(refusalOf(answer)).toEqual(refusal(400, 'validation_failed'));
      expect(fieldsIn(answer.text)).toEqual(fields);
    }
  });

  it.each(['/auth/me', '/family', '/users/me'])('names keys where no query is read: %s', async (path) => {
    const answer = await asAdmin(`/api/v1${path}?expand=all&x=1`);
    expect(refusalOf(answer)).toEqual(refusal(400, 'validation_failed'));
    expect(fieldsIn(answer.text)).toEqual(['expand', 'x']);
    const posted = await post(`${LOGIN}?next=/`, '{}');
    expect(fieldsIn(posted.text)).toEqual(['next']);
  });

  it('names the parameter of a path that is no id', async () => {
    const answer = await asAdmin(`${MEMBERS}/me`);
    expect(refusalOf(answer)).toEqual(refusal(400, 'validation_failed'));
    expect(fieldsIn(answer.text)).toEqual(['id']);
  });

  it.each([['{"first_name": "Leo",}'], ['']])('says of the JSON %j that it is the body', async (body) => {
    const answer = await post(MEMBERS, body);
    expect(refusalOf(answer)).toEqual(refusal(400, 'bad_request'));
    expect(fieldsIn(answer.text)).toEqual(['body']);
  });

  it('repeats nothing of JSON that was sent as a form', async () => {
    const payload = JSON.stringify({ email: 'maria@example.org', password: 'violet-harbour-93-teapots-and-more' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await server.app.inject({ method: 'POST', url: LOGIN, headers, payload });
    expect(answer.statusCode).toBe(400);
    expect(fieldsIn(answer.payload)).toContain('body');
    expect(answer.payload).not.toContain('violet');
  });

  it('refuses keys that reach for the prototype', async () => {
    for (const body of [
      '{"__proto__":{"is_admin":true}}',
      '{"first_name":"Leo","role":"child","constructor":{"prototype":{}}}',
      '{"first_name":"Leo","role":"child","toString":1}',
    ]) {
      expect((await post(MEMBERS, body)).status).toBe(400);
    }
    expect(({} as Record<string, unknown>)['is_admin']).toBeUndefined();
  });
});
