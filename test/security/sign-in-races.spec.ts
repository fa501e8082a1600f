import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ApiKeysRepository } from '../../src/modules/auth/api-keys/api-keys.repository.js';
import { CredentialsRepository } from '../../src/modules/auth/credentials.repository.js';
import type { TokenResponse } from '../../src/modules/auth/dto/session.response.js';
import { FamilyRepository } from '../../src/modules/family/family.repository.js';
import { UsersRepository } from '../../src/modules/users/users.repository.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { onPostgres } from '../support/database.js';
import { newDevice } from '../support/devices.js';
import {
  as,
  asIdentity,
  byKey,
  newFamily,
  newFirstAdmin,
  newMember,
  newProfile,
  nobody,
  PASSWORD,
  problem,
  signIn,
  uniqueEmail,
  type Answer,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';
import { newestToken } from '../support/mail/outbox.js';
import { CLIENT, Upstream } from '../support/oidc/upstream.js';
import { callbackOf, PUBLIC_URL, Visitor } from '../support/oidc/visitor.js';
import { until } from '../support/process.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const NEXT = 'copper-lantern-27-orchards';

let upstream: Upstream;
let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  upstream = await Upstream.start([callbackOf('home')]);
  const home = {
    id: 'home',
    name: 'Home',
    issuer: upstream.issuer,
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
  };
  server = await startApp({
    env: { REGISTRATION: 'open', PUBLIC_URL, OIDC_PROVIDERS: JSON.stringify([home]) },
  });
  admin = await newFirstAdmin(server);
});
afterEach(() => {
  jest.restoreAllMocks();
  upstream.restore();
});
afterAll(async () => {
  await server.close();
  await upstream.close();
});

const newPerson = async (): Promise<FamilyMember> => (await newFamily(server)).parent;
const login = ({ email }: FamilyMember): Promise<Answer<TokenResponse>> =>
  nobody(server).post<TokenResponse>('/auth/login', { email, password: PASSWORD });

/** Asks for a link to set a new password; used by whoever calls what it gives. */
async function resetOf(person: FamilyMember): Promise<() => Promise<Answer<unknown>>> {
  await nobody(server).post('/auth/password/forgot', { email: person.email });
  const token = await newestToken(server, person.email, 'password');
  return () => nobody(server).post('/auth/password/reset', { token, new_password: NEXT });
}

/** Where a request is held up, and let go on. */
interface Gate {
  readonly reached: Promise<void>;
  open(): void;
}

/** Holds up the transaction that reads this, the `nth` time it is read for the person. */
function hold<T extends object>(repository: new (...args: never[]) => T, method: keyof T & string, nth: number): Gate {
  const target = server.app.get<Record<string, (...args: unknown[]) => Promise<unknown>>>(repository);
  const original = target[method]?.bind(target);
  const [reached, opened] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let count = 0;
  jest.spyOn(target, method).mockImplementation(async (...args: unknown[]) => {
    const value = await original?.(...args);
    count += 1;
    if (count === nth) {
      reached.resolve(undefined);
      await opened.promise;
    }
    return value;
  });
  return { reached: reached.promise, open: () => { opened.resolve(undefined); } }; // prettier-ignore
}

/**
 * Begins `inside` while somebody is held up at the gate, and lets them go on when it has ended or waits for them. The
 * embedded database has one connection, so there it always waits.
 */
