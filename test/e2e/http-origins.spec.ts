import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ask, type HttpAnswer } from '../security/http-answer.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newFirstAdmin } from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const LOGIN = '/api/v1/auth/login';
const JSON_TYPE = { 'content-type': 'application/json' };
const WEB_APP = 'https://app.example.org';
const STRANGER = 'https://attacker.example';

let server: TestApp;

beforeAll(async () => {
  server = await startApp({ env: { CORS_ORIGINS: `${WEB_APP},https://second.example.org` } });
});
afterAll(() => server.close());

describe('CORS', () => {
  const preflight = (origin: string, at = server): Promise<HttpAnswer> =>
    ask(at, '/api/v1/auth/me', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    });

  it.each([WEB_APP, 'https://second.example.org'])('lets %s in, which is on the list', async (origin) => {
    const allowed = await preflight(origin);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin);
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
    expect(allowed.headers.get('vary')).toMatch(/origin/i);
    const answer = await ask(server, '/health/live', { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it.each([
    STRANGER,
    'null',
    `${WEB_APP}.attacker.example`,
    'http://app.example.org',
    'https://app.example.org:8443',
    '*',
    'https://sub.app.example.org',
  ])('does not let %s in', async (origin) => {
    for (const { headers } of [await preflight(origin), await ask(server, '/health/live', { headers: { origin } })]) {
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('lets nobody in where no list is set', async () => {
    const closed = await startApp();
    try {
      for (const { headers } of [
        await preflight(WEB_APP, closed),
        await ask(closed, '/health/live', { headers: { origin: WEB_APP } }),
      ]) {
        expect(headers.get('access-control-allow-origin')).toBeNull();
      }
    } finally {
      await closed.close();
    }
  });
});

describe('X-Forwarded-For', () => {
  /** An address that no other test counts under, also where Redis keeps the counters. */
  const anyAddress = (): string =>
    `198.${String(randomInt(18, 20))}.${String(randomInt(256))}.${String(randomInt(1, 255))}`;

  /** What is left of the limit of an address, after one more request. */
  async function leftFor(at: TestApp, forwarded: string): Promise<number> {
    const { headers } = await ask(at, '/api/v1/auth/refresh', {
      method: 'POST',
      body: '{}',
      headers: { ...JSON_TYPE, 'x-forwarded-for': forwarded },
    });
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
      const left = await inTurn(behind, [
        client,
        `${anyAddress()}, ${client}`,
        `${anyAddress()}, ${anyAddress()}, ${client}`,
      ]);
      expect(left).toEqual([119, 118, 117]);
    });

    it('shows in the list of sessions', async () => {
      const { email, password } = await newFirstAdmin(behind);
      const client = anyAddress();
      const body = JSON.stringify({ email, password });
      const signedIn = await ask(behind, LOGIN, {
        method: 'POST',
        body,
        headers: { ...JSON_TYPE, 'x-forwarded-for': client },
      });
      const { access_token } = JSON.parse(signedIn.text) as { access_token: string };
      const listed = await ask(behind, '/api/v1/auth/sessions', {
        headers: { authorization: `Bearer ${access_token}` },
      });
      const { data } = JSON.parse(listed.text) as { data: { address: string; current: boolean }[] };
      expect(data.find(({ current }) => current)?.address).toBe(client);
    });
  });
});
