import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { FAMILY_ROLE_PERMISSIONS, GRANTABLE_PERMISSIONS } from '../../src/platform/security/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newApiKey,
  newFamily,
  newFirstAdmin,
  nobody,
  problem,
  type Answer,
  type FamilyMember,
  type PageOf,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

interface Grants {
  readonly user_id: string;
  readonly permissions: readonly string[];
}

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

const give = (giver: FamilyMember, to: FamilyMember, permission: string): Promise<Answer<Grants>> =>
  as(server, giver).post<Grants>('/roles/grants', { user_id: to.userId, permission });
const take = (taker: FamilyMember, from: FamilyMember, permission: string): Promise<Answer<Grants>> =>
  as(server, taker).post<Grants>('/roles/grants/revoke', { user_id: from.userId, permission });
const mine = async (person: FamilyMember): Promise<readonly string[]> =>
  (await as(server, person).get<{ permissions: string[] }>('/roles/me/permissions')).body.permissions;
const newPerson = async (): Promise<FamilyMember> => (await newFamily(server)).parent;

describe('a right besides roles', () => {
  it('counts at the next request, is shown, and is gone at once when it is taken', async () => {
    const person = await newPerson();
    expect(await as(server, person).get('/users')).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await give(admin, person, 'user:read')).toMatchObject({
      status: 200,
      body: { user_id: person.userId, permissions: ['user:read'] },
    });
    expect(await as(server, person).get('/users')).toMatchObject({ status: 200 });
    expect(await mine(person)).toContain('user:read');
    expect((await as(server, admin).get<Grants>(`/roles/grants/user/${person.userId}`)).body.permissions).toEqual([
      'user:read',
    ]);
    expect(await take(admin, person, 'user:read')).toMatchObject({ status: 200, body: { permissions: [] } });
    expect(await as(server, person).get('/users')).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await mine(person)).not.toContain('user:read');
  });

  it('is given and taken twice without harm, and recorded once', async () => {
    const person = await newPerson();
    for (let count = 0; count < 2; count += 1)
      expect(await give(admin, person, 'role:read')).toMatchObject({ status: 200 });
    for (let count = 0; count < 2; count += 1)
      expect(await take(admin, person, 'role:read')).toMatchObject({ status: 200 });
    const { body } = await as(server, person).get<PageOf<{ action: string; details: object }>>('/audit/me?limit=100');
    const events = body.data
      .filter(({ action }) => action.startsWith('grant.'))
      .map(({ action, details }) => ({ action, details }));
    expect(events.toReversed()).toEqual([
      { action: 'grant.give', details: { permission: 'role:read' } },
      { action: 'grant.take', details: { permission: 'role:read' } },
    ]);
  });

  it('is for those to give who may give roles, and never more than they have', async () => {
    const [deputy, person] = [await newPerson(), await newPerson()];
    expect(await give(deputy, person, 'user:read')).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(
      await nobody(server).post('/roles/grants', { user_id: person.userId, permission: 'user:read' }),
    ).toMatchObject(problem(401, 'unauthenticated'));
    await give(admin, deputy, 'role:write');
    await give(admin, deputy, 'user:read');
    expect(await give(deputy, person, 'user:read')).toMatchObject({ status: 200 });
    for (const permission of ['user:write', 'operations:write', 'audit:read'])
      expect(await give(deputy, person, permission)).toMatchObject(problem(403, 'not_yours_to_give'));
    expect(await give(deputy, deputy, 'user:write')).toMatchObject(problem(403, 'not_yours_to_give'));
    await give(admin, person, 'audit:read');
    expect(await take(deputy, person, 'audit:read')).toMatchObject(problem(403, 'not_yours_to_give'));
  });

  it('to change accounts changes none with more rights, not even for a moment', async () => {
    const [deputy, person, auditor] = [await newPerson(), await newPerson(), await newPerson()];
    await give(admin, deputy, 'user:write');
    await give(admin, auditor, 'audit:read');
    const second = await newPerson();
    await as(server, admin).post('/roles/assign', { user_id: second.userId, role: 'admin' });
    const change = (target: FamilyMember, body: object): Promise<Answer<unknown>> =>
      as(server, deputy).patch(`/users/${target.userId}`, body);
    for (const target of [admin, second, auditor])
      for (const body of [{ status: 'disabled' }, { telegram_id: 4711 }, { max_requests_per_day: 1 }])
        expect(await change(target, body)).toMatchObject(problem(403, 'not_yours_to_give'));
    expect(await as(server, second).get('/auth/me')).toMatchObject({ status: 200 });
    expect(await change(person, { status: 'disabled' })).toMatchObject({ status: 200 });
    expect(await change(person, { status: 'active' })).toMatchObject({ status: 200 });
    expect(await change(deputy, { first_name: 'Rosa' })).toMatchObject({ status: 200 });
    expect(await as(server, second).patch(`/users/${auditor.userId}`, { status: 'disabled' })).toMatchObject({
      status: 200,
    });
  });

  it('makes nobody an admin who may give roles only', async () => {
    const deputy = await newPerson();
    await give(admin, deputy, 'role:write');
    const assign = (role: string): Promise<Answer<unknown>> =>
      as(server, deputy).post('/roles/assign', { user_id: deputy.userId, role });
    for (const role of ['admin', 'operator'])
      expect(await assign(role)).toMatchObject(problem(403, 'not_yours_to_give'));
    expect(await as(server, deputy).post('/roles/revoke', { user_id: admin.userId, role: 'admin' })).toMatchObject(
      problem(403, 'not_yours_to_give'),
    );
    expect(await assign('viewer')).toMatchObject({ status: 200 });
  });

  it.each([...new Set(Object.values(FAMILY_ROLE_PERMISSIONS).flat()), 'admin:*', 'account:write', 'everything'])(
    '%s is none that can be given: no family is opened from outside',
    async (permission) => {
      expect(await give(admin, admin, permission)).toMatchObject(problem(400, 'validation_failed', 'permission'));
    },
  );

  it('is not there for an account that is not', async () => {
    const nowhere = { ...admin, userId: '019a9c1e-0000-7000-8000-000000000000' };
    expect(await give(admin, nowhere, 'user:read')).toMatchObject(problem(404, 'user_not_found'));
    expect(await as(server, admin).get(`/roles/grants/user/${nowhere.userId}`)).toMatchObject(
      problem(404, 'user_not_found'),
    );
  });

  it('is in the reach of a key whose scopes have it, as long as the owner has it', async () => {
    const person = await newPerson();
    await give(admin, person, 'operations:read');
    const { caller } = await newApiKey(server, person, ['account:read', 'operations:read']);
    const granted = async (): Promise<string[]> => (await caller.get<{ granted: string[] }>('/auth/me')).body.granted;
    expect(await granted()).toEqual(['account:read', 'operations:read']);
    await take(admin, person, 'operations:read');
    expect(await granted()).toEqual(['account:read']);
  });

  it('each can be given by an admin', async () => {
    const person = await newPerson();
    for (const permission of GRANTABLE_PERMISSIONS)
      expect(await give(admin, person, permission)).toMatchObject({ status: 200 });
    expect(await mine(person)).toEqual(expect.arrayContaining([...GRANTABLE_PERMISSIONS]));
  });
});
