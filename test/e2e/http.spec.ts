import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SECURITY_HEADERS } from '../../src/platform/http/index.js';
import { sendBytes, sendRaw, type RawAnswer } from '../security/raw-http.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFamily, newFirstAdmin, type FamilyMember } from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const LOGIN = '/api/v1/auth/login';
const MEMBERS = '/api/v1/family/members';
const BODY_LIMIT = 262_144;
const WEB_APP = 'https://app.example.org';
const STRANGER = 'https://attacker.example';
const JSON_TYPE = { 'content-type': 'application/json' };

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly request_id: string;
  readonly errors?: readonly { readonly field: string }[];
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', CORS_ORIGINS: `${WEB_APP},https://second.example.org` } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

async function ask(path: string, init: RequestInit = {}, at = server): Promise<Answer> {
  const answer = await fetch(`${at.url}${path}`, init);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

const asAdmin = (path: string): Promise<Answer> => ask(path, { headers: { authorization: admin.bearer } });
const post = (path: string, body: string, headers: Record<string, string> = JSON_TYPE): Promise<Answer> =>
  ask(path, { method: 'POST', body, headers: { authorization: admin.bearer, ...headers } });

const problemOf = ({ text }: { text: string }): Problem => JSON.parse(text) as Problem;
const fieldsOf = (answer: Answer): readonly string[] => (problemOf(answer).errors ?? []).map(({ field }) => field).sort();

function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, type: answer.headers.get('content-type')?.split(';')[0], code: problemOf(answer).code }).toEqual({
    status,
    type: 'application/problem+json',
    code,
  });
}

describe('request ids', () => {
  const idFor = async (given: string): Promise<string | null> =>
    (await ask('/health/live', { headers: { 'x-request-id': given } })).headers.get('x-request-id');

  it.each(['12345678', 'trace-01.part_2', 'A'.repeat(64), '019a9c1e-0000-7000-8000-000000000000'])('keep a sane one: %s', async (given) => {
    expect(await idFor(given)).toBe(given);
  });

  it.each(['', 'short', 'A'.repeat(65), 'white space', 'semi;colon', '<script>', '"quoted"', '../../etc', 'ünïcödé'])(
    'replace what is none: %p',
    async (given) => {
      expect(await idFor(given)).toMatch(UUID_V7);
    },
  );

  it('replace two of them, which are a list', async () => {
    const { headers } = await sendRaw(server.url, { path: '/health/live', headers: [['X-Request-Id', 'one-of-them'], ['X-Request-Id', 'two-of-them']] });
    expect(headers['x-request-id']).toMatch(UUID_V7);
  });

  it('differ from request to request', async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => (await ask('/health/live')).headers.get('x-request-id')));
    expect(new Set(ids).size).toBe(3);
  });

  it('stand in the problem as in the header', async () => {
    const answer = await ask('/api/v1/auth/me', { headers: { 'x-request-id': 'my-own-request' } });
    expect(answer.headers.get('x-request-id')).toBe('my-own-request');
    expect(problemOf(answer).request_id).toBe('my-own-request');
  });
});

