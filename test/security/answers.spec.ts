import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { JOIN_CSP } from '../../src/modules/family/join/join.page.js';
import { loadOrCreateSecrets } from '../../src/platform/config/index.js';
import { DOCS_CSP, SECURITY_HEADERS } from '../../src/platform/http/index.js';
import { RouteAccess } from '../../src/platform/security/index.js';
import { createDocument } from '../../src/app.docs.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newFamily,
  nobody,
  PASSWORD,
  problem,
  signIn,
  type FamilyMember,
} from '../support/factories.js';
import { ask, problemIn, type HttpAnswer } from './http-answer.js';
import { sendBytes, sendRaw } from './raw-http.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

let server: TestApp;
let person: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  person = (await newFamily(server)).parent;
});
afterAll(() => server.close());

const LOGIN = '/api/v1/auth/login';
const JSON_TYPE = { 'content-type': 'application/json' };
const post = (path: string, body: string): Promise<HttpAnswer> =>
  ask(server, path, { method: 'POST', body, headers: JSON_TYPE });

describe('an answer', () => {
  it.each<[string, string, () => Promise<HttpAnswer>]>([
    [
      'a success',
      'application/json; charset=utf-8',
      () => ask(server, '/api/v1/auth/me', { headers: { authorization: person.bearer } }),
    ],
    ['a refusal', 'application/problem+json; charset=utf-8', () => ask(server, '/api/v1/auth/me')],
    ['a bad request', 'application/problem+json; charset=utf-8', () => post(LOGIN, '{')],
    ['a probe', 'application/json; charset=utf-8', () => ask(server, '/health/live')],
    ['the join page', 'text/html; charset=utf-8', () => ask(server, '/join')],
    ['Swagger UI', 'text/html; charset=utf-8', () => ask(server, '/docs')],
    ['the contract', 'application/json; charset=utf-8', () => ask(server, '/docs-json')],
    ['metrics', 'text/plain; version=0.0.4; charset=utf-8', () => ask(server, '/metrics')],
  ])('%s says what it is, text with its charset', async (_kind, type, request) => {
    expect((await request()).headers.get('content-type')).toBe(type);
  });

  it('tokens are kept by no cache', async () => {
    const answers = [
      await post(LOGIN, JSON.stringify({ email: person.email, password: person.password })),
      await post(
        '/api/v1/auth/refresh',
        JSON.stringify({ refresh_token: (await signIn(server, person.email)).refreshToken }),
      ),
      await post(
        '/api/v1/auth/token',
        JSON.stringify({ grant_type: 'password', username: person.email, password: person.password }),
      ),
    ];
    expect(answers.map(({ status, headers }) => [status, headers.get('cache-control')])).toEqual(
      answers.map(() => [200, 'no-store']),
    );
  });

  it('what people write comes back as one string of JSON, whatever it holds', async () => {
    const content = `"}],"role":"admin","x":[{"\u2028\u2029\\u0022</script>\\"`;
    const made = await as(server, person).post<{ memory: { id: string; content: string } }>('/memories', { content });
    expect(made.status).toBe(201);
    const { text } = await ask(server, `/api/v1/memories?limit=1`, { headers: { authorization: person.bearer } });
    const [first] = (JSON.parse(text) as { data: { content: string; role?: string }[] }).data;
    expect(first).not.toHaveProperty('role');
    expect(first?.content).toContain('"}],"role":"admin"');
  });

  it('HSTS holds for a year and for subdomains', () => {
    const [, age] =
      /^max-age=(\d+); includeSubDomains$/.exec(SECURITY_HEADERS['strict-transport-security'] ?? '') ?? [];
    expect(Number(age)).toBeGreaterThanOrEqual(365 * 86_400);
  });

  it('every policy forbids plug-ins and another base', () => {
    for (const policy of [SECURITY_HEADERS['content-security-policy'] ?? '', DOCS_CSP, JOIN_CSP]) {
      // object-src is not named, so default-src holds for it.
      expect(policy).toMatch(/^default-src 'none'(?!.*object-src)/);
      expect(policy).toContain("base-uri 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
    }
  });

  it('no folder is listed', async () => {
    for (const path of ['/', '/docs/', '/data/', '/src/', '/node_modules/', '/docs/static/']) {
      const { status, text } = await ask(server, path);
      expect({ path, isShown: status === 200 && !text.includes('id="swagger-ui"') }).toEqual({ path, isShown: false });
    }
  });
});

describe('a request', () => {
  it('a parameter that is given twice is refused, not chosen', async () => {
    const caller = as(server, person);
    expect(await caller.get('/memories?limit=1&limit=2')).toMatchObject(problem(400, 'validation_failed', 'limit'));
    expect(await caller.get('/auth/sessions?cursor=a&cursor=b')).toMatchObject(
      problem(400, 'validation_failed', 'cursor'),
    );
    const form = `username=${person.email}&username=other@example.org&password=${PASSWORD}`;
    const answer = await ask(server, LOGIN, {
      method: 'POST',
      body: form,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([answer.status, problemIn(answer.text).code]).toEqual([400, 'validation_failed']);
  });

  it('a compressed body is not unpacked', async () => {
    const body = gzipSync(JSON.stringify({ email: person.email, password: 'x'.repeat(10_000_000) }));
    const { status } = await sendRaw(server.url, {
      method: 'POST',
      path: LOGIN,
      headers: [
        ['Content-Type', 'application/json'],
        ['Content-Encoding', 'gzip'],
      ],
      body,
    });
    expect([400, 415]).toContain(status);
  });

  it('a request with a length and chunks is refused, not read in one of two ways', async () => {
    const head = `POST ${LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    for (const both of [
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
      'Transfer-Encoding: chunked\r\nContent-Length: 5',
    ]) {
      const { status } = await sendBytes(
        server.url,
        `${head}${both}\r\n\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n`,
      );
      expect(status).toBe(400);
    }
  });

  it('no GET asks for a right to change anything', () => {
    const reading = server.app
      .get(RouteAccess)
      .list()
      .filter(({ method }) => method === 'GET');
    expect(reading.length).toBeGreaterThan(10);
    expect(reading.filter(({ rule }) => /:(write|create|accept|leave)/.test(JSON.stringify(rule)))).toEqual([]);
  });

  it('no address takes a secret', () => {
    const names = Object.entries(createDocument(server.app).paths).flatMap(([path, item]) =>
      (['get', 'post', 'put', 'patch', 'delete'] as const).flatMap((method) =>
        ((item[method]?.parameters ?? []) as { name: string; in: string }[])
          .filter((parameter) => parameter.in !== 'header')
          .map(({ name }) => `${path} ${name}`),
      ),
    );
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => / .*(token|password|secret|key|code|pin)/i.test(name))).toEqual([
      // RFC 6749 has it there: good once, for whoever has the cookie of the sign-in.
      '/api/v1/auth/callback/{provider} code',
      // Opens a receipt, which names nobody.
      '/api/v1/privacy/receipts/{code} code',
    ]);
  });

  it('a password of twenty years ago signs in as ever', async () => {
    await asIdentity(server, `UPDATE credentials SET changed_at = '2006-01-01' WHERE user_id = $1`, [person.userId]);
    expect(await nobody(server).post('/auth/login', { email: person.email, password: PASSWORD })).toMatchObject({
      status: 200,
    });
  });
});

describe('the join page', () => {
  let html: string;

  beforeAll(async () => {
    html = (await ask(server, '/join')).text;
  });

  it('the join page writes texts by textContent alone', () => {
    expect(html).toContain('.textContent');
    expect(html).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|addEventListener\('message'/,
    );
    expect(html).not.toMatch(/<(object|embed|applet|iframe|base)\b|\bsrc=|\bhref=/);
  });

  it('the join page has a password field that masks, and lets managers fill it in', () => {
    const field = /<input name="password"[^>]*>/.exec(html)?.[0] ?? '';
    expect(field).toContain('type="password"');
    expect(field).toContain('autocomplete="new-password"');
    expect(html).not.toContain('onpaste');
  });

  it('the join page keeps nothing in the browser', () => {
    expect(html).not.toMatch(/localStorage|sessionStorage|indexedDB|document\.cookie|caches\./);
  });
});

describe('secrets of the server', () => {
  it('a generated key is readable by its owner alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'family-assistant-'));
    try {
      const dataDir = join(folder, 'data');
      loadOrCreateSecrets(dataDir);
      const modes = [dataDir, join(dataDir, 'secrets.json')].map((path) => statSync(path).mode & 0o777);
      expect(modes).toEqual([0o700, 0o600]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
