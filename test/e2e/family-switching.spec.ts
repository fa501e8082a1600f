import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { FamilyResponse, MembershipsResponse } from '../../src/modules/family/dto/family.response.js';
import type { MemberResponse } from '../../src/modules/family/dto/member.response.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  inFamily,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  newProfile,
  nobody,
  problem,
  signIn,
  type Answer,
  type FamilyMember,
  type PageOf,
  type SignedIn,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const NOBODY = '019a9c1e-0000-7000-8000-000000000000';

let server: TestApp;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  await newFirstAdmin(server);
});
afterAll(() => server.close());

const newPerson = async (): Promise<FamilyMember> => (await newFamily(server)).parent;
const switchTo = (who: SignedIn, id: string): Promise<Answer<unknown>> => as(server, who).post(`/auth/family/${id}`);
const found = async (who: SignedIn, name: string): Promise<FamilyResponse> =>
  (await as(server, who).post<FamilyResponse>('/families', { name })).body;
const activeOf = async (who: SignedIn): Promise<string> =>
  (await as(server, who).get<FamilyResponse>('/family')).body.id;

describe('the active family', () => {
  it('is read by its members and changed by its parents', async () => {
    const family = await newFamily(server, 'Núñez');
    const teenager = await newMember(server, family, 'teenager');
    expect(await as(server, teenager).get('/family')).toMatchObject({
      status: 200,
      body: { id: family.familyId, name: 'Núñez', language: 'en', time_zone: 'UTC' },
    });
    const changes = { name: 'Ñu O’Brien & Söhne 李', language: 'bilingual', time_zone: 'Europe/Kyiv' };
    expect(await as(server, family.parent).patch('/family', changes)).toMatchObject({ status: 200, body: changes });
    expect(await as(server, family.parent).patch('/family', { language: 'es' })).toMatchObject({
      body: { ...changes, language: 'es' },
    });
    expect(await as(server, teenager).get('/family')).toMatchObject({ body: { ...changes, language: 'es' } });
  });

  it.each([
    { name: '' },
    { name: null },
    { name: 'x'.repeat(101) },
    { name: '<i>' },
    { language: 'fr' },
    { time_zone: 'Nowhere' },
    { id: NOBODY },
  ])('refuses %j and names the field', async (fields) => {
    expect(await as(server, await newPerson()).patch('/family', fields)).toMatchObject(
      problem(400, 'validation_failed', ...Object.keys(fields)),
    );
  });
});

