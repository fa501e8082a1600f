import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { LimitsConfig } from '../../src/platform/config/index.js';
import { TransactionRunner } from '../../src/platform/database/index.js';
import { DailyQuota, type Remainder } from '../../src/platform/limits/daily-quota.js';
import { QuotaStore, type QuotaSubject } from '../../src/platform/limits/quota-store.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import {
  as,
  asIdentity,
  newApiKey,
  newFamily,
  newFirstAdmin,
  problem,
  type Answer,
  type Caller,
  type FamilyMember,
} from '../support/factories.js';
import { until } from '../support/process.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

/** The windows of a minute are wide enough for a thousand; the days are those of the test. */
const ENV = { REGISTRATION: 'open', RATE_LIMIT_MULTIPLIER: '1000' };

let database: TestDatabase;
let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  database = await newDatabase();
  server = await startApp({ database, env: ENV });
  admin = await newFirstAdmin(server);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const allow = async (userId: string, max_requests_per_day: number | null): Promise<void> => {
  const { status, body } = await as(server, admin).patch<object>(`/users/${userId}`, { max_requests_per_day });
  expect({ status, body }).toMatchObject({ status: 200, body: { max_requests_per_day } });
};

/** Somebody who has asked for nothing yet: their sign-in belongs to no day. */
async function newPerson(): Promise<FamilyMember> {
  const { parent } = await newFamily(server);
  await asIdentity(server, 'DELETE FROM daily_requests WHERE user_id = $1', [parent.userId]);
  return parent;
}

const usedOf = async (subject: string): Promise<number | undefined> =>
  (await asIdentity<{ used: number }>(server, 'SELECT used FROM daily_requests WHERE subject_id = $1', [subject]))[0]
    ?.used;

/** As another process would count: a quota of its own on the same database. */
const newProcess = (limits: Partial<LimitsConfig> = {}): DailyQuota =>
  new DailyQuota(new QuotaStore(server.app.get(TransactionRunner)), Object.assign(new LimitsConfig(), limits));

const subjectOf = ({ userId, familyId }: FamilyMember): QuotaSubject => ({ userId, keyId: null, familyId });

const allowedOf = (answers: readonly (Remainder | undefined)[]): number =>
  answers.filter((answer) => answer?.isAllowed).length;

const statuses = (answers: readonly Answer<unknown>[]): Record<number, number> =>
  answers.reduce<Record<number, number>>(
    (counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }),
    {},
  );

const thousand = (caller: Caller): Promise<Answer<unknown>[]> =>
  Promise.all(Array.from({ length: 1000 }, () => caller.get('/family/members')));

describe('the quota of a key', () => {
  it('lets exactly five of 1,000 at once through, and costs its owner nothing more', async () => {
    const owner = await newPerson();
    const { caller, id } = await newApiKey(server, owner, ['member:read'], { max_requests_per_day: 5 });
    expect(statuses(await thousand(caller))).toEqual({ 200: 5, 429: 995 });
    const refused = await caller.get<{ retry_after: number }>('/family/members');
    expect(refused).toMatchObject(problem(429, 'rate_limit_exceeded'));
    expect(refused.headers['ratelimit-policy']).toBe('"key_day";q=5;w=86400');
    expect(refused.headers['ratelimit']).toMatch(/^"key_day";r=0;t=\d+$/);
    expect(refused.headers['retry-after']).toBe(String(refused.body.retry_after));
    expect(refused.body.retry_after).toBeLessThanOrEqual(90_000);
    expect(await usedOf(id)).toBe(5);
    expect(await as(server, owner).get('/family/members')).toMatchObject({ status: 200 });
  });

  it('is that of each key alone', async () => {
    const owner = await newPerson();
    const [one, other] = [
      await newApiKey(server, owner, ['member:read'], { max_requests_per_day: 1 }),
      await newApiKey(server, owner, ['member:read'], { max_requests_per_day: 1 }),
    ];
    for (const { caller } of [one, other]) {
      expect(await caller.get('/family/members')).toMatchObject({ status: 200 });
      expect(await caller.get('/family/members')).toMatchObject(problem(429, 'rate_limit_exceeded'));
    }
  });
});

