import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { ServerConfig } from '../config/index.js';
import { StaleViewerError } from '../database/index.js';
import { AuthenticateGuard } from './authenticate.guard.js';
import { CsrfGuard } from './csrf.guard.js';
import {
  Public,
  RefreshCookie,
  RememberedSession,
  RequireAllPermissions,
  RequireAnyPermission,
  RequirePermission,
} from './decorators.js';
import { PermissionGuard } from './permission.guard.js';
import type { Permission } from './permissions.js';
import { PrincipalSource, type Principal } from './principal.js';
import { ACCESS_COOKIE, REFRESH_COOKIE, type AppRequest } from './request.js';

/** Handlers of every kind; what the decorators say about them is all that is used. */
class Handlers {
  @Public()
  open(): void {
    this.nothing();
  }

  @RequirePermission('family:read')
  closed(): void {
    this.nothing();
  }

  @RequirePermission('family:read')
  @RememberedSession()
  hot(): void {
    this.nothing();
  }

  @RequireAllPermissions('family:read', 'family:write')
  both(): void {
    this.nothing();
  }

  @RequireAnyPermission('family:read', 'family:write')
  either(): void {
    this.nothing();
  }

  @Public()
  @RefreshCookie()
  refresh(): void {
    this.nothing();
  }

  nothing(): void {
    // Has no rule.
  }
}

/** The parts of a request that guards look at. */
interface FakeRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
  readonly principal?: unknown;
  readonly repeats?: number;
  readonly credential?: 'bearer' | 'cookie';
}

/** A request on its way to a handler. */
function fakeContext(method: keyof Handlers, fake: FakeRequest): { context: ExecutionContext; request: AppRequest } {
  const request = { method: 'GET', headers: {}, cookies: {}, ...fake } as unknown as AppRequest;
  return { context: new ExecutionContextHost([request], Handlers, Handlers.prototype[method]), request };
}

const reflector = new Reflector();
const personWith = (...permissions: Permission[]): Principal => ({
  userId: 'u',
  sessionId: 's',
  accessVersion: 1,
  serverRoles: ['user'],
  familyId: 'f',
  memberId: 'm',
  familyRole: 'parent',
  permissions: new Set(permissions),
});

/** Knows one token, and remembers how it was asked. */
class OneToken extends PrincipalSource {
  readonly asked: { token: string; allowRemembered: boolean }[] = [];

  constructor(private readonly person: Principal | undefined = personWith('family:read')) {
    super();
  }

  authenticateKey(secret: string, allowRemembered: boolean): Promise<Principal | undefined> {
    this.asked.push({ token: `key ${secret}`, allowRemembered });
    return Promise.resolve(secret === 'good-key' ? this.person : undefined);
  }

  authenticate(token: string, allowRemembered: boolean): Promise<Principal | undefined> {
    this.asked.push({ token, allowRemembered });
    return Promise.resolve(token === 'good' ? this.person : undefined);
  }
}

const bearer = (token: string): FakeRequest => ({ headers: { authorization: `Bearer ${token}` } });
const key = (secret: string): FakeRequest => ({ headers: { 'x-api-key': secret } });
const both: FakeRequest = { ...bearer('good'), cookies: { [ACCESS_COOKIE]: 'good' } };

