import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ErasureService } from '../../src/modules/privacy/erasure.service.js';
import { fetchArchive, type Archive } from '../support/archive.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { erase, eraseAt, receiptOf, sentinel, type Erasure } from '../support/erasure.js';
import { enrolDevice, newDevice, type NewDevice } from '../support/devices.js';
import {
  as,
  asIdentity,
  newChild,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  newProfile,
  nobody,
  PASSWORD,
  problem,
  signIn,
  type Answer,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';
import { until } from '../support/process.js';
import { tracesOf } from './memory-traces.js';

jest.setTimeout(120_000);

let server: TestApp;
let admin: FamilyMember;
let family: TestFamily;
let child: NewDevice;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  admin = await newFirstAdmin(server);
});
beforeEach(async () => {
  family = await newFamily(server);
  child = await newDevice(server, family);
});
afterAll(() => server.close());

const statusOf = async (userId: string): Promise<string | undefined> =>
  (await asIdentity<{ status: string }>(server, 'SELECT status FROM users WHERE id = $1', [userId]))[0]?.status;
const isGone = async (userId: string): Promise<boolean> => (await statusOf(userId)) === undefined;
const tend = (): Promise<void> => server.app.get(ErasureService).closeDeserted();
/** Lets days pass for an account, in which nothing becomes of it. */
async function age(userId: string, days: number): Promise<void> {
  for (const statement of [
    'UPDATE users SET updated_at = updated_at - make_interval(days => $2) WHERE id = $1',
    `WITH known AS (DELETE FROM former_members WHERE user_id = $1 RETURNING *)
     INSERT INTO former_members (member_id, family_id, user_id, left_at)
       SELECT member_id, family_id, user_id, left_at - make_interval(days => $2) FROM known`,
  ])
    await asIdentity(server, statement, [userId, days]);
}

/** Lets the time of an erasure come. */
async function due(userId: string): Promise<void> {
  await asIdentity(server, 'UPDATE privacy_erasures SET due_at = now() WHERE user_id = $1', [userId]);
  const [row] = await asIdentity<{ id: string }>(server, 'SELECT id FROM privacy_erasures WHERE user_id = $1', [
    userId,
  ]);
  await server.app.get(ErasureService).erase(row?.id ?? '');
}

describe('a copy of a child’s data', () => {
  const ask = (who: Pick<FamilyMember, 'bearer'>, memberId: string): Promise<Answer<{ id: string }>> =>
    as(server, who).post<{ id: string }>(`/family/members/${memberId}/export`);

  async function copyOf(memberId: string): Promise<{ id: string; archive: Archive }> {
    const { status, body } = await ask(family.parent, memberId);
    expect(status).toBe(202);
    return { id: body.id, archive: await fetchArchive(server, family.parent, body.id) };
  }

  test('is for a parent to ask for and to fetch, and the child sees that it happened', async () => {
    await newMemory(server, child, 'I live in Vigo');
    const { id, archive } = await copyOf(child.memberId);
    expect(archive.rows('account')).toMatchObject([{ id: child.userId, email: null }]);
    expect(archive.rows('families')).toMatchObject([{ id: child.memberId }]);
    expect(archive.rows('memories')).toMatchObject([{ content: 'I live in Vigo' }]);
    expect(archive.rows('devices')).toMatchObject([{ id: child.deviceId }]);
    const seen = await as(server, child).get<{ data: { action: string; actor: object }[] }>('/audit/me?action=member.');
    expect(seen.body.data.map(({ action }) => action)).toEqual(['member.export_fetch', 'member.export']);
    // Of two parents each fetches what they asked for, and nobody else anything.
    const second = await newMember(server, family, 'parent');
    for (const other of [second, (await newFamily(server)).parent, admin])
      expect(await as(server, other).get(`/users/me/exports/${id}`)).toMatchObject(problem(404, 'export_not_found'));
    expect(await as(server, child).get(`/users/me/exports/${id}`)).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
  });

  test('is fetched by nobody who is a parent no more, nor of a child that is none any more', async () => {
    const second = await newMember(server, family, 'parent');
    const { body } = await ask(second, child.memberId);
    await fetchArchive(server, second, body.id);
    const fetch = (): Promise<Answer<unknown>> => as(server, second).get(`/users/me/exports/${body.id}`);
    const change = (id: string, role: string): Promise<Answer<unknown>> =>
      as(server, family.parent).patch(`/family/members/${id}`, { role });
    await change(child.memberId, 'teenager');
    expect(await fetch()).toMatchObject(problem(404, 'export_not_found'));
    await change(child.memberId, 'child');
    expect(await fetch()).toMatchObject({ status: 200 });
    await change(second.memberId, 'grandparent');
    expect(await fetch()).toMatchObject(problem(404, 'export_not_found'));
  });

  test('is not made of others, nor of what parents do not see', async () => {
    const teenager = await newDevice(server, family, 'teenager');
    await newMemory(server, teenager, 'My own secret');
    const parent = family.parent;
    expect(await ask(parent, teenager.memberId)).toMatchObject(problem(409, 'not_decided_by_parents'));
    // A teenager who is made a child keeps it.
    await as(server, parent).patch(`/family/members/${teenager.memberId}`, { role: 'child' });
    expect(await ask(parent, teenager.memberId)).toMatchObject(problem(409, 'not_decided_by_parents'));
    const alone = await newChild(server, family);
    expect(await ask(parent, alone.memberId)).toMatchObject(problem(409, 'member_signs_in_alone'));
    const profile = await newProfile(server, family, 'child');
    expect(await ask(parent, profile)).toMatchObject(problem(409, 'member_without_account'));
    expect(await ask((await newFamily(server)).parent, child.memberId)).toMatchObject(problem(404, 'member_not_found'));
    const grandparent = await newMember(server, family, 'grandparent');
    expect(await ask(grandparent, child.memberId)).toMatchObject(problem(403, 'insufficient_permissions'));
  });
});