describe('the quota of a person', () => {
  it('lets exactly five of 1,000 at once through', async () => {
    const person = await newPerson();
    await allow(person.userId, 5);
    // What this process has leased before is not asked again for.
    await server.app.get(DailyQuota).onApplicationShutdown();
    await asIdentity(server, 'DELETE FROM daily_requests WHERE user_id = $1', [person.userId]);
    expect(statuses(await thousand(as(server, person)))).toEqual({ 200: 5, 429: 995 });
    expect((await as(server, person).get('/auth/me')).headers['ratelimit-policy']).toBe('"day";q=5;w=86400');
  });

  it('holds for all of their keys and sessions together', async () => {
    const person = await newPerson();
    const keys = [await newApiKey(server, person, ['account:read']), await newApiKey(server, person, ['account:read'])];
    await allow(person.userId, 3);
    await server.app.get(DailyQuota).onApplicationShutdown();
    await asIdentity(server, 'DELETE FROM daily_requests WHERE user_id = $1', [person.userId]);
    for (const { caller } of keys) expect(await caller.get('/auth/me')).toMatchObject({ status: 200 });
    expect(await as(server, person).get('/auth/me')).toMatchObject({ status: 200 });
    for (const { caller } of keys)
      expect(await caller.get('/auth/me')).toMatchObject(problem(429, 'rate_limit_exceeded'));
  });

  it('is exact over several processes: 1,000 requests at once, some hundred allowed', async () => {
    for (const allowed of [5, 100, 301]) {
      const person = await newPerson();
      await allow(person.userId, allowed);
      const processes = [newProcess(), newProcess(), newProcess()];
      const answers = await Promise.all(
        Array.from({ length: 1000 }, async (_none, index) => processes[index % 3]?.take(subjectOf(person))),
      );
      expect(allowedOf(answers)).toBe(allowed);
      expect(await usedOf(person.userId)).toBe(allowed);
    }
  });

  it('survives a restart to the last request, and a killed process costs a lease but gives nobody more', async () => {
    const person = await newPerson();
    await allow(person.userId, 1000);
    const first = newProcess();
    for (let count = 0; count < 10; count += 1) await first.take(subjectOf(person));
    expect(await usedOf(person.userId)).toBeGreaterThan(10); // leased ahead
    await first.onApplicationShutdown();
    expect(await usedOf(person.userId)).toBe(10);

    const killed = newProcess();
    await killed.take(subjectOf(person));
    const after = newProcess();
    const answers = await Promise.all(Array.from({ length: 1100 }, async () => after.take(subjectOf(person))));
    const passed = 10 + 1 + allowedOf(answers);
    expect(passed).toBeLessThanOrEqual(1000);
    expect(passed).toBeGreaterThanOrEqual(1000 - 64);
  });

  it('stays spent when the server starts anew', async () => {
    const person = await newPerson();
    await allow(person.userId, 2);
    await server.app.get(DailyQuota).onApplicationShutdown();
    await asIdentity(server, 'DELETE FROM daily_requests WHERE user_id = $1', [person.userId]);
    for (let count = 0; count < 2; count += 1)
      expect(await as(server, person).get('/auth/me')).toMatchObject({ status: 200 });
    await server.close();
    server = await startApp({ database, env: ENV });
    expect(await as(server, person).get('/auth/me')).toMatchObject(problem(429, 'rate_limit_exceeded'));
  });

  it('is given back by a server that stops in order', async () => {
    const person = await newPerson();
    await allow(person.userId, 1000);
    await server.app.get(DailyQuota).onApplicationShutdown();
    await asIdentity(server, 'DELETE FROM daily_requests WHERE user_id = $1', [person.userId]);
    expect(await as(server, person).get('/auth/me')).toMatchObject({ status: 200 });
    expect(await usedOf(person.userId)).toBeGreaterThan(1);
    await server.close();
    server = await startApp({ database, env: ENV });
    expect(await usedOf(person.userId)).toBe(1);
  });

  it('costs one write of many requests', async () => {
    const person = await newPerson();
    const store = new QuotaStore(server.app.get(TransactionRunner));
    let leases = 0;
    const counted = {
      lease: (subject: QuotaSubject, standard: number | null) => {
        leases += 1;
        return store.lease(subject, standard);
      },
    } as unknown as QuotaStore;
    const quota = new DailyQuota(counted, new LimitsConfig());
    for (let count = 0; count < 640; count += 1) expect((await quota.take(subjectOf(person)))?.isAllowed).toBe(true);
    expect(leases).toBe(10);
  });

  it('can be raised by an admin while it is spent', async () => {
    const person = await newPerson();
    await allow(person.userId, 1);
    const quota = newProcess();
    expect((await quota.take(subjectOf(person)))?.isAllowed).toBe(true);
    expect((await quota.take(subjectOf(person)))?.isAllowed).toBe(false);
    await allow(person.userId, 50);
    await until('the new number counts', async () => (await quota.take(subjectOf(person)))?.isAllowed === true);
  });

  it('is the one of the server where an admin gave none, and none at all where the server has none', async () => {
    const person = await newPerson();
    expect(await newProcess({ requestsPerDay: 100, multiplier: 2 }).take(subjectOf(person))).toMatchObject({
      allowed: 200,
    });
    expect(await newProcess({ requestsPerDay: 0 }).take(subjectOf(person))).toBeUndefined();
    await allow(person.userId, 7);
    expect(await newProcess({ requestsPerDay: 0 }).take(subjectOf(person))).toMatchObject({ allowed: 7 });
    await allow(person.userId, null);
    expect(await newProcess({ requestsPerDay: 0 }).take(subjectOf(person))).toBeUndefined();
  });

  it('is for admins to set', async () => {
    const person = await newPerson();
    expect(await as(server, person).patch('/users/me', { max_requests_per_day: 9 })).toMatchObject(
      problem(400, 'validation_failed', 'max_requests_per_day'),
    );
    expect(await as(server, person).patch(`/users/${person.userId}`, { max_requests_per_day: 9 })).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    for (const wrong of [0, -1, 1.5, '9'])
      expect(await as(server, admin).patch(`/users/${person.userId}`, { max_requests_per_day: wrong })).toMatchObject(
        problem(400, 'validation_failed', 'max_requests_per_day'),
      );
  });
});

