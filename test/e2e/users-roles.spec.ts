import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { MyPermissionsResponse, RolesResponse } from '../../src/modules/users/dto/role.response.js';
import { FAMILY_ROLES, SERVER_ROLES } from '../../src/platform/security/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newFamily,
  newFirstAdmin,
  newMember,
  nobody,
  problem,
  type Answer,
  type FamilyMember,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const NOBODY = '019a9c1e-0000-7000-8000-000000000000';

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

const newPerson = async (): Promise<FamilyMember> => (await newFamily(server)).parent;
const assign = (by: FamilyMember, userId: string, role: string): Promise<Answer<unknown>> =>
  as(server, by).post('/roles/assign', { user_id: userId, role });
const revoke = (by: FamilyMember, userId: string, role: string): Promise<Answer<unknown>> =>
  as(server, by).post('/roles/revoke', { user_id: userId, role });

describe('reading roles', () => {
  it('an admin sees every role with its rights', async () => {
    const { body } = await as(server, admin).get<RolesResponse>('/roles');
    const named = (scope: string): string[] =>
      body.data
        .filter((role) => role.scope === scope)
        .map(({ name }) => name)
        .sort();
    expect(named('server')).toEqual([...SERVER_ROLES].sort());
    expect(named('family')).toEqual([...FAMILY_ROLES].sort());
    expect(body.data.find(({ name }) => name === 'admin')?.permissions).toContain('role:write');
    expect(body.data.find(({ name }) => name === 'child')?.permissions).not.toContain('member:write_own');
  });

  it('an admin sees whose they are', async () => {
    const { userId } = await newPerson();
    expect(await as(server, admin).get(`/roles/user/${userId}`)).toMatchObject({
      status: 200,
      body: { user_id: userId, roles: ['user'] },
    });
    expect(await as(server, admin).get(`/roles/user/${NOBODY}`)).toMatchObject(problem(404, 'user_not_found'));
    expect(await as(server, admin).get('/roles/user/x')).toMatchObject(problem(400, 'validation_failed', 'id'));
  });

  it('everybody sees their own', async () => {
    const teenager = await newMember(server, await newFamily(server), 'teenager');
    const { body } = await as(server, teenager).get<MyPermissionsResponse>('/roles/me/permissions');
    expect(body).toMatchObject({ server_roles: ['user'], family_role: 'teenager' });
    expect(body.permissions).toContain('family:read');
    expect(body.permissions).not.toContain('family:leave');
  });

  it('nobody else sees or changes any', async () => {
    const person = await newPerson();
    for (const answer of [
      await as(server, person).get('/roles'),
      await as(server, person).get(`/roles/user/${person.userId}`),
      await assign(person, person.userId, 'admin'),
      await revoke(person, admin.userId, 'admin'),
    ]) {
      expect(answer).toMatchObject(problem(403, 'insufficient_permissions'));
    }
    expect(await nobody(server).get('/roles')).toMatchObject(problem(401, 'unauthenticated'));
    expect(await nobody(server).post('/roles/assign', { user_id: person.userId, role: 'admin' })).toMatchObject(
      problem(401, 'unauthenticated'),
    );
  });
});

describe('giving and taking roles', () => {
  it('takes effect with the next request of the same token', async () => {
    const person = await newPerson();
    const users = (): Promise<Answer<unknown>> => as(server, person).get('/users?limit=1');
    expect(await users()).toMatchObject(problem(403, 'insufficient_permissions'));

    expect(await assign(admin, person.userId, 'admin')).toMatchObject({
      status: 200,
      body: { id: person.userId, roles: ['admin', 'user'] },
    });
    expect(await users()).toMatchObject({ status: 200 });

    expect(await revoke(admin, person.userId, 'admin')).toMatchObject({ status: 200, body: { roles: ['user'] } });
    expect(await users()).toMatchObject(problem(403, 'insufficient_permissions'));
  });

  it('can be repeated without harm', async () => {
    const { userId } = await newPerson();
    await assign(admin, userId, 'operator');
    expect(await assign(admin, userId, 'operator')).toMatchObject({
      status: 200,
      body: { roles: ['operator', 'user'] },
    });
    await revoke(admin, userId, 'operator');
    expect(await revoke(admin, userId, 'operator')).toMatchObject({ status: 200, body: { roles: ['user'] } });
  });

  it('needs an account and a role on the server', async () => {
    const { userId } = await newPerson();
    expect(await assign(admin, NOBODY, 'user')).toMatchObject(problem(404, 'user_not_found'));
    expect(await revoke(admin, NOBODY, 'user')).toMatchObject(problem(404, 'user_not_found'));
    expect(await assign(admin, userId, 'parent')).toMatchObject(problem(400, 'validation_failed', 'role'));
    expect(await assign(admin, 'x', 'superuser')).toMatchObject(problem(400, 'validation_failed', 'user_id', 'role'));
    const extra = as(server, admin).post('/roles/assign', { user_id: userId, role: 'user', permissions: ['admin:*'] });
    expect(await extra).toMatchObject(problem(400, 'validation_failed', 'permissions'));
  });

  it('an operator runs the server and manages nobody', async () => {
    const person = await newPerson();
    await assign(admin, person.userId, 'operator');
    const me = await as(server, person).get('/auth/me');
    expect(me).toMatchObject({
      body: { permissions: { view_operations: true, manage_users: false, manage_roles: false } },
    });
    expect(await as(server, person).get('/users')).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await assign(person, person.userId, 'admin')).toMatchObject(problem(403, 'insufficient_permissions'));
  });
});