describe('several families', () => {
  it('are founded, listed and switched between', async () => {
    const person = await newPerson();
    const second = await found(person, 'Los abuelos');
    const third = await found(person, 'Trip to Oslo');
    expect(await as(server, person).post('/families', {})).toMatchObject(problem(400, 'validation_failed', 'name'));

    const list = async (): Promise<MembershipsResponse['data']> =>
      (await as(server, person).get<MembershipsResponse>('/families')).body.data;
    expect((await list()).map(({ id, role, active }) => ({ id, role, active }))).toEqual([
      { id: person.familyId, role: 'parent', active: true },
      { id: second.id, role: 'parent', active: false },
      { id: third.id, role: 'parent', active: false },
    ]);

    expect(await switchTo(person, third.id)).toMatchObject({
      status: 200,
      body: { id: third.id, name: 'Trip to Oslo' },
    });
    expect(await activeOf(person)).toBe(third.id);
    expect((await list()).filter(({ active }) => active).map(({ id }) => id)).toEqual([third.id]);
    expect(await switchTo(person, person.familyId)).toMatchObject({ status: 200 });
    expect(await activeOf(person)).toBe(person.familyId);
  });

  it('keep apart: what is written in one is not in the other, with the same token', async () => {
    const person = await newPerson();
    const names = async (): Promise<string[]> =>
      (await as(server, person).get<PageOf<MemberResponse>>('/family/members')).body.data.map(
        ({ first_name }) => first_name,
      );
    const second = await found(person, 'Second');
    const id = await newProfile(server, { familyId: person.familyId, parent: person }, 'child', { first_name: 'Ana' });
    expect(await names()).toEqual(['María', 'Ana']);

    await switchTo(person, second.id);
    expect(await names()).toEqual(['María']);
    expect(await as(server, person).get(`/family/members/${id}`)).toMatchObject(problem(404, 'member_not_found'));
    expect(await as(server, person).delete(`/family/members/${id}`)).toMatchObject(problem(404, 'member_not_found'));

    await switchTo(person, person.familyId);
    expect(await names()).toEqual(['María', 'Ana']);
  });

  it('give the rights of the role that one has there', async () => {
    const host = await newFamily(server);
    const person = await newPerson();
    const code = await newInvitation(server, host, { role: 'teenager' });
    await as(server, person).post('/family/invitations/accept', { code });

    await switchTo(person, host.familyId);
    expect(await as(server, person).get('/auth/me')).toMatchObject({
      body: { role: 'teenager', permissions: { manage_members: false } },
    });
    expect(await as(server, person).patch('/family', { name: 'Mine' })).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    await switchTo(person, person.familyId);
    expect(await as(server, person).patch('/family', { name: 'Mine' })).toMatchObject({ status: 200 });
  });

  it('let no minor of one of them found another from the other', async () => {
    const [host, second] = [await newFamily(server), await newFamily(server)];
    const person = await newMember(server, host, 'teenager');
    await as(server, person).post('/family/invitations/accept', {
      code: await newInvitation(server, second, { role: 'grandparent' }),
    });
    await switchTo(person, second.familyId);
    expect(await as(server, person).get('/auth/me')).toMatchObject({ body: { role: 'grandparent' } });
    expect(await as(server, person).post('/families', { name: 'Mine' })).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    // Over what is their own the parents of another family decide nothing here, whatever they have made of them before.
    await inFamily(server, host.familyId, `UPDATE members SET role = 'child', age_group = 'child' WHERE id = $1`, [
      person.memberId,
    ]);
    expect(await as(server, person).post('/users/me/export')).toMatchObject({ status: 202 });
    await switchTo(person, host.familyId);
    expect(await as(server, person).post('/users/me/export')).toMatchObject(problem(403, 'insufficient_permissions'));
  });

  it('are chosen per session', async () => {
    const person = await newPerson();
    const tablet = await signIn(server, person.email);
    const second = await found(person, 'Second');
    await switchTo(tablet, second.id);
    expect(await activeOf(tablet)).toBe(second.id);
    expect(await activeOf(person)).toBe(person.familyId);
    const { body } = await as(server, { bearer: '' }).post<{ access_token: string }>('/auth/refresh', {
      refresh_token: tablet.refreshToken,
    });
    expect(await activeOf({ ...tablet, bearer: `Bearer ${body.access_token}` })).toBe(second.id);
  });

  it('lead back to the oldest one when one has left the chosen one', async () => {
    const host = await newFamily(server);
    const person = await newPerson();
    const code = await newInvitation(server, host, { role: 'grandparent' });
    const joined = await as(server, person).post<{ member_id: string }>('/family/invitations/accept', { code });
    await switchTo(person, host.familyId);
    expect(await as(server, person).delete(`/family/members/${joined.body.member_id}`)).toMatchObject({ status: 204 });
    expect(await activeOf(person)).toBe(person.familyId);
    expect(await switchTo(person, host.familyId)).toMatchObject(problem(404, 'family_not_found'));
  });

  it('of other people do not exist', async () => {
    const person = await newPerson();
    const other = await newPerson();
    for (const id of [other.familyId, NOBODY]) {
      expect(await switchTo(person, id)).toMatchObject(problem(404, 'family_not_found'));
    }
    expect(await activeOf(person)).toBe(person.familyId);
    expect(await switchTo(person, 'x')).toMatchObject(problem(400, 'validation_failed', 'id'));
    const { body } = await as(server, person).get<MembershipsResponse>('/families');
    expect(body.data.map(({ id }) => id)).toEqual([person.familyId]);
    expect(await nobody(server).get('/families')).toMatchObject(problem(401, 'unauthenticated'));
  });
});