describe('the day', () => {
  const dayIn = (zone: string): string => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date());
  const storedDay = async (subject: string): Promise<string | undefined> =>
    (
      await asIdentity<{ day: string }>(server, 'SELECT day::text AS day FROM daily_requests WHERE subject_id = $1', [
        subject,
      ])
    )[0]?.day;

  const inZone = async (zone: string): Promise<FamilyMember> => {
    const person = await newPerson();
    expect(await as(server, person).patch('/family', { time_zone: zone })).toMatchObject({ status: 200 });
    await asIdentity(server, 'DELETE FROM daily_requests WHERE user_id = $1', [person.userId]);
    return person;
  };

  it.each(['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Europe/Madrid', 'Asia/Kathmandu'])(
    'begins at midnight in the zone of the family: %s',
    async (zone) => {
      const person = await inZone(zone);
      const before = dayIn(zone);
      const taken = await newProcess().take(subjectOf(person));
      const after = dayIn(zone);
      expect([before, after]).toContain(await storedDay(person.userId));
      // The end that is told is the midnight: a minute before it is the same day there, a minute after it the next one.
      const end = Date.now() + (taken?.resetIn ?? 0) * 1000;
      const at = (time: number): string => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(time);
      expect([before, after]).toContain(at(end - 60_000));
      expect(at(end + 60_000)).not.toBe(at(end - 60_000));
    },
  );

  it('that is new begins at nothing', async () => {
    const person = await inZone('Europe/Madrid');
    await allow(person.userId, 2);
    const yesterday = newProcess();
    const take = async (quota: DailyQuota): Promise<boolean | undefined> =>
      (await quota.take(subjectOf(person)))?.isAllowed;
    expect([await take(yesterday), await take(yesterday), await take(yesterday)]).toEqual([true, true, false]);
    await asIdentity(server, 'UPDATE daily_requests SET day = day - 1 WHERE subject_id = $1', [person.userId]);
    const today = newProcess();
    expect([await take(today), await take(today), await take(today)]).toEqual([true, true, false]);
  });

  it('is not begun again by going to a family farther west', async () => {
    const person = await inZone('Pacific/Kiritimati');
    await allow(person.userId, 1);
    expect((await newProcess().take(subjectOf(person)))?.isAllowed).toBe(true);
    const east = await storedDay(person.userId);
    await as(server, person).patch('/family', { time_zone: 'Pacific/Pago_Pago' });
    await asIdentity(server, 'UPDATE daily_requests SET used = 1, day = $2 WHERE subject_id = $1', [
      person.userId,
      east,
    ]);
    const west = await newProcess().take(subjectOf(person));
    expect(west?.isAllowed).toBe(false);
    expect(await storedDay(person.userId)).toBe(east);
    expect(west?.resetIn).toBeGreaterThan(86_400);
  });

  it('of a zone that the database does not know is that of UTC', async () => {
    const person = await newPerson();
    await asIdentity(server, "UPDATE users SET time_zone = 'Mars/Olympus' WHERE id = $1", [person.userId]);
    const taken = await newProcess().take({ userId: person.userId, keyId: null, familyId: null });
    expect(taken).toMatchObject({ isAllowed: true });
    expect(await storedDay(person.userId)).toBe(new Date().toISOString().slice(0, 10));
  });
});