describe('the end of a child’s account', () => {
  const end = (who: Pick<FamilyMember, 'bearer'>, memberId: string, body?: object): Promise<Answer<Erasure>> =>
    eraseAt(server, `/family/members/${memberId}/account`, who, body);

  test('is for a parent to decide: no device opens it, and after the grace nothing is left', async () => {
    const [said, name] = [sentinel(), sentinel()];
    await newMemory(server, child, `I have ${said}`, { visibility: 'family' });
    await as(server, child).patch('/users/me', { first_name: name });
    expect(await end(family.parent, child.memberId, { password: 'not-my-password' })).toMatchObject(
      problem(400, 'wrong_password', 'password'),
    );
    const { status, body } = await end(family.parent, child.memberId);
    expect([status, body.families]).toEqual([202, [{ id: family.familyId, fate: 'left' }]]);
    expect(await as(server, child).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    const pin = { device_token: child.deviceToken, pin: '2580' };
    expect(await nobody(server).post('/auth/device/unlock', pin)).toMatchObject(problem(401, 'invalid_device'));
    expect(await end(family.parent, child.memberId)).toMatchObject(problem(409, 'account_closing'));
    await due(child.userId);
    expect((await receiptOf(server, body)).erased).toMatchObject({ accounts: 1, memberships: 1 });
    expect(await tracesOf(server, [said, name])).toEqual([]);
  });

  test('is taken back by letting a device in again, with everything as it was', async () => {
    const { id } = await newMemory(server, child, 'Still mine');
    const { body } = await end(family.parent, child.memberId);
    const again = await enrolDevice(server, family, child.memberId);
    expect(again.userId).toBe(child.userId);
    expect((await as(server, again).get(`/memories/${id}`)).status).toBe(200);
    expect(await nobody(server).get(`/privacy/receipts/${body.receipt_code}`)).toMatchObject(
      problem(404, 'receipt_not_found'),
    );
  });

  test('is nobody else’s to decide, and of no other account', async () => {
    const grandparent = await newMember(server, family, 'grandparent');
    for (const who of [grandparent, child])
      expect(await end(who, child.memberId, {})).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await end((await newFamily(server)).parent, child.memberId)).toMatchObject(problem(404, 'member_not_found'));
    expect(await end(family.parent, grandparent.memberId)).toMatchObject(problem(409, 'member_signs_in_alone'));
    const teenager = await newDevice(server, family, 'teenager');
    expect(await end(family.parent, teenager.memberId)).toMatchObject(problem(409, 'not_decided_by_parents'));
    expect(await statusOf(child.userId)).toBe('active');
  });

  test('comes with the last membership of those who live on devices', async () => {
    const said = sentinel();
    await newMemory(server, child, `I have ${said}`, { visibility: 'family' });
    const kept = await newDevice(server, family);
    await as(server, family.parent).delete(`/auth/devices/${kept.deviceId}`);
    const guest = await newMember(server, family, 'grandparent');
    for (const memberId of [child.memberId, guest.memberId])
      expect((await as(server, family.parent).delete(`/family/members/${memberId}`)).status).toBe(204);
    await age(child.userId, 29);
    await tend();
    expect(await statusOf(child.userId)).toBe('active');
    for (const { userId } of [child, kept, guest]) await age(userId, 31);
    await tend();
    expect(await statusOf(child.userId)).toBe('closing');
    await due(child.userId);
    expect(await isGone(child.userId)).toBe(true);
    expect(await tracesOf(server, [said])).toEqual([]);
    // Who has a way in, or a family and no device for now, stays.
    expect(await statusOf(guest.userId)).toBe('active');
    expect(await statusOf(kept.userId)).toBe('active');
  });

  test('that nobody asked for an admin takes back, also of one that is disabled', async () => {
    const said = sentinel();
    await newMemory(server, child, `I have ${said}`, { visibility: 'family' });
    await as(server, family.parent).delete(`/family/members/${child.memberId}`);
    const set = (status: string): Promise<Answer<unknown>> =>
      as(server, admin).patch(`/users/${child.userId}`, { status });
    for (const isDisabled of [false, true]) {
      if (isDisabled) await set('disabled');
      await age(child.userId, 31);
      await tend();
      expect(await statusOf(child.userId)).toBe(isDisabled ? 'disabled' : 'closing');
      expect(await set('active')).toMatchObject({ status: 200, body: { status: 'active' } });
      // Nothing of it goes, and it waits anew.
      await tend();
      expect(await statusOf(child.userId)).toBe('active');
      expect(await asIdentity(server, 'SELECT FROM privacy_erasures WHERE user_id = $1', [child.userId])).toEqual([]);
    }
    expect(await tracesOf(server, [said])).not.toEqual([]);
  });

  test('that a parent asked for no admin takes back', async () => {
    await end(family.parent, child.memberId);
    await as(server, family.parent).delete(`/family/members/${child.memberId}`);
    const status = 'active';
    expect(await as(server, admin).patch(`/users/${child.userId}`, { status })).toMatchObject(
      problem(409, 'account_closing'),
    );
  });

  test('comes when the family is erased', async () => {
    const guest = await newMember(server, family, 'grandparent');
    expect((await erase(server, family.parent, { password: PASSWORD, family: 'erase' })).status).toBe(202);
    await due(family.parent.userId);
    for (const { userId } of [child, guest]) await age(userId, 30);
    await tend();
    expect(await statusOf(child.userId)).toBe('closing');
    await due(child.userId);
    expect(await isGone(child.userId)).toBe(true);
    expect(await statusOf(guest.userId)).toBe('active');
  });
});

