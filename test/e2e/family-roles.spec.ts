import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  inFamily,
  newChild,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  newProfile,
  nobody,
  problem,
  type Answer,
  type FamilyMember,
  type SignedIn,
  type TestFamily,
} from '../support/factories.js';
import { newDevice } from '../support/devices.js';
import { erase } from '../support/erasure.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const MEMBERS = '/family/members';

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

const switchTo = (person: Pick<SignedIn, 'bearer'>, familyId: string): Promise<Answer<unknown>> =>
  as(server, person).post(`/auth/family/${familyId}`);

describe('what each role may do', () => {
  let own: TestFamily;

  beforeAll(async () => {
    own = await newFamily(server);
  });

  it.each(['teenager', 'grandparent'] as const)(
    'a %s reads all, changes their own names, language and skills, and no more',
    async (role) => {
      const person = await newMember(server, own, role);
      const me = as(server, person);
      const mine = `${MEMBERS}/${person.memberId}`;
      expect(await me.get(MEMBERS)).toMatchObject({ status: 200 });
      expect(await me.get(`${MEMBERS}/${own.parent.memberId}`)).toMatchObject({ status: 200 });

      const allowed = { first_name: 'Léa', last_name: null, language_preference: 'es', active_skills: ['guitar'] };
      expect(await me.patch(mine, allowed)).toMatchObject({ status: 200, body: { ...allowed, role } });

      for (const fields of [
        { role: 'parent' },
        { age_group: 'adult' },
        { birth_date: '1990-01-01' },
        { telegram_id: 5 },
        { first_name: 'Léa', role: 'parent' },
      ]) {
        expect(await me.patch(mine, fields)).toMatchObject(problem(403, 'not_allowed_for_role'));
      }
      expect(await me.patch(`${MEMBERS}/${own.parent.memberId}`, { first_name: 'X' })).toMatchObject(
        problem(403, 'not_allowed_for_role'),
      );
      expect(await me.put(mine, { first_name: 'X', role })).toMatchObject(problem(403, 'insufficient_permissions'));
      expect(await me.post(MEMBERS, { first_name: 'X', role: 'child' })).toMatchObject(
        problem(403, 'insufficient_permissions'),
      );
      expect(await me.patch('/family', { name: 'X' })).toMatchObject(problem(403, 'insufficient_permissions'));
      expect(await me.get('/family/invitations')).toMatchObject(problem(403, 'insufficient_permissions'));
      expect(await me.post('/family/invitations', { role: 'parent' })).toMatchObject(
        problem(403, 'insufficient_permissions'),
      );
      expect(await me.delete(`${MEMBERS}/${own.parent.memberId}`)).toMatchObject({ status: 403 });
    },
  );

  it('a child reads, and changes nothing', async () => {
    const child = await newChild(server, own);
    const me = as(server, child);
    expect(await me.get(MEMBERS)).toMatchObject({ status: 200 });
    expect(await me.get('/family')).toMatchObject({ status: 200 });
    for (const answer of [
      await me.patch(`${MEMBERS}/${child.memberId}`, { first_name: 'X' }),
      await me.delete(`${MEMBERS}/${child.memberId}`),
      await me.post(MEMBERS, { first_name: 'X', role: 'child' }),
      await me.post('/family/invitations', { role: 'teenager' }),
    ]) {
      expect(answer).toMatchObject(problem(403, 'insufficient_permissions'));
    }
  });

  it('teenagers stay until a parent lets them go; grandparents leave when they like', async () => {
    const teenager = await newMember(server, own, 'teenager');
    const grandparent = await newMember(server, own, 'grandparent');
    expect(await as(server, teenager).delete(`${MEMBERS}/${teenager.memberId}`)).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    expect(await as(server, grandparent).delete(`${MEMBERS}/${teenager.memberId}`)).toMatchObject(
      problem(403, 'not_allowed_for_role'),
    );

    expect(await as(server, grandparent).delete(`${MEMBERS}/${grandparent.memberId}`)).toMatchObject({ status: 204 });
    expect(await as(server, grandparent).get(MEMBERS)).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await as(server, own.parent).delete(`${MEMBERS}/${teenager.memberId}`)).toMatchObject({ status: 204 });
    expect(await as(server, teenager).get('/family')).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await as(server, teenager).get('/auth/me')).toMatchObject({ status: 200, body: { family: null } });
  });

  it('nobody makes an adult of another family a minor, and they leave when they like', async () => {
    const elsewhere = await newFamily(server);
    const guest = await join(elsewhere.parent, 'teenager');
    const mine = `${MEMBERS}/${guest.memberId}`;
    const refused = problem(409, 'adult_elsewhere');
    expect(await as(server, own.parent).patch(mine, { role: 'child' })).toMatchObject(refused);
    expect(await as(server, own.parent).put(mine, { first_name: 'Eve', role: 'child' })).toMatchObject(refused);
    expect(await as(server, own.parent).patch(mine, { role: 'grandparent' })).toMatchObject({ status: 200 });
    expect(await as(server, own.parent).patch(mine, { role: 'teenager' })).toMatchObject(refused);
    await inFamily(server, own.familyId, `UPDATE members SET role = 'teenager', age_group = 'adult' WHERE id = $1`, [
      guest.memberId,
    ]);
    expect(await as(server, elsewhere.parent).post('/families', { name: 'Third' })).toMatchObject({ status: 403 });
    await switchTo(elsewhere.parent, own.familyId);
    expect(await as(server, elsewhere.parent).delete(`${MEMBERS}/${own.parent.memberId}`)).toMatchObject(
      problem(403, 'not_allowed_for_role'),
    );
    expect(await as(server, elsewhere.parent).delete(mine)).toMatchObject({ status: 204 });
    expect(await as(server, elsewhere.parent).post('/families', { name: 'Third' })).toMatchObject({ status: 201 });
  });

  it('whoever lives on devices stays a minor, whatever they are elsewhere', async () => {
    const elsewhere = await newFamily(server);
    const device = await newDevice(server, own, 'teenager');
    const code = await newInvitation(server, elsewhere, { role: 'grandparent' });
    expect(await as(server, device).post('/family/invitations/accept', { code })).toMatchObject({ status: 200 });
    await switchTo(device, own.familyId);
    const mine = `${MEMBERS}/${device.memberId}`;
    expect(await as(server, device).delete(mine)).toMatchObject(problem(403, 'not_allowed_for_role'));
    expect(await as(server, own.parent).patch(mine, { role: 'child' })).toMatchObject({ status: 200 });
  });

  /** Somebody who belongs to another family accepts an invitation to this one. */
  async function join(person: SignedIn, role: string): Promise<{ memberId: string }> {
    const code = await newInvitation(server, own, { role });
    expect(await as(server, person).post('/family/invitations/accept', { code })).toMatchObject({ status: 200 });
    const [row] = await inFamily<{ id: string }>(server, own.familyId, 'SELECT id FROM members WHERE user_id = $1', [
      person.userId,
    ]);
    return { memberId: row?.id ?? '' };
  }

  it('nobody in particular may do nothing', async () => {
    for (const answer of [
      await nobody(server).get(MEMBERS),
      await nobody(server).post(MEMBERS, {}),
      await nobody(server).get(`${MEMBERS}/${own.parent.memberId}`),
      await nobody(server).patch(`${MEMBERS}/${own.parent.memberId}`, {}),
    ]) {
      expect(answer).toMatchObject(problem(401, 'unauthenticated'));
    }
  });
});

