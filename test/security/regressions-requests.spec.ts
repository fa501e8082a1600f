import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import { as, newChild, newFamily, newFirstAdmin, nobody, PASSWORD, type TestFamily } from '../support/factories.js';
import { operationsOf } from './operations.js';
import { sendRaw } from './raw-http.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

describe('what has happened to others, with requests', () => {
  let server: TestApp;
  let family: TestFamily;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    await newFirstAdmin(server);
    family = await newFamily(server);
  });
  afterAll(() => server.close());

  it('18. CVE-2025-69211, CVE-2026-2293: a path spelled otherwise stays guarded', async () => {
    const child = await newChild(server, family);
    const spellings = (path: string): string[] => [
      path.replace('/u', '/%75'),
      path.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
      path.replace('/api', '//api'),
      path.replace('/api', '/x/../api'),
      path.replace('/users', '/./users'),
      path.replace('/users', ';a=b/users'),
      path.replace('/users', '%2fusers'),
      path.replace('users', 'USERS'),
      `${path}/`,
      `${path}%20`,
      `${path}#x`,
      `${path}%3f`,
      `${path}\\`,
    ];
    let guarded = 0;
    for (const path of spellings('/api/v1/users')) {
      for (const headers of [[], [['Authorization', child.bearer] as const]]) {
        const { status } = await sendRaw(server.url, { path, headers });
        expect({ path, status, isServed: status < 400 }).toEqual({ path, status, isServed: false });
        if (status === 401 || status === 403) guarded += 1;
      }
    }
    // Some of them do lead to the route, where the guard stands.
    expect(guarded).toBeGreaterThanOrEqual(4);
  });

  it('19. CVE-2026-25223: a content type with a tab does not get around the validation', async () => {
    for (const type of [
      'application/json\t',
      'application/json\t; a=b',
      '\tapplication/json',
      'application/json ;\t',
    ]) {
      const { status } = await sendRaw(server.url, {
        method: 'PATCH',
        path: '/api/v1/users/me',
        headers: [['Authorization', family.parent.bearer], ['Content-Type', type]],
        body: JSON.stringify({ first_name: 7, roles: ['admin'] }),
      }); // prettier-ignore
      expect({ type, isRefused: [400, 415].includes(status) }).toEqual({ type, isRefused: true });
    }
    const { body } = await as(server, family.parent).get<{ roles: string[]; first_name: string }>('/users/me');
    expect(body).toMatchObject({ roles: ['user'], first_name: 'María' });
  });

  it('20. CVE-2026-3635: forwarded headers of a direct client are ignored', async () => {
    const spoofed = nobody(server).with({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-real-ip': '203.0.113.9',
      forwarded: 'for=203.0.113.9;host=evil.example',
    });
    const { body, headers } = await spoofed.post<{ access_token: string }>('/auth/login', {
      email: family.parent.email,
      password: PASSWORD,
    });
    expect(JSON.stringify([body, headers])).not.toMatch(/evil\.example|203\.0\.113\.9/);
    const sessions = await as(server, { bearer: `Bearer ${body.access_token}` }).get<{
      data: { address: string; current: boolean }[];
    }>('/auth/sessions');
    const [current] = sessions.body.data.filter((session) => session.current);
    expect(current?.address).toMatch(/127\.0\.0\.1$/);
  });

  it('27. CVE-2025-60542: nested objects in an update set no role', async () => {
    const { parent } = family;
    const forms = [
      { role: 'admin' },
      { roles: ['admin'] },
      { user: { role: 'admin' } },
      { first_name: { set: 'x', role: 'admin' } },
      { first_name: 'María', 'user.role': 'admin' },
      { first_name: 'María', 'roles[0]': 'admin' },
      { first_name: 'María', status: 'active', access_version: 99 },
      JSON.parse('{"first_name":"María","__proto__":{"roles":["admin"]}}') as object,
      { first_name: 'María', constructor: { prototype: { roles: ['admin'] } } },
    ];
    for (const form of forms) {
      const { status } = await as(server, parent).patch('/users/me', form);
      expect({ form, status }).toEqual({ form, status: 400 });
    }
    const { body } = await as(server, parent).get<{ roles: string[] }>('/users/me');
    expect(body.roles).toEqual(['user']);
  });

  it('27. unknown query keys are 400 at every operation that is signed in to', async () => {
    const wrong: string[] = [];
    const { parent } = family;
    for (const { id, path, access } of operationsOf(server)) {
      if (access.public || path.includes('{') || !path.startsWith('/api/v1/')) continue;
      const get = operationsOf(server).some((one) => one.id === id && one.method === 'get');
      if (!get) continue;
      const { status } = await as(server, parent).get(`${path.slice('/api/v1'.length)}?is_admin=true`);
      // Who may not ask at all is told that first.
      if (status !== 400 && status !== 403) wrong.push(`${id}: ${String(status)}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('what has happened to others, behind a proxy', () => {
  it('15. CVE-2024-47070: with `X-Forwarded-For: a` the limits still apply', async () => {
    const server = await startApp({ env: { RATE_LIMIT_MULTIPLIER: '1', TRUSTED_PROXIES: '127.0.0.1' } });
    try {
      await newFirstAdmin(server);
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 30 && !statuses.includes(429); attempt += 1) {
        const { status } = await nobody(server)
          .with({ 'x-forwarded-for': 'a' })
          .post('/auth/login', { email: 'nobody@example.org', password: `guess-${String(attempt)}` });
        statuses.push(status);
      }
      expect([...new Set(statuses)]).toEqual([401, 429]);
    } finally {
      await server.close();
    }
  });
});
