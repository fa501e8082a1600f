import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ErasureService } from '../../src/modules/privacy/erasure.service.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { erase, receiptOf, sentinel, type Receipt } from '../support/erasure.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  nobody,
  PASSWORD,
  problem,
  signIn,
  type Answer,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';
import { newestToken } from '../support/mail/outbox.js';
import { tracesOf } from './memory-traces.js';

jest.setTimeout(120_000);

describe('the grace before an erasure', () => {
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
  afterAll(() => server.close());

  test('is seven days, in which the account opens nothing', async () => {
    const other = await signIn(server, person.email);
    const { body } = await erase(server, person);
    const left = Date.parse(body.erase_after) - Date.now();
    expect(left).toBeGreaterThan(6.9 * 86_400_000);
    expect(left).toBeLessThanOrEqual(7 * 86_400_000);
    for (const session of [person, other]) {
      expect(await as(server, session).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
      const refreshed = await nobody(server).post('/auth/refresh', { refresh_token: session.refreshToken });
      expect([401, 403]).toContain(refreshed.status);
    }
    expect((await nobody(server).get<Receipt>(`/privacy/receipts/${body.receipt_code}`)).body).toEqual({
      state: 'pending',
      requested_at: expect.any(String),
      erase_after: body.erase_after,
      erased_at: null,
      erased: {},
      backups_until: null,
    });
  });

  test('ends when the person signs in: everything is as it was, and the receipt is void', async () => {
    const { id } = await newMemory(server, person, 'Still mine');
    const { body } = await erase(server, person);
    expect(
      await nobody(server).post('/auth/login', { email: person.email, password: 'not-my-password' }),
    ).toMatchObject(problem(401, 'invalid_credentials'));
    const again = await signIn(server, person.email);
    expect((await as(server, again).get(`/memories/${id}`)).status).toBe(200);
    expect(await nobody(server).get(`/privacy/receipts/${body.receipt_code}`)).toMatchObject(
      problem(404, 'receipt_not_found'),
    );
    const [pending] = await asIdentity<{ n: number }>(
      server,
      'SELECT count(*)::int AS n FROM privacy_erasures WHERE user_id = $1',
      [person.userId],
    );
    expect(pending).toEqual({ n: 0 });
    expect(
      (await as(server, again).get<{ data: { action: string }[] }>('/audit/me?action=account.')).body.data,
    ).toMatchObject([{ action: 'account.erasure_cancel' }, { action: 'account.erase' }]);
  });

  test('is not shortened by a job that comes early or for an erasure that was taken back', async () => {
    await erase(server, person);
    const [row] = await asIdentity<{ id: string }>(server, 'SELECT id FROM privacy_erasures WHERE user_id = $1', [
      person.userId,
    ]);
    await server.app.get(ErasureService).erase(row?.id ?? '');
    const again = await signIn(server, person.email);
    await server.app.get(ErasureService).erase(row?.id ?? '');
    expect((await as(server, again).get('/auth/me')).status).toBe(200);
  });

  test('does not save what the person told a family that a parent takes them out of meanwhile', async () => {
    const word = sentinel();
    await newMemory(server, person, `I have ${word}`, { visibility: 'family', subject_id: person.memberId });
    const { body } = await erase(server, person);
    expect((await as(server, family.parent).delete(`/family/members/${person.memberId}`)).status).toBe(204);
    const [row] = await asIdentity<{ id: string }>(server, 'SELECT id FROM privacy_erasures WHERE user_id = $1', [
      person.userId,
    ]);
    await asIdentity(server, 'UPDATE privacy_erasures SET due_at = now() WHERE user_id = $1', [person.userId]);
    await server.app.get(ErasureService).erase(row?.id ?? '');
    // Of the memory itself; what was understood from it comes on top.
    expect((await receiptOf(server, body)).erased['memories']).toBeGreaterThanOrEqual(1);
    expect(await tracesOf(server, [word])).toEqual([]);
  });

  test('does not stop for an account that an admin disables meanwhile', async () => {
    const { body } = await erase(server, person);
    await asIdentity(server, `UPDATE users SET status = 'disabled' WHERE id = $1`, [person.userId]);
    const rows = await asIdentity<{ id: string }[]>(
      server,
      'UPDATE privacy_erasures SET due_at = now() WHERE user_id = $1 RETURNING id',
      [person.userId],
    );
    await server.app.get(ErasureService).erase((rows.flat() as { id: string }[])[0]?.id ?? '');
    expect((await receiptOf(server, body)).erased).toMatchObject({ accounts: 1 });
  });

  test('ends for whoever forgot the password too: the link works, and signing in takes it back', async () => {
    const { body } = await erase(server, person);
    expect((await nobody(server).post('/auth/password/forgot', { email: person.email })).status).toBe(202);
    const token = await newestToken(server, person.email, 'password');
    const new_password = 'copper-lantern-27-orchards';
    expect((await nobody(server).post('/auth/password/reset', { token, new_password })).status).toBe(204);
    // Whoever only has the mail has not come back yet.
    const receipt = await nobody(server).get<Receipt>(`/privacy/receipts/${body.receipt_code}`);
    expect(receipt.body.state).toBe('pending');
    expect((await as(server, await signIn(server, person.email, new_password)).get('/auth/me')).status).toBe(200);
    expect(await nobody(server).get(`/privacy/receipts/${body.receipt_code}`)).toMatchObject(
      problem(404, 'receipt_not_found'),
    );
  });

  test('is ended by nobody but its owner: no admin makes a closing account active, also not by a detour', async () => {
    const { body } = await erase(server, person);
    const set = (status: string): Promise<Answer<{ status: string }>> =>
      as(server, admin).patch<{ status: string }>(`/users/${person.userId}`, { status });
    expect(await set('active')).toMatchObject(problem(409, 'account_closing'));
    expect(await set('disabled')).toMatchObject({ status: 200, body: { status: 'disabled' } });
    const asOwner = { email: person.email, password: PASSWORD };
    expect(await nobody(server).post('/auth/login', asOwner)).toMatchObject(problem(403, 'account_disabled'));
    expect(await set('active')).toMatchObject({ status: 200, body: { status: 'closing' } });
    expect((await nobody(server).get<Receipt>(`/privacy/receipts/${body.receipt_code}`)).body.state).toBe('pending');
    expect((await as(server, await signIn(server, person.email)).get('/auth/me')).status).toBe(200);
    expect(await nobody(server).get(`/privacy/receipts/${body.receipt_code}`)).toMatchObject(
      problem(404, 'receipt_not_found'),
    );
  });

  test('keeps the email taken', async () => {
    await erase(server, person);
    const taken = { email: person.email, password: PASSWORD, first_name: 'Rosa' };
    expect(await nobody(server).post('/auth/register', taken)).toMatchObject(problem(409, 'email_taken'));
  });
});