describe('AuthenticateGuard', () => {
  async function identify(
    method: keyof Handlers,
    fake: FakeRequest,
    source = new OneToken(),
  ): Promise<{ principal: Principal | undefined; credential: string | undefined }> {
    const { context, request } = fakeContext(method, fake);
    await new AuthenticateGuard(reflector, source).canActivate(context);
    new PermissionGuard(reflector).canActivate(context); // which refuses whom this one did not find
    return { principal: request.principal, credential: request.credential };
  }

  it('finds out who asks, and by what', async () => {
    expect(await identify('closed', bearer('good'))).toMatchObject({
      principal: { userId: 'u' },
      credential: 'bearer',
    });
    expect(await identify('closed', { cookies: { [ACCESS_COOKIE]: 'good' } })).toMatchObject({
      principal: { userId: 'u' },
      credential: 'cookie',
    });
    expect(await identify('closed', key('good-key'))).toMatchObject({
      principal: { userId: 'u' },
      credential: 'api_key',
    });
  });

  it.each<[string, FakeRequest, string]>([
    ['no credential', {}, 'unauthenticated'],
    ['a token that opens nothing', bearer('bad'), 'invalid_token'],
    ['a malformed header', { headers: { authorization: 'Basic YTpi' } }, 'invalid_token'],
    ['a key that opens nothing', key('bad'), 'invalid_api_key'],
    ['an empty key', key(''), 'invalid_api_key'],
    ['two credentials', both, 'ambiguous_credentials'],
    [
      'a token and a key',
      { headers: { authorization: 'Bearer good', 'x-api-key': 'good-key' } },
      'ambiguous_credentials',
    ],
    ['a cookie and a key', { ...key('good-key'), cookies: { [ACCESS_COOKIE]: 'good' } }, 'ambiguous_credentials'],
  ])('refuses %s', async (_name, fake, code) => {
    await expect(identify('closed', fake)).rejects.toMatchObject({ code });
    await expect(identify('nothing', fake)).rejects.toMatchObject({ code });
    // On a public route nobody is signed in by it, and nobody turned away.
    expect((await identify('open', fake)).principal).toBeUndefined();
  });

  it('welcomes a credential on a public route', async () => {
    expect((await identify('open', bearer('good'))).principal?.userId).toBe('u');
  });

  it('never asks for a malformed token', async () => {
    const source = new OneToken();
    await identify('open', { headers: { authorization: 'Bearer a b' } }, source);
    expect(source.asked).toEqual([]);
  });

  it('takes a remembered session only where the handler says so', async () => {
    const source = new OneToken();
    await identify('closed', bearer('good'), source);
    await identify('hot', bearer('good'), source);
    // Nor there when the request is run again, because what was remembered turned out to be old.
    await identify('hot', { ...bearer('good'), repeats: 1 }, source);
    expect(source.asked.map(({ allowRemembered }) => allowRemembered)).toEqual([false, true, false]);
  });
});

describe('PermissionGuard', () => {
  const guard = new PermissionGuard(reflector);
  const decide = (method: keyof Handlers, principal?: Principal): boolean =>
    guard.canActivate(fakeContext(method, { principal }).context);

  it.each<[keyof Handlers, Permission[], boolean]>([
    ['closed', ['family:read'], true],
    ['closed', ['family:write'], false],
    ['both', ['family:read', 'family:write'], true],
    ['both', ['family:read'], false],
    ['either', ['family:write'], true],
    ['either', ['member:read'], false],
  ])('%s with %j: %s', (method, granted, passes) => {
    const act = (): boolean => decide(method, personWith(...granted));
    if (passes) expect(act()).toBe(true);
    else expect(act).toThrow(expect.objectContaining({ code: 'insufficient_permissions' }));
  });

  it('lets everybody through where it is public, and nobody else without signing in', () => {
    expect(decide('open')).toBe(true);
    expect(() => decide('closed')).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  });

  it('does not refuse by remembered rights: it has them read again first, once', () => {
    const principal = personWith('member:read');
    expect(() => decide('hot', principal)).toThrow(StaleViewerError);
    const again = fakeContext('hot', { principal, repeats: 1 }).context;
    expect(() => guard.canActivate(again)).toThrow(expect.objectContaining({ code: 'insufficient_permissions' }));
    expect(decide('hot', personWith('family:read'))).toBe(true);
  });

  it('denies where there is no rule, whatever rights somebody has', () => {
    expect(() => decide('nothing', personWith('family:read', 'admin:*'))).toThrow(
      expect.objectContaining({ code: 'insufficient_permissions' }),
    );
    expect(() => decide('nothing')).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  });
});