describe('somebody without a family', () => {
  it('has none to read, and may found or join one', async () => {
    const host = await newFamily(server);
    const person = await newMember(server, host, 'grandparent');
    const me = as(server, person);
    await me.delete(`/family/members/${person.memberId}`);

    for (const path of ['/family', '/family/members', '/family/invitations']) {
      expect(await me.get(path)).toMatchObject(problem(403, 'insufficient_permissions'));
    }
    expect(await me.get('/families')).toMatchObject({ status: 200, body: { data: [] } });
    const code = await newInvitation(server, host, { role: 'grandparent' });
    expect(await me.post('/family/invitations/accept', { code })).toMatchObject({ status: 200 });
    expect(await me.get('/family')).toMatchObject({ status: 200, body: { id: host.familyId } });
  });
});

describe('profiles', () => {
  const profile = (who: SignedIn, id: string): Promise<Answer<unknown>> => as(server, who).get(`/users/${id}/profile`);

  it('are read by their owner, by the id of the account or of the member', async () => {
    const teenager = await newMember(server, await newFamily(server), 'teenager');
    await as(server, teenager).patch('/users/me', {
      language: 'es',
      time_zone: 'Europe/Madrid',
      birth_date: '2012-02-29',
    });
    const expected = {
      status: 200,
      body: {
        user_id: teenager.userId,
        member_id: teenager.memberId,
        name: 'Leo',
        language: 'es',
        role: 'teenager',
        time_zone: { value: 'Europe/Madrid' },
        birth_date: { value: '2012-02-29' },
      },
    };
    expect(await profile(teenager, teenager.userId)).toMatchObject(expected);
    expect(await profile(teenager, teenager.memberId)).toMatchObject(expected);
  });

  it('of all members are read by a parent, with or without an account', async () => {
    const family = await newFamily(server);
    const teenager = await newMember(server, family, 'teenager');
    const baby = await newProfile(server, family, 'child', {
      first_name: 'Zoe',
      language_preference: 'bilingual',
      birth_date: '2024-02-29',
    });
    await as(server, family.parent).patch('/family', { time_zone: 'Atlantic/Canary' });
    expect(await profile(family.parent, teenager.memberId)).toMatchObject({
      status: 200,
      body: { user_id: teenager.userId, role: 'teenager' },
    });
    expect(await profile(family.parent, teenager.userId)).toMatchObject({
      status: 200,
      body: { member_id: teenager.memberId },
    });
    expect(await profile(family.parent, baby)).toMatchObject({
      status: 200,
      body: {
        user_id: null,
        member_id: baby,
        name: 'Zoe',
        language: 'bilingual',
        role: 'child',
        time_zone: { value: 'Atlantic/Canary' },
        birth_date: { value: '2024-02-29' },
      },
    });
  });

  it.each(['teenager', 'grandparent'] as const)('of others are nothing that a %s could find', async (role) => {
    const family = await newFamily(server);
    const person = await newMember(server, family, role);
    const sibling = await newProfile(server, family, 'child');
    for (const id of [sibling, family.parent.memberId, family.parent.userId]) {
      expect(await profile(person, id)).toMatchObject(problem(404, 'profile_not_found'));
    }
  });

  it('of another family do not exist, for parents and for admins', async () => {
    const family = await newFamily(server);
    const other = await newFamily(server);
    const child = await newProfile(server, other, 'child');
    const admin = await newPerson();
    await asIdentity(server, `INSERT INTO user_roles (user_id, role) VALUES ($1, 'admin')`, [admin.userId]);
    for (const reader of [family.parent, admin]) {
      for (const id of [child, other.parent.memberId, other.parent.userId, NOBODY]) {
        expect(await profile(reader, id)).toMatchObject(problem(404, 'profile_not_found'));
      }
    }
    expect(await profile(admin, 'me')).toMatchObject(problem(400, 'validation_failed', 'id'));
  });

  it('remain to somebody without a family', async () => {
    const person = await newMember(server, await newFamily(server), 'grandparent');
    await as(server, person).delete(`/family/members/${person.memberId}`);
    expect(await profile(person, person.userId)).toMatchObject({
      status: 200,
      body: { user_id: person.userId, member_id: null, role: null },
    });
  });
});