describe('the end of any account', () => {
  const end = (who: Pick<FamilyMember, 'bearer'>, userId: string, body?: object): Promise<Answer<Erasure>> =>
    eraseAt(server, `/users/${userId}`, who, body);

  test('is for an admin to decide; its owner takes it back by signing in', async () => {
    const person = await newChild(server, family);
    const { status, body } = await end(admin, person.userId);
    expect([status, body.families]).toEqual([202, [{ id: family.familyId, fate: 'left' }]]);
    expect(await as(server, person).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    expect(await end(admin, person.userId)).toMatchObject(problem(409, 'account_closing'));
    const again = await signIn(server, person.email);
    const { data } = (await as(server, again).get<{ data: { action: string }[] }>('/audit/me?action=account.')).body;
    expect(data.map(({ action }) => action)).toEqual(['account.erasure_cancel', 'account.erase']);
    const second = await end(admin, person.userId);
    await due(person.userId);
    expect((await receiptOf(server, second.body)).erased).toMatchObject({ accounts: 1, memberships: 1 });
    expect(await end(admin, person.userId)).toMatchObject(problem(404, 'user_not_found'));
  });

  test('of one that is disabled is taken back by nobody', async () => {
    const person = await newMember(server, family, 'grandparent');
    await as(server, admin).patch(`/users/${person.userId}`, { status: 'disabled' });
    const { body } = await end(admin, person.userId);
    const login = { email: person.email, password: PASSWORD };
    expect(await nobody(server).post('/auth/login', login)).toMatchObject(problem(403, 'account_disabled'));
    await due(person.userId);
    expect((await receiptOf(server, body)).erased).toMatchObject({ accounts: 1 });
  });

  test('needs the password, the right, and a decision about a family without a parent', async () => {
    const person = await newMember(server, family, 'grandparent');
    expect(await end(admin, person.userId, { password: 'not-my-password' })).toMatchObject(
      problem(400, 'wrong_password', 'password'),
    );
    expect(await end(family.parent, person.userId)).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await end(admin, family.parent.userId)).toMatchObject(problem(409, 'last_parent_of_others', 'family'));
    expect(await end(admin, admin.userId)).toMatchObject(problem(409, 'last_admin'));
    await as(server, admin).post('/roles/grants', { user_id: person.userId, permission: 'user:write' });
    expect(await end(person, child.userId)).toMatchObject(problem(403, 'insufficient_permissions'));
    await until('nothing is closed', async () => (await statusOf(person.userId)) === 'active');
  });
});