/** What a server may answer, each kind from another place in the code. */
const KINDS: readonly (readonly [kind: string, status: number, ask: () => Promise<Answer>])[] = [
  ['a success', 200, () => asAdmin('/api/v1/auth/me')],
  ['a probe', 200, () => ask('/health/live')],
  ['an answer to HEAD', 200, () => ask('/health/live', { method: 'HEAD' })],
  ['the documentation', 200, () => ask('/docs')],
  ['the OpenAPI document', 200, () => ask('/docs-json')],
  ['metrics', 200, () => ask('/metrics')],
  ['a refusal by validation', 400, () => post(LOGIN, '{}')],
  ['JSON that is none', 400, () => post(LOGIN, '{')],
  ['an escape that is none', 400, () => ask('/api/v1/users/%zz')],
  ['a refusal by the guards', 401, () => ask('/api/v1/auth/me')],
  ['a path that nobody knows', 404, () => ask('/nowhere')],
  ['a body that is too large', 413, () => post(LOGIN, JSON.stringify({ email: 'x'.repeat(BODY_LIMIT) }))],
  ['a parameter that is too long', 414, () => ask(`/api/v1/users/${'x'.repeat(300)}`)],
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
    expect(answer.headers.get('x-request-id')).toMatch(UUID_V7);
    expect(answer.headers.get('server')).toBeNull();
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });

  it('are on a success without a body and on a refusal for want of rights', async () => {
    const { parent } = await newFamily(server);
    const refused = await ask('/api/v1/users', { headers: { authorization: parent.bearer } });
    expectProblem(refused, 403, 'insufficient_permissions');
    const left = await ask('/api/v1/auth/logout', { method: 'POST', headers: { authorization: parent.bearer } });
    expect(left.status).toBe(204);
    for (const { headers } of [refused, left]) expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('are on the answer to what is no HTTP', async () => {
    const { status, headers } = await sendBytes(server.url, 'rubbish\r\n\r\n');
    expect({ status, sniff: headers['x-content-type-options'] }).toEqual({ status: 400, sniff: 'nosniff' });
  });

  it('tell browsers that were refused how to sign in', async () => {
    expect((await ask('/api/v1/auth/me')).headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
  });
});

describe('bodies', () => {
  const ofLength = (length: number): string => {
    const empty = JSON.stringify({ email: '' });
    return JSON.stringify({ email: 'x'.repeat(length - empty.length) });
  };

  it('are read up to the limit and not beyond', async () => {
    expectProblem(await post(LOGIN, ofLength(BODY_LIMIT)), 400, 'validation_failed');
    expectProblem(await post(LOGIN, ofLength(BODY_LIMIT + 1)), 413, 'payload_too_large');
  });

  it('are not read beyond it either when they come in chunks and announce nothing', async () => {
    const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`;
    const head = `POST ${LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const answer = await sendBytes(server.url, head + chunk.repeat(5) + '0\r\n\r\n');
    expect({ status: answer.status, code: problemOf({ text: answer.body }).code }).toEqual({ status: 413, code: 'payload_too_large' });
  });

  it.each(['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded; charset=utf-8', 'APPLICATION/X-WWW-FORM-URLENCODED'])(
    'that are forms (%s) are refused where JSON is spoken',
    async (type) => {
      for (const path of [MEMBERS, '/api/v1/auth/register', '/api/v1/auth/refresh']) {
        expectProblem(await post(path, 'first_name=Leo&role=child', { 'content-type': type }), 415, 'unsupported_media_type');
      }
    },
  );

  it('that are forms are taken where OAuth clients send them', async () => {
    const form = new URLSearchParams({ grant_type: 'password', username: admin.email, password: admin.password }).toString();
    for (const path of ['/api/v1/auth/token', LOGIN]) {
      expect((await post(path, form, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(200);
    }
  });

  it.each(['text/plain', 'text/html', 'application/xml', 'multipart/form-data; boundary=x', 'application/octet-stream', 'application/jsonp', 'nonsense'])(
    'of type %s are refused',
    async (type) => {
      expectProblem(await post(MEMBERS, '{"first_name":"Leo","role":"child"}', { 'content-type': type }), 415, 'unsupported_media_type');
    },
  );

  // CVE-2026-25223: a tab made the type match a parser and no schema.
  it.each(['application/json\t', 'application/json\t; charset=utf-8', 'application/json\ta', 'application/json ;x', '\tapplication/json'])(
    'of a type with odd white space (%j) are validated or refused, never let through',
    async (type) => {
      const answer = await sendRaw(server.url, {
        method: 'POST',
        path: MEMBERS,
        headers: [['Authorization', admin.bearer], ['Content-Type', type]],
        body: '{"first_name":"Leo","role":"king","is_admin":true}',
      });
      expect(['400 validation_failed', '415 unsupported_media_type']).toContain(`${String(answer.status)} ${problemOf({ text: answer.body }).code}`);
    },
  );
});

describe('validation', () => {
  it('names every bad field, those nobody knows as well', async () => {
    const answer = await post(
      MEMBERS,
      JSON.stringify({ first_name: '', role: 'king', telegram_id: -1, active_skills: ['NOT OK'], birth_date: '2999-02-30', language_preference: null, is_admin: true }),
    );
    expectProblem(answer, 400, 'validation_failed');
    expect(fieldsOf(answer)).toEqual(['active_skills', 'birth_date', 'first_name', 'is_admin', 'language_preference', 'role', 'telegram_id']);
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
    [`cursor=${Buffer.from("2025-01-01T00:00:00Z' 019a9c1e-0000-7000-8000-000000000000").toString('base64url')}`, ['cursor']],
    [`cursor=${'A'.repeat(600)}`, ['cursor']],
    ['sort=name', ['sort']],
    ['limit=0&sort=name&family_id=1', ['family_id', 'limit', 'sort']],
  ])('names the keys of the query: %s', async (query, fields) => {
    for (const path of [MEMBERS, '/api/v1/family/invitations', '/api/v1/auth/sessions', '/api/v1/users']) {
      const answer = await asAdmin(`${path}?${query}`);
      expectProblem(answer, 400, 'validation_failed');
      expect(fieldsOf(answer)).toEqual(fields);
    }
  });

  it('names the parameter of a path that is no id', async () => {
    const answer = await asAdmin(`${MEMBERS}/me`);
    expectProblem(answer, 400, 'validation_failed');
    expect(fieldsOf(answer)).toEqual(['id']);
  });

  it('refuses keys that reach for the prototype', async () => {
    for (const body of ['{"__proto__":{"is_admin":true}}', '{"first_name":"Leo","role":"child","constructor":{"prototype":{}}}']) {
      expect((await post(MEMBERS, body)).status).toBe(400);
    }
    expect(({} as Record<string, unknown>)['is_admin']).toBeUndefined();
  });
});

describe('paths', () => {
  it.each(['/', '/nowhere', '/api', '/api/v1', '/api/v1/nowhere', '/api/v2/users', '/API/V1/USERS', '/api/v1/users/', '//api/v1/users', '/health/live/x', '/.env'])(
    '%s is nowhere, for everybody alike',
    async (path) => {
      const answer = await sendRaw(server.url, { path, headers: [['Authorization', admin.bearer]] });
      expect({ status: answer.status, code: problemOf({ text: answer.body }).code }).toEqual({ status: 404, code: 'not_found' });
    },
  );

  it.each(['/docs/../.env', '/docs/../../package.json', '/docs/%2e%2e/%2e%2e/package.json', '/docs/..%2f..%2fpackage.json', '/docs/..%5c..%5cpackage.json'])(
    '%s does not lead out of the folder of the documentation',
    async (path) => {
      expect([400, 403, 404]).toContain((await sendRaw(server.url, { path })).status);
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'])('%s does not reach a route of another method', async (method) => {
    const { status } = await sendRaw(server.url, { method, path: '/api/v1/auth/me', headers: [['Authorization', admin.bearer]] });
    expect(status).toBe(404);
  });

  // CVE-2025-69211, CVE-2026-2293: the router decoded what the guard compared as text.
  it.each(['/%61pi/v1/users', '/api/%76%31/users', '/api/v1/%75sers', '/api/v1/users?', '/api/v1/users#x', '/api/v1/users%3f', '/api/v1/users;x=1', '/api/v1/%2e/users', '/api/v1/x/../users', '/api%2fv1%2fusers', '\\api\\v1\\users'])(
    '%s opens nothing to whoever may not go there',
    async (path) => {
      const { parent } = await newFamilyOnce();
      const shown: RawAnswer[] = [
        await sendRaw(server.url, { path }),
        await sendRaw(server.url, { path, headers: [['Authorization', parent.bearer]] }),
      ];
      expect(shown.map(({ status }) => status)).not.toContain(200);
      for (const { status } of shown) expect([400, 401, 403, 404]).toContain(status);
    },
  );

  let once: Promise<{ parent: FamilyMember }> | undefined;
  const newFamilyOnce = (): Promise<{ parent: FamilyMember }> => (once ??= newFamily(server));
});

describe('HEAD and OPTIONS', () => {
  it('HEAD is answered as GET, without its body', async () => {
    const [head, whole] = [await ask('/health/live', { method: 'HEAD' }), await ask('/health/live')];
    expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: '' });
    expect(head.headers.get('content-length')).toBe(whole.headers.get('content-length'));
  });

  it('HEAD is guarded as GET', async () => {
    expect((await ask('/api/v1/users', { method: 'HEAD' })).status).toBe(401);
    expect((await ask('/api/v1/users', { method: 'HEAD', headers: { authorization: admin.bearer } })).status).toBe(200);
  });

  it('OPTIONS tells nothing and changes nothing', async () => {
    const { status, headers } = await ask('/api/v1/users', { method: 'OPTIONS', headers: { authorization: admin.bearer } });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('CORS', () => {
  const preflight = (origin: string, at = server): Promise<Answer> =>
    ask('/api/v1/auth/me', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' } }, at);

  it.each([WEB_APP, 'https://second.example.org'])('lets %s in, which is on the list', async (origin) => {
    const allowed = await preflight(origin);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin);
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
    expect(allowed.headers.get('vary')).toMatch(/origin/i);
    const answer = await ask('/health/live', { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it.each([STRANGER, 'null', `${WEB_APP}.attacker.example`, 'http://app.example.org', 'https://app.example.org:8443', '*', 'https://sub.app.example.org'])(
    'does not let %s in',
    async (origin) => {
      for (const { headers } of [await preflight(origin), await ask('/health/live', { headers: { origin } })]) {
        expect(headers.get('access-control-allow-origin')).toBeNull();
      }
    },
  );

  it('lets nobody in where no list is set', async () => {
    const closed = await startApp();
    try {
      for (const { headers } of [await preflight(WEB_APP, closed), await ask('/health/live', { headers: { origin: WEB_APP } }, closed)]) {
        expect(headers.get('access-control-allow-origin')).toBeNull();
      }
    } finally {
      await closed.close();
    }
  });
});

describe('X-Forwarded-For', () => {
  /** An address that no other test counts under, also where Redis keeps the counters. */
  const anyAddress = (): string => `198.${String(randomInt(18, 20))}.${String(randomInt(256))}.${String(randomInt(1, 255))}`;

  /** What is left of the limit of an address, after one more request. */
  async function leftFor(at: TestApp, forwarded: string): Promise<number> {
    const { headers } = await ask('/api/v1/auth/refresh', { method: 'POST', body: '{}', headers: { ...JSON_TYPE, 'x-forwarded-for': forwarded } }, at);
    return Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
  }

  const inTurn = async (at: TestApp, addresses: readonly string[]): Promise<number[]> => {
    const left: number[] = [];
    for (const address of addresses) left.push(await leftFor(at, address));
    return left;
  };

  it('of a direct client is ignored: it cannot choose whom its requests count for', async () => {
    const direct = await startApp({ env: { RATE_LIMIT_MULTIPLIER: '1' } });
    try {
      const left = await inTurn(direct, Array.from({ length: 6 }, anyAddress));
      // Counted under one address, so they differ; under six new ones they would be the same.
      expect(new Set(left).size).toBeGreaterThan(1);
    } finally {
      await direct.close();
    }
  });

  describe('of a trusted proxy', () => {
    let behind: TestApp;
    beforeAll(async () => {
      behind = await startApp({ env: { RATE_LIMIT_MULTIPLIER: '1', TRUSTED_PROXIES: '127.0.0.1' } });
    });
    afterAll(() => behind.close());

    it('is believed', async () => {
      const left = await inTurn(behind, Array.from({ length: 4 }, anyAddress));
      expect(new Set(left)).toEqual(new Set([119]));
    });

    it('is believed only as far as proxies are trusted: what the client itself wrote is not', async () => {
      const client = anyAddress();
      const left = await inTurn(behind, [client, `${anyAddress()}, ${client}`, `${anyAddress()}, ${anyAddress()}, ${client}`]);
      expect(left).toEqual([119, 118, 117]);
    });

    it('shows in the list of sessions', async () => {
      const { email, password } = await newFirstAdmin(behind);
      const client = anyAddress();
      const body = JSON.stringify({ email, password });
      const signedIn = await ask(LOGIN, { method: 'POST', body, headers: { ...JSON_TYPE, 'x-forwarded-for': client } }, behind);
      const { access_token } = JSON.parse(signedIn.text) as { access_token: string };
      const listed = await ask('/api/v1/auth/sessions', { headers: { authorization: `Bearer ${access_token}` } }, behind);
      const { data } = JSON.parse(listed.text) as { data: { address: string; current: boolean }[] };
      expect(data.find(({ current }) => current)?.address).toBe(client);
    });
  });
});