describe('CsrfGuard', () => {
  const guardWith = (settings: Partial<ServerConfig> = {}): CsrfGuard =>
    new CsrfGuard(Object.assign(new ServerConfig(), settings), reflector);
  const OWN = 'https://family.example.org';
  const guard = guardWith({ publicUrl: `${OWN}/app`, corsOrigins: ['https://app.example.org'] });
  const byCookie = (headers: Record<string, string>, method = 'POST'): FakeRequest => ({
    method,
    credential: 'cookie',
    headers,
  });
  const passes = (fake: FakeRequest, handler: keyof Handlers = 'closed', by = guard): boolean => {
    try {
      return by.canActivate(fakeContext(handler, fake).context);
    } catch (error) {
      expect(error).toMatchObject({ code: 'csrf_refused' });
      return false;
    }
  };
  const json = { 'content-type': 'application/json' };

  it.each<[string, Record<string, string>, boolean]>([
    ['our own page', { ...json, 'sec-fetch-site': 'same-origin' }, true],
    ['our own page, without a body', { 'sec-fetch-site': 'same-origin' }, true],
    ['our own origin', { ...json, origin: OWN }, true],
    ['an allowed origin', { ...json, origin: 'https://app.example.org' }, true],
    ['nowhere', json, false],
    ['another site', { ...json, 'sec-fetch-site': 'cross-site' }, false],
    ['a sister site', { ...json, 'sec-fetch-site': 'same-site' }, false],
    ['another origin', { ...json, origin: 'https://attacker.example' }, false],
    ['an origin that begins like ours', { ...json, origin: `${OWN}.attacker.example` }, false],
    ['a sandboxed frame', { ...json, origin: 'null' }, false],
    [
      'the Host that was asked, where PUBLIC_URL says another',
      { ...json, origin: 'http://x.example', host: 'x.example' },
      false,
    ],
    [
      'our page with a form',
      { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      false,
    ],
    ['our page with plain text', { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' }, false],
    ['our page with an unnamed body', { 'content-length': '5', 'sec-fetch-site': 'same-origin' }, false],
    [
      'our page with a type that begins like JSON',
      { 'content-type': 'application/jsonp', 'sec-fetch-site': 'same-origin' },
      false,
    ],
  ])('an unsafe request signed in by cookie from %s', (_name, headers, expected) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect(passes(byCookie(headers, method))).toBe(expected);
  });

  it('takes the asked origin for its own where no PUBLIC_URL is set', () => {
    const local = guardWith();
    expect(
      passes(byCookie({ ...json, origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' }), 'closed', local),
    ).toBe(true);
    expect(
      passes(byCookie({ ...json, origin: 'http://127.0.0.1:9999', host: '127.0.0.1:3000' }), 'closed', local),
    ).toBe(false);
    expect(passes(byCookie({ ...json, origin: 'not an origin', host: '127.0.0.1:3000' }), 'closed', local)).toBe(false);
  });

  it('concerns neither safe methods nor bearers nor the anonymous', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) expect(passes(byCookie({}, method))).toBe(true);
    expect(passes({ method: 'POST', credential: 'bearer' })).toBe(true);
    expect(passes({ method: 'POST' })).toBe(true);
  });

  it('concerns the refresh cookie on the route that takes it, and only there', () => {
    const fake: FakeRequest = { method: 'POST', cookies: { [REFRESH_COOKIE]: 'x' } };
    expect(passes(fake, 'refresh')).toBe(false);
    expect(passes({ ...fake, headers: { ...json, 'sec-fetch-site': 'same-origin' } }, 'refresh')).toBe(true);
    expect(passes(fake, 'open')).toBe(true);
    expect(passes({ method: 'POST' }, 'refresh')).toBe(true);
  });
});
