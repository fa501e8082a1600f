import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import { as, asIdentity, newFirstAdmin, nobody, type Caller, type FamilyMember } from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

/** Every header by which proxies tell of the address before them. */
const FORWARDED = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-client-ip', 'cf-connecting-ip', 'true-client-ip'];
/** Limits of this server alone: those in Redis are shared with whatever else runs. */
const ENV = { REGISTRATION: 'open', RATE_LIMIT_MULTIPLIER: '1', REDIS_URL: '' };

const leftOf = async (caller: Caller): Promise<number> => {
  const { headers } = await caller.post('/auth/login', {});
  return Number(/r=(\d+)/.exec(headers['ratelimit'] ?? '')?.[1]);
};

describe('15: limits behind a proxy still apply whatever a client writes into X-Forwarded-For (CVE-2024-47070)', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp({ env: { ...ENV, TRUSTED_PROXIES: '127.0.0.1' } });
  });
  afterAll(() => server.close());

  it('what is no address counts as one, and does not fail', async () => {
    const garbage = nobody(server).with({ 'x-forwarded-for': 'a' });
    const before = await leftOf(garbage);
    expect(before).toBeGreaterThan(0);
    expect(await leftOf(garbage)).toBe(before - 1);
    for (const value of ['', ',', 'a,b,c', "' OR 1=1", '::::', '999.1.1.1', '%00', 'é'.repeat(10)])
      expect(
        (
          await nobody(server)
            .with({ 'x-forwarded-for': encodeURI(value) })
            .post('/auth/login', {})
        ).status,
      ).toBe(400);
  });

  it('what a client writes before the address that the proxy saw changes nothing', async () => {
    const spoofed = (): Caller =>
      nobody(server).with({ 'x-forwarded-for': `10.0.0.${String(randomBytes(1)[0])}, 192.0.2.77` });
    const before = await leftOf(spoofed());
    expect(await leftOf(spoofed())).toBe(before - 1);
    expect(await leftOf(nobody(server).with({ 'x-forwarded-for': '192.0.2.77' }))).toBe(before - 2);
  });
});

describe('20: forwarded headers of a client that is no trusted proxy are ignored (CVE-2026-3635)', () => {
  let server: TestApp;
  let admin: FamilyMember;
  beforeAll(async () => {
    server = await startApp({ env: { ...ENV, TRUSTED_PROXIES: '10.99.0.0/16' } });
    admin = await newFirstAdmin(server);
  });
  afterAll(() => server.close());

  it('so nobody gets a new counter by them', async () => {
    const before = await leftOf(nobody(server));
    for (const [at, header] of FORWARDED.entries()) {
      const value = header === 'forwarded' ? 'for=203.0.113.9' : `203.0.113.${String(at)}`;
      expect(await leftOf(nobody(server).with({ [header]: value }))).toBe(before - 1 - at);
    }
  });

  it('nor another address in the list of sessions and in the audit log', async () => {
    const { email, password } = admin;
    await nobody(server).with({ 'x-forwarded-for': '203.0.113.5' }).post('/auth/login', { email, password });
    const rows = await asIdentity<{ address: string }>(
      server,
      'SELECT DISTINCT address FROM sessions UNION SELECT DISTINCT address FROM audit_events',
      [],
    );
    expect(rows).toEqual([{ address: '127.0.0.1' }]);
    expect((await as(server, admin).with({ 'x-forwarded-host': 'evil.example' }).get('/auth/me')).status).toBe(200);
  });
});
