import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ask, problemIn } from '../security/http-answer.js';
import { sendRaw, type RawAnswer } from '../security/raw-http.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFamily, newFirstAdmin, type FamilyMember } from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const WEB_APP = 'https://app.example.org';

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', CORS_ORIGINS: `${WEB_APP},https://second.example.org` } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

describe('paths', () => {
  it.each([
    '/',
    '/nowhere',
    '/api',
    '/api/v1',
    '/api/v1/nowhere',
    '/api/v2/users',
    '/API/V1/USERS',
    '/api/v1/users/',
    '//api/v1/users',
    '/health/live/x',
    '/.env',
    '/.git/config',
    '/.git/HEAD',
  ])('%s is nowhere, for everybody alike', async (path) => {
    const answer = await sendRaw(server.url, { path, headers: [['Authorization', admin.bearer]] });
    expect({ status: answer.status, code: problemIn(answer.body).code }).toEqual({
      status: 404,
      code: 'not_found',
    });
  });

  it.each([
    '/docs/../.env',
    '/docs/../../package.json',
    '/docs/%2e%2e/%2e%2e/package.json',
    '/docs/..%2f..%2fpackage.json',
    '/docs/..%5c..%5cpackage.json',
  ])('%s does not lead out of the folder of the documentation', async (path) => {
    expect([400, 403, 404]).toContain((await sendRaw(server.url, { path })).status);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'])(
    '%s does not reach a route of another method',
    async (method) => {
      const { status } = await sendRaw(server.url, {
        method,
        path: '/api/v1/auth/me',
        headers: [['Authorization', admin.bearer]],
      });
      expect(status).toBe(404);
    },
  );

  // CVE-2025-69211, CVE-2026-2293: the router decoded what the guard compared as text.
  it.each([
    '/%61pi/v1/users',
    '/api/%76%31/users',
    '/api/v1/%75sers',
    '/api/v1/users?',
    '/api/v1/users#x',
    '/api/v1/users%3f',
    '/api/v1/users;x=1',
    '/api/v1/%2e/users',
    '/api/v1/x/../users',
    '/api%2fv1%2fusers',
    '\\api\\v1\\users',
  ])('%s opens nothing to whoever may not go there', async (path) => {
    const { parent } = await newFamilyOnce();
    const shown: RawAnswer[] = [
      await sendRaw(server.url, { path }),
      await sendRaw(server.url, { path, headers: [['Authorization', parent.bearer]] }),
    ];
    expect(shown.map(({ status }) => status)).not.toContain(200);
    for (const { status } of shown) expect([400, 401, 403, 404]).toContain(status);
  });

  let once: Promise<{ parent: FamilyMember }> | undefined;
  const newFamilyOnce = (): Promise<{ parent: FamilyMember }> => (once ??= newFamily(server));
});

describe('HEAD and OPTIONS', () => {
  it('HEAD is answered as GET, without its body', async () => {
    const [head, whole] = [await ask(server, '/health/live', { method: 'HEAD' }), await ask(server, '/health/live')];
    expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: '' });
    expect(head.headers.get('content-length')).toBe(whole.headers.get('content-length'));
  });

  it('HEAD is guarded as GET', async () => {
    expect((await ask(server, '/api/v1/users', { method: 'HEAD' })).status).toBe(401);
    expect(
      (await ask(server, '/api/v1/users', { method: 'HEAD', headers: { authorization: admin.bearer } })).status,
    ).toBe(200);
  });

  it('OPTIONS tells nothing and changes nothing', async () => {
    const { status, headers } = await ask(server, '/api/v1/users', {
      method: 'OPTIONS',
      headers: { authorization: admin.bearer },
    });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
