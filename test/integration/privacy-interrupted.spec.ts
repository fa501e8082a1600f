import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ErasureService } from '../../src/modules/privacy/erasure.service.js';
import { ExportsService } from '../../src/modules/privacy/exports.service.js';
import { ExportFiles } from '../../src/modules/privacy/export-files.js';
import { uuidv7 } from '../../src/platform/ids.js';
import { PrivacyRegistry } from '../../src/platform/privacy/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { erase, receiptOf, type Receipt } from '../support/erasure.js';
import {
  as,
  asIdentity,
  newApiKey,
  newConversation,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  newTurns,
  nobody,
  PASSWORD,
  problem,
  type Answer,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';
import { mailsTo } from '../support/mail/outbox.js';
import { until } from '../support/process.js';

jest.setTimeout(120_000);

let server: TestApp;
let admin: FamilyMember;
let family: TestFamily;
let person: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  admin = await newFirstAdmin(server);
  family = await newFamily(server);
});
beforeEach(async () => {
  person = await newMember(server, family, 'grandparent');
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => server.close());

/** Lets somebody have something everywhere. */
async function settle({ bearer, userId }: FamilyMember): Promise<void> {
  await newMemory(server, { bearer }, 'I grew up in Vigo');
  await newTurns(server, { bearer }, (await newConversation(server, { bearer })).id, 'Good morning');
  const key = await newApiKey(server, { bearer }, ['memory:read']);
  await asIdentity(
    server,
    `INSERT INTO daily_requests (subject_id, user_id, api_key_id, day, used) VALUES ($1, $2, $1, '2026-01-31', 7)`,
    [key.id, userId],
  );
  await as(server, admin).post('/roles/grants', { user_id: userId, permission: 'audit:read' });
}

/** Asks for the erasure, and lets its time come. */
async function due({ bearer, userId }: FamilyMember): Promise<{ id: string; receipt: () => Promise<Receipt> }> {
  const { body } = await erase(server, { bearer });
  const statement = 'UPDATE privacy_erasures SET due_at = now() WHERE user_id = $1';
  await asIdentity(server, statement, [userId]);
  const [row] = await asIdentity<{ id: string }>(server, 'SELECT id FROM privacy_erasures WHERE user_id = $1', [
    userId,
  ]);
  return { id: row?.id ?? '', receipt: () => receiptOf(server, body) };
}

const goOn = (id: string): Promise<void> => server.app.get(ErasureService).erase(id);
const sources = (): ReturnType<PrivacyRegistry['list']> => server.app.get(PrivacyRegistry).list();

describe('an erasure', () => {
  test('that ends after any of its steps goes on, and its receipt tells of all of it', async () => {
    const twin = await newMember(server, family, 'grandparent');
    for (const each of [person, twin]) await settle(each);
    const whole = await due(twin);
    await goOn(whole.id);
    const broken = await due(person);
    for (const source of sources()) {
      const complete = source.erase.bind(source);
      const spy = jest.spyOn(source, 'erase').mockImplementationOnce(async (...given) => {
        await complete(...given);
        throw new Error('the power failed');
      });
      await expect(goOn(broken.id)).rejects.toThrow('the power failed');
      spy.mockRestore();
    }
    await goOn(broken.id);
    const { erased } = await broken.receipt();
    expect(erased).toEqual((await whole.receipt()).erased);
    expect(erased).toMatchObject({ accounts: 1, api_keys: 1, daily_requests: 1, permissions: 1 });
    expect(sources().length).toBeGreaterThan(4);
  });

  test('is not taken back once it has begun, by nobody', async () => {
    const [first] = sources();
    if (!first) throw new Error('nobody erases anything');
    const { id, receipt } = await due(person);
    const complete = first.erase.bind(first);
    const refused: unknown[] = [];
    jest.spyOn(first, 'erase').mockImplementationOnce(async (...given) => {
      const { email, userId } = person;
      refused.push(
        await nobody(server).post('/auth/login', { email, password: PASSWORD }),
        await as(server, admin).patch(`/users/${userId}`, { status: 'active' }),
      );
      await complete(...given);
    });
    await goOn(id);
    expect(refused).toMatchObject([problem(403, 'account_disabled'), problem(409, 'account_erasing')]);
    expect((await receipt()).erased).toMatchObject({ accounts: 1 });
  });

  test('takes along the mails that this server keeps', async () => {
    await nobody(server).post('/auth/password/forgot', { email: person.email });
    const sent = (await mailsTo(server, person.email)).length;
    expect(sent).toBeGreaterThan(0);
    const others = (await mailsTo(server, family.parent.email)).length;
    const { id, receipt } = await due(person);
    await goOn(id);
    expect((await receipt()).erased).toMatchObject({ mails: sent });
    expect(await mailsTo(server, person.email)).toEqual([]);
    expect(await mailsTo(server, family.parent.email)).toHaveLength(others);
  });
});

describe('a copy that cannot be made', () => {
  test('because its processes died each time is said to have failed, and keeps no other away', async () => {
    const ask = (): Promise<Answer<{ id: string }>> => as(server, person).post<{ id: string }>('/users/me/export');
    const { promise: disk, reject: fill } = Promise.withResolvers<never>();
    const write = jest.spyOn(ExportFiles.prototype, 'write').mockReturnValueOnce(disk);
    const { body: slow } = await ask();
    await until('the copy is begun', () => write.mock.calls.length > 0);
    const twin = await newMember(server, family, 'grandparent');
    // As it is left when the job has used up its attempts: buried as abandoned, without a word to anybody.
    const lost = uuidv7();
    await asIdentity(server, 'INSERT INTO privacy_exports (id, user_id) VALUES ($1, $2)', [lost, twin.userId]);
    await server.app.get(ExportsService).expire();
    expect(await as(server, person).get(`/users/me/exports/${slow.id}`)).toMatchObject(
      problem(409, 'export_not_ready'),
    );
    expect(await as(server, twin).get(`/users/me/exports/${lost}`)).toMatchObject(problem(409, 'export_failed'));
    fill(new Error('ENOSPC'));
    const next = await as(server, twin).post<{ id: string }>('/users/me/export');
    expect(next.body.id).not.toBe(lost);
    for (const [who, id] of [
      [twin, next.body.id],
      [person, slow.id],
    ] as const)
      await until('the copy', async () => (await as(server, who).get(`/users/me/exports/${id}`)).status === 200);
  });

  test('is tried again, and then said to have failed; the next one is made', async () => {
    const disk = jest.spyOn(ExportFiles.prototype, 'write').mockRejectedValue(new Error('ENOSPC'));
    const { body } = await as(server, person).post<{ id: string }>('/users/me/export');
    const path = `/users/me/exports/${body.id}`;
    const fetched = await until('the last attempt', async () => {
      // As if the time between the attempts had passed.
      await asIdentity(server, `UPDATE jobs.job SET due_at = now() WHERE queue = $1`, ['privacy.export']);
      const answer = await as(server, person).get(path);
      return (answer.body as { code: string }).code === 'export_not_ready' ? undefined : answer;
    });
    expect(fetched).toMatchObject(problem(409, 'export_failed'));
    expect(disk).toHaveBeenCalledTimes(4);
    disk.mockRestore();
    const next = await as(server, person).post<{ id: string }>('/users/me/export');
    expect(next.body.id).not.toBe(body.id);
    const made = await until('the copy', async () => {
      const { status } = await as(server, person).get(`/users/me/exports/${next.body.id}`);
      return status === 409 ? undefined : status;
    });
    expect(made).toBe(200);
  });
});