describe('the last parent with an account', () => {
  const leave = (person: { bearer: string; memberId: string }): Promise<Answer<unknown>> =>
    as(server, person).delete(`${MEMBERS}/${person.memberId}`);

  it('stays a parent, whatever is tried', async () => {
    const own = await newFamily(server);
    const { parent } = own;
    const path = `${MEMBERS}/${parent.memberId}`;
    await newProfile(server, own, 'parent'); // has no account, so it does not count
    await newMember(server, own, 'grandparent');
    expect(await leave(parent)).toMatchObject(problem(409, 'last_parent'));
    expect(await as(server, parent).patch(path, { role: 'grandparent' })).toMatchObject(problem(409, 'last_parent'));
    expect(await as(server, parent).put(path, { first_name: 'María', role: 'teenager' })).toMatchObject(
      problem(409, 'last_parent'),
    );
    expect(await as(server, parent).get('/auth/me')).toMatchObject({ body: { role: 'parent' } });

    const second = await newMember(server, own, 'parent');
    expect(await leave(parent)).toMatchObject({ status: 204 });
    expect(await leave(second)).toMatchObject(problem(409, 'last_parent'));
  });

  it.each(['closing', 'disabled', 'on a device'])('stays one while the other parent’s account is %s', async (state) => {
    const own = await newFamily(server);
    const { parent } = own;
    if (state === 'on a device') {
      const { memberId } = await newDevice(server, own);
      const grown = { role: 'parent', age_group: 'adult' };
      expect(await as(server, parent).patch(`${MEMBERS}/${memberId}`, grown)).toMatchObject({ status: 200 });
    } else {
      const second = await newMember(server, own, 'parent');
      const end =
        state === 'closing'
          ? await erase(server, second)
          : await as(server, admin).patch(`/users/${second.userId}`, { status: 'disabled' });
      expect([200, 202]).toContain(end.status);
    }
    const path = `${MEMBERS}/${parent.memberId}`;
    expect(await leave(parent)).toMatchObject(problem(409, 'last_parent'));
    expect(await as(server, parent).patch(path, { role: 'grandparent' })).toMatchObject(problem(409, 'last_parent'));
    expect(await erase(server, parent)).toMatchObject(
      state === 'closing' ? { status: 202 } : problem(409, 'last_parent_of_others', 'family'),
    );
  });

  it('is one of two who leave at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const own = await newFamily(server);
      const pair = [own.parent, await newMember(server, own, 'parent')];
      const answers = await Promise.all(pair.map(leave));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
      expect(answers.find(({ status }) => status === 409)).toMatchObject(problem(409, 'last_parent'));
    }
  });

  it('is one of two who demote each other at the same moment', async () => {
    const own = await newFamily(server);
    const [one, other] = [own.parent, await newMember(server, own, 'parent')];
    const demote = (by: SignedIn, whom: { memberId: string }): Promise<Answer<unknown>> =>
      as(server, by).patch(`${MEMBERS}/${whom.memberId}`, { role: 'grandparent' });
    const answers = await Promise.all([demote(one, other), demote(other, one)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const parents = await Promise.all([one, other].map((each) => as(server, each).get('/auth/me')));
    expect(parents.map(({ body }) => (body as { role: string }).role).sort()).toEqual(['grandparent', 'parent']);
  });
});