describe('a viewer', () => {
  it('reads and changes nothing, not even as a parent', async () => {
    const family = await newFamily(server);
    const viewer = family.parent;
    await assign(admin, viewer.userId, 'viewer');
    await revoke(admin, viewer.userId, 'user');
    const me = as(server, viewer);

    for (const path of [
      '/auth/me',
      '/users/me',
      '/family',
      '/family/members',
      '/family/invitations',
      '/families',
      '/auth/sessions',
    ]) {
      expect(await me.get(path)).toMatchObject({ status: 200 });
    }
    for (const answer of [
      await me.patch('/users/me', { first_name: 'X' }),
      await me.patch('/family', { name: 'X' }),
      await me.post('/families', { name: 'X' }),
      await me.post('/family/members', { first_name: 'X', role: 'child' }),
      await me.patch(`/family/members/${viewer.memberId}`, { first_name: 'X' }),
      await me.delete(`/family/members/${viewer.memberId}`),
      await me.post('/family/invitations', { role: 'parent' }),
      await me.post('/family/invitations/accept', { code: '7K2M-9QXA-R4TD' }),
      await me.post('/auth/password/change', { current_password: 'x', new_password: 'y' }),
    ]) {
      expect(answer).toMatchObject(problem(403, 'insufficient_permissions'));
    }
    expect(await me.post('/auth/logout')).toMatchObject({ status: 204 });
  });

  it('who is a user besides keeps the rights of a user', async () => {
    const { parent } = await newFamily(server);
    await assign(admin, parent.userId, 'viewer');
    expect(await as(server, parent).patch('/family', { name: 'Still ours' })).toMatchObject({ status: 200 });
  });
});

describe('the last admin', () => {
  let alone: TestApp;

  beforeAll(async () => {
    alone = await startApp({ env: { REGISTRATION: 'open' } });
  });
  afterAll(() => alone.close());

  it('stays, whatever is tried, until there is another who can sign in', async () => {
    const first = await newFirstAdmin(alone);
    const second = (await newFamily(alone)).parent;
    const by = as(alone, first);
    const revokeFirst = (): Promise<Answer<unknown>> =>
      by.post('/roles/revoke', { user_id: first.userId, role: 'admin' });
    const disableFirst = (): Promise<Answer<unknown>> => by.patch(`/users/${first.userId}`, { status: 'disabled' });

    expect(await revokeFirst()).toMatchObject(problem(409, 'last_admin'));
    expect(await disableFirst()).toMatchObject(problem(409, 'last_admin', 'status'));

    await by.post('/roles/assign', { user_id: second.userId, role: 'admin' });
    await by.patch(`/users/${second.userId}`, { status: 'disabled' });
    expect(await revokeFirst()).toMatchObject(problem(409, 'last_admin'));

    await by.patch(`/users/${second.userId}`, { status: 'active' });
    expect(await by.post('/roles/revoke', { user_id: first.userId, role: 'operator' })).toMatchObject({ status: 200 });
    expect(await revokeFirst()).toMatchObject({ status: 200, body: { roles: ['user'] } });
    expect(await disableFirst()).toMatchObject(problem(403, 'insufficient_permissions'));
  });

  it('is one of two who resign at the same moment', async () => {
    const owner = await startApp({ env: { REGISTRATION: 'open' } });
    try {
      const pair = [await newFirstAdmin(owner), (await newFamily(owner)).parent];
      await as(owner, pair[0] ?? { bearer: '' }).post('/roles/assign', { user_id: pair[1]?.userId, role: 'admin' });
      const answers = await Promise.all(
        pair.map((each) => as(owner, each).post('/roles/revoke', { user_id: each.userId, role: 'admin' })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    } finally {
      await owner.close();
    }
  });
});
