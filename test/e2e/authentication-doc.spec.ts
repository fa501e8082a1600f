import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { MeResponse } from '../../src/modules/auth/dto/me.response.js';
import type { TokenResponse } from '../../src/modules/auth/dto/session.response.js';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { freePort, until } from '../support/process.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const document = readFileSync(join(PROJECT_DIR, 'docs/AUTHENTICATION.md'), 'utf8');
const section = document.slice(document.indexOf('### Try it'), document.indexOf('### Setting one up'));

/** The first match of a pattern in the section. */
function shown(pattern: RegExp): string {
  const [, text] = pattern.exec(section) ?? [];
  if (text === undefined) throw new Error(`AUTHENTICATION.md does not show ${pattern.source}`);
  return text;
}

/** The walk of AUTHENTICATION.md, with ports that are free in place of the ones it names. */
describe('whoever follows AUTHENTICATION.md', () => {
  let provider: ChildProcess;
  let printed = '';
  let server: TestApp;
  let ours: string;

  beforeAll(async () => {
    ours = `http://127.0.0.1:${String(await freePort())}`;
    const script = shown(/npm run (dev:oidc)/);
    const { scripts } = JSON.parse(readFileSync(join(PROJECT_DIR, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const [command = '', ...args] = (scripts[script] ?? '').split(' ');
    provider = spawn(join(PROJECT_DIR, 'node_modules/.bin', command), [...args, '--port', '0', '--server', ours], {
      cwd: PROJECT_DIR,
      env: { PATH: process.env['PATH'] },
    });
    provider.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await until('the provider listens', () => printed.includes('in a browser.'));
    const issuer = /listens on (\S+)\. /.exec(printed)?.[1] ?? '';
    const settings = shown(/export OIDC_PROVIDERS='(.*)'/).replace('http://127.0.0.1:4400', issuer);
    expect(printed).toContain(`OIDC_PROVIDERS='${settings}' make run`);
    server = await startApp({ env: { PUBLIC_URL: ours, OIDC_PROVIDERS: settings } });
  });
  afterAll(async () => {
    provider.kill();
    await server.close();
  });

  it('signs in with a provider that runs on their machine', async () => {
    const address = shown(/Open `http:\/\/127\.0\.0\.1:3000(\S+)` in a browser/);
    const browser = new Browser((url) => url.replace(ours, server.url));
    const form = await browser.open(`${ours}${address}`);
    expect(form).toContain('<form');
    const consent = await browser.submit({ login: 'maria', password: 'anything' });
    expect(consent).toContain('Continue');
    const answer = JSON.parse(await browser.submit({})) as TokenResponse;
    expect(answer).toMatchObject({ token_type: 'bearer', expires_in: 600, user: { name: 'maria', role: 'parent' } });

    const me = await fetch(`${server.url}/api/v1/auth/me`, {
      headers: { authorization: `Bearer ${answer.access_token ?? ''}` },
    });
    expect((await me.json()) as MeResponse).toMatchObject({
      email: 'maria@example.org',
      server_roles: ['admin', 'user'],
    });

    const again = JSON.parse(await browser.open(`${ours}${address}`)) as TokenResponse;
    expect(again.user).toEqual(answer.user);
  });
});

/** As much of a browser as the walk needs: cookies by origin, redirects, one form on a page. */
class Browser {
  private readonly jars = new Map<string, Map<string, string>>();
  private at = '';
  private page = '';

  constructor(private readonly route: (url: string) => string) {}

  open(url: string): Promise<string> {
    return this.go(url, {});
  }

  /** Fills in the form of the page and sends it. */
  submit(fields: Record<string, string>): Promise<string> {
    const action = /<form[^>]* action="([^"]+)"/.exec(this.page)?.[1] ?? '';
    const hidden = Array.from(
      this.page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g),
      ([, name = '', value = '']) => [name, value] as const,
    );
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
    return this.go(new URL(action, this.at).href, { method: 'POST', body });
  }

  private async go(url: string, init: RequestInit): Promise<string> {
    const { origin } = new URL(url);
    const jar = this.jars.get(origin) ?? new Map<string, string>();
    this.jars.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(this.route(url), { ...init, redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [pair = ''] = set.split(';');
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = response.headers.get('location');
    if (location !== null) return this.go(new URL(location, url).href, {});
    this.at = url;
    this.page = await response.text();
    return this.page;
  }
}