async function meanwhile<T>(
  gate: Gate,
  outer: Promise<T>,
  inside: () => Promise<Answer<unknown>>,
): Promise<{ answer: T; other: Answer<unknown> }> {
  await gate.reached;
  let hasEnded = false;
  const ending = inside().finally(() => (hasEnded = true));
  if (onPostgres)
    await until('the other has ended, or waits', async () => {
      const [row] = await asIdentity<{ n: number }>(
        server,
        `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND locktype IN ('advisory', 'transactionid', 'tuple')
           AND (database IS NULL OR database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
        [],
      );
      return hasEnded || (row?.n ?? 0) > 0;
    });
  gate.open();
  return { other: await ending, answer: await outer };
}

/** The other has done what they wanted, and nothing that the sign-in gave opens anything. */
async function expectOut({ answer, other }: { answer: Answer<TokenResponse>; other: Answer<unknown> }): Promise<void> {
  expect([200, 204]).toContain(other.status);
  const { status, body } = answer;
  if (status !== 200) return;
  expect(await nobody(server).post('/auth/refresh', { refresh_token: body.refresh_token })).toMatchObject(
    problem(401, 'invalid_refresh_token'),
  );
  expect(await as(server, { bearer: `Bearer ${body.access_token ?? ''}` }).get('/auth/me')).toMatchObject({
    status: 401,
  });
}

describe('whoever signs in by a password that is known to others', () => {
  it('is out when its owner sets a new one by mail at the same moment', async () => {
    const person = await newPerson();
    const reset = await resetOf(person);
    const gate = hold(CredentialsRepository, 'findHash', 2);
    await expectOut(await meanwhile(gate, login(person), reset));
  });

  it('is out when its owner changes it at the same moment', async () => {
    const person = await newPerson();
    const change = { current_password: PASSWORD, new_password: NEXT };
    const gate = hold(CredentialsRepository, 'findHash', 2);
    await expectOut(
      await meanwhile(gate, login(person), () => as(server, person).post('/auth/password/change', change)),
    );
    expect(await as(server, person).get('/auth/me')).toMatchObject({ status: 200 });
  });

  it('is out when the account is disabled at the same moment, also when it is enabled again', async () => {
    const person = await newPerson();
    const set = (status: string): Promise<Answer<unknown>> =>
      as(server, admin).patch(`/users/${person.userId}`, { status });
    const gate = hold(CredentialsRepository, 'findHash', 2);
    const ended = await meanwhile(gate, login(person), () => set('disabled'));
    expect(await set('active')).toMatchObject({ status: 200 });
    await expectOut(ended);
  });

  it('does not set another password over the new one', async () => {
    const person = await newPerson();
    const reset = await resetOf(person);
    const theirs = { current_password: PASSWORD, new_password: 'somebody-elses-word-61' };
    const gate = hold(CredentialsRepository, 'findHash', 2);
    const change = as(server, person).post('/auth/password/change', theirs);
    const { answer, other } = await meanwhile(gate, change, reset);
    // Whichever came first ends the other: a change ends the link, a link the old password.
    expect([answer.status, other.status].sort()).toEqual([204, 400]);
    const set = answer.status === 204 ? theirs.new_password : NEXT;
    await expect(signIn(server, person.email, set)).resolves.toMatchObject({ userId: person.userId });
  });
});

describe('whoever has a session that its owner ends by a new password', () => {
  it('keeps no API key that is made at the same moment', async () => {
    const person = await newPerson();
    const reset = await resetOf(person);
    const gate = hold(ApiKeysRepository, 'count', 1);
    const key = { name: 'Mine', scopes: ['account:read'] };
    const making = as(server, person).post<{ key_secret?: string }>('/api-keys', key);
    const { answer: made, other } = await meanwhile(gate, making, reset);
    expect(other).toMatchObject({ status: 204 });
    expect(await byKey(server, made.body.key_secret ?? 'fa_live_none').get('/auth/me')).toMatchObject(
      problem(401, 'invalid_api_key'),
    );
    expect(await asIdentity(server, 'SELECT id FROM api_keys WHERE user_id = $1', [person.userId])).toEqual([]);
  });
});

describe('whoever offers something by a session that its owner ends by a new password', () => {
  interface Offered {
    readonly code?: string;
  }
  type Offer = (family: TestFamily, by: FamilyMember, deviceId: string) => Promise<Answer<Offered>>;
  const offers: readonly (readonly [string, Offer])[] = [
    ['an invitation', (_, by) => as(server, by).post<Offered>('/family/invitations', { role: 'parent' })],
    [
      'a device code',
      async (family, by) => {
        const member_id = await newProfile(server, family, 'child');
        return as(server, by).post<Offered>('/auth/device-codes', { member_id });
      },
    ],
    ['an approved device', (_, by, id) => as(server, by).post<Offered>(`/auth/devices/${id}/approve`)],
  ];

  it.each(offers)('leaves nothing of %s', async (_what, offer) => {
    const family = await newFamily(server);
    const person = await newMember(server, family, 'parent');
    const device = await newDevice(server, { ...family, parent: person });
    const reset = await resetOf(person);
    const gate = hold(FamilyRepository, 'lock', 1);
    const { answer, other } = await meanwhile(gate, offer(family, person, device.deviceId), reset);
    expect(other).toMatchObject({ status: 204 });
    const { code = 'none' } = answer.body;
    const request = { email: uniqueEmail(), password: PASSWORD, first_name: 'Eve', invitation: code };
    expect(await nobody(server).post('/auth/register', request)).toMatchObject(problem(404, 'invitation_invalid'));
    const enrolment = { code, device_name: 'Tablet', pin: '2580' };
    expect((await nobody(server).post('/auth/device/enrol', enrolment)).status).toBeGreaterThan(399);
    const unlock = { device_token: device.deviceToken, pin: '2580' };
    expect(await nobody(server).post('/auth/device/unlock', unlock)).toMatchObject(problem(403, 'device_locked'));
  });
});

describe('whoever proves the email of the account', () => {
  it('keeps the password when a provider vouches for the email at the same moment', async () => {
    const person = await newPerson();
    const token = await newestToken(server, person.email, 'email');
    upstream.person = { sub: `sub-${person.email}`, email: person.email, email_verified: true };
    const visitor = await Visitor.begin(server, 'home');
    const gate = hold(UsersRepository, 'findBySignInName', 1);
    const { answer, other } = await meanwhile(gate, visitor.goThrough(upstream), () =>
      nobody(server).post('/auth/email/verify', { token }),
    );
    expect(answer).toMatchObject({ status: 200, body: { user: { id: person.userId } } });
    // Whoever came first: a proof keeps the password, and the provider's word ends the link of the mail with it.
    const isProved = other.status === 204;
    expect(isProved || other.status === 400).toBe(true);
    expect((await login(person)).status).toBe(isProved ? 200 : 401);
  });
});
