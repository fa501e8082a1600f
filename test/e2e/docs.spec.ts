import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DOCS_CSP } from '../../src/platform/http/index.js';
import { operationsOf } from '../security/operations.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFirstAdmin, type FamilyMember } from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

interface Flow {
  readonly tokenUrl: string;
  readonly refreshUrl: string;
}

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp();
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(new URL(path, server.url), init);

/** Addresses that a page loads, as a browser would resolve them. */
async function loadedBy(path: string): Promise<readonly string[]> {
  const page = await ask(path);
  const html = await page.text();
  const links = [...html.matchAll(/<(?:script[^>]+src|link[^>]+href)=["']([^"']+)["']/g)].map(
    ([, address = '']) => address,
  );
  return links.map((link) => new URL(link, page.url).pathname);
}

describe('Swagger UI', () => {
  it('is served with a policy that lets it work and nobody frame it', async () => {
    const page = await ask('/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('content-security-policy')).toBe(DOCS_CSP);
    expect(DOCS_CSP).toContain("frame-ancestors 'none'");
    expect(DOCS_CSP).not.toMatch(/\*|unsafe-eval|https?:/);
    expect(await page.text()).toContain('Family Assistant API');
  });

  it('loads each of its scripts and styles, all from this server', async () => {
    const assets = await loadedBy('/docs');
    expect(assets.filter((asset) => asset.endsWith('.js')).length).toBeGreaterThanOrEqual(3);
    expect(assets.filter((asset) => asset.endsWith('.css')).length).toBeGreaterThanOrEqual(1);
    const origin = new URL(server.url).origin;
    for (const asset of assets) {
      expect(new URL(asset, origin).origin).toBe(origin);
      const answer = await ask(asset);
      const kind = asset.endsWith('.js') ? /javascript/ : asset.endsWith('.css') ? /css/ : /image|icon/;
      expect({ asset, status: answer.status, type: answer.headers.get('content-type') }).toEqual({
        asset,
        status: 200,
        type: expect.stringMatching(kind),
      });
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
  });

  it('shows the contract', async () => {
    const answer = await ask('/docs-json');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    const contract = JSON.parse(readFileSync(new URL('../contract/openapi.json', import.meta.url), 'utf8')) as object;
    expect(await answer.json()).toEqual(contract);
  });

  it('is not there where it is switched off', async () => {
    const bare = await startApp({ env: { DOCS_ENABLED: 'false' } });
    try {
      for (const path of ['/docs', '/docs-json', '/docs/swagger-ui-bundle.js'])
        expect((await fetch(`${bare.url}${path}`)).status).toBe(404);
    } finally {
      await bare.close();
    }
  });
});

describe('"Authorize"', () => {
  const flow = async (): Promise<Flow> => {
    const { components } = (await (await ask('/docs-json')).json()) as {
      components: { securitySchemes: { bearer: { flows: { password: Flow } } } };
    };
    return components.securitySchemes.bearer.flows.password;
  };

  /** What Swagger UI sends: a form, the client in the form or in a Basic header, by the person's choice. */
  const authorize = async (
    fields: Record<string, string>,
    headers: Record<string, string> = {},
    url?: string,
  ): Promise<Response> =>
    ask(url ?? (await flow()).tokenUrl, { method: 'POST', body: new URLSearchParams(fields), headers });

  it('signs in with email and password, and what it gives opens the rest', async () => {
    const answer = await authorize({
      grant_type: 'password',
      username: admin.email,
      password: admin.password,
      scope: '',
    });
    expect(answer.status).toBe(200);
    const { access_token, token_type } = (await answer.json()) as { access_token: string; token_type: string };
    expect(token_type).toBe('bearer');
    const me = await ask('/api/v1/auth/me', { headers: { authorization: `Bearer ${access_token}` } });
    expect(await me.json()).toMatchObject({ id: admin.userId });
  });

  it('takes the client credentials that it offers to enter', async () => {
    const login = { grant_type: 'password', username: admin.email, password: admin.password };
    expect((await authorize({ ...login, client_id: 'docs', client_secret: '' })).status).toBe(200);
    expect(
      (await authorize(login, { authorization: 'Basic ZG9jczo=', 'x-requested-with': 'XMLHttpRequest' })).status,
    ).toBe(200);
  });

  it('refreshes at the address that it is told', async () => {
    const { refreshUrl } = await flow();
    const answer = await authorize({ grant_type: 'refresh_token', refresh_token: admin.refreshToken }, {}, refreshUrl);
    expect(answer.status).toBe(200);
  });

  it('refuses a wrong password with the code that says so', async () => {
    const answer = await authorize({
      grant_type: 'password',
      username: admin.email,
      password: 'not-the-password-at-all',
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: 'invalid_credentials' });
  });
});

describe('"Try it out"', () => {
  it('sends examples that every operation understands as they stand', async () => {
    const refused: string[] = [];
    for (const { id, method, path, example } of operationsOf(server)) {
      if (!example) continue;
      const answer = await ask(path.replace('{id}', '019a9c1e-0000-7000-8000-000000000000'), {
        method: method.toUpperCase(),
        body: JSON.stringify(example),
        headers: { authorization: admin.bearer, 'content-type': 'application/json' },
      });
      const { code } = (await answer.json().catch(() => ({}))) as { code?: string };
      if ([415, 422].includes(answer.status) || code === 'validation_failed' || answer.status >= 500)
        refused.push(`${id}: ${String(answer.status)} ${code ?? ''}`);
    }
    expect(refused).toEqual([]);
  });
});
