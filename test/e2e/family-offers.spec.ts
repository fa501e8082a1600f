import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  inFamily,
  newApiKey,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  newProfile,
  nobody,
  PASSWORD,
  problem,
  signIn,
  uniqueEmail,
  type Answer,
  type FamilyMember,
  type SignedIn,
  type TestFamily,
} from '../support/factories.js';
import { erase } from '../support/erasure.js';
import { mailsTo, newestToken } from '../support/mail/outbox.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const PIN = '2580';
const NEW_PASSWORD = 'copper-lantern-27-orchards';

interface Enrolled {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly device_id: string;
  readonly device_token: string;
  readonly user: { readonly id: string };
}
interface DeviceBody {
  readonly id: string;
  readonly locked: boolean;
  readonly approved_by: string | null;
}

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

const refusedCode = problem(404, 'invitation_invalid');
const registering = (invitation: string, email = uniqueEmail()): Promise<Answer<unknown>> =>
  nobody(server).post('/auth/register', { email, password: PASSWORD, first_name: 'Eve', invitation });
const codeFor = async (parent: SignedIn, member_id: string): Promise<string> =>
  (await as(server, parent).post<{ code: string }>('/auth/device-codes', { member_id })).body.code;
const enrol = (code: string): Promise<Answer<Enrolled>> =>
  nobody(server).post<Enrolled>('/auth/device/enrol', { code, device_name: 'Tablet', pin: PIN });
const unlock = (device_token: string): Promise<Answer<Enrolled>> =>
  nobody(server).post<Enrolled>('/auth/device/unlock', { device_token, pin: PIN });
const asDevice = ({ access_token }: Pick<Enrolled, 'access_token'>): ReturnType<typeof as> =>
  as(server, { bearer: `Bearer ${access_token}` });
const devicesOf = async (parent: SignedIn): Promise<readonly DeviceBody[]> =>
  (await as(server, parent).get<{ data: DeviceBody[] }>('/auth/devices')).body.data;
const setStatus = (person: SignedIn, status: string): Promise<Answer<unknown>> =>
  as(server, admin).patch(`/users/${person.userId}`, { status });
const reset = async (email: string): Promise<SignedIn> => {
  await nobody(server).post('/auth/password/forgot', { email });
  const token = await newestToken(server, email, 'password');
  await nobody(server).post('/auth/password/reset', { token, new_password: NEW_PASSWORD });
  return signIn(server, email, NEW_PASSWORD);
};
const verify = (person: SignedIn): Promise<unknown> =>
  asIdentity(server, 'UPDATE users SET email_verified_at = now() WHERE id = $1', [person.userId]);
const link = (userId: string): Promise<unknown> =>
  asIdentity(
    server,
    `INSERT INTO identities (id, user_id, provider, issuer, subject) VALUES (gen_random_uuid(), $1::uuid, 'home', 'https://id.example.org', $1::uuid::text)`,
    [userId],
  );

/** A family of two parents, with what the second one has offered. */
async function newOffers(): Promise<{
  family: TestFamily;
  second: FamilyMember;
  invitation: string;
  code: string;
  device: Enrolled;
}> {
  const family = await newFamily(server);
  const second = await newMember(server, family, 'parent');
  const invitation = await newInvitation(server, { ...family, parent: second }, { role: 'parent' });
  const child = await newProfile(server, family, 'child');
  const device = (await enrol(await codeFor(second, child))).body;
  const code = await codeFor(second, await newProfile(server, family, 'child'));
  return { family, second, invitation, code, device };
}

/** A teenager without email and password, and their device. */
async function newTeenager(family: TestFamily): Promise<{ memberId: string; device: Enrolled }> {
  const memberId = await newProfile(server, family, 'teenager');
  return { memberId, device: (await enrol(await codeFor(family.parent, memberId))).body };
}

describe('what a parent has offered', () => {
  type Ending = (offers: { family: TestFamily; second: FamilyMember }) => Promise<unknown>;
  const endings: readonly (readonly [string, Ending])[] = [
    ['is removed', ({ family, second }) => as(server, family.parent).delete(`/family/members/${second.memberId}`)],
    [
      'is no parent any more',
      ({ family, second }) =>
        as(server, family.parent).patch(`/family/members/${second.memberId}`, { role: 'grandparent' }),
    ],
    ['is disabled', ({ second }) => setStatus(second, 'disabled')],
    ['gets the account back by mail', ({ second }) => verify(second).then(() => reset(second.email))],
    ['proves an address that was a mere claim', ({ second }) => reset(second.email)],
  ];

  it.each(endings)('is void once the parent %s', async (_how, end) => {
    const offers = await newOffers();
    await end(offers);
    const { family, second, invitation, code, device } = offers;
    expect(await registering(invitation)).toMatchObject(refusedCode);
    expect(await enrol(code)).toMatchObject(problem(404, 'device_code_invalid'));
    expect(await asDevice(device).get('/memories')).toMatchObject(problem(401, 'invalid_token'));
    expect(await unlock(device.device_token)).toMatchObject(problem(403, 'device_locked'));
    expect(await devicesOf(family.parent)).toMatchObject([{ locked: true, approved_by: second.userId }]);

    const approved = await as(server, family.parent).post(`/auth/devices/${device.device_id}/approve`);
    expect(approved).toMatchObject({ status: 200, body: { locked: false, approved_by: family.parent.userId } });
    expect(await unlock(device.device_token)).toMatchObject({ status: 200 });
  });

  it('stays void when the account is enabled again', async () => {
    const { second, invitation, code, device } = await newOffers();
    await setStatus(second, 'disabled');
    await setStatus(second, 'active');
    expect(await registering(invitation)).toMatchObject(refusedCode);
    expect(await enrol(code)).toMatchObject(problem(404, 'device_code_invalid'));
    expect(await unlock(device.device_token)).toMatchObject(problem(403, 'device_locked'));
  });

  it('counts no more while the account is closing, but for the devices, which go on until it is erased', async () => {
    const { family, second, invitation, code, device } = await newOffers();
    expect(await erase(server, second)).toMatchObject({ status: 202 });
    expect(await registering(invitation)).toMatchObject(refusedCode);
    expect(await enrol(code)).toMatchObject(problem(404, 'device_code_invalid'));
    expect(await unlock(device.device_token)).toMatchObject({ status: 200 });
    expect(await as(server, family.parent).delete(`/family/members/${second.memberId}`)).toMatchObject({ status: 204 });
    expect(await unlock(device.device_token)).toMatchObject(problem(403, 'device_locked'));
  });

  it('is looked at again when it is used: an offer of nobody, or of no parent, opens nothing', async () => {
    const { family, second, invitation, code } = await newOffers();
    const stranger = await newMember(server, family, 'grandparent');
    for (const by of [null, stranger.userId]) {
      const plant = `UPDATE invitations SET created_by = $1 WHERE accepted_at IS NULL`;
      await inFamily(server, family.familyId, plant, [by]);
      await inFamily(server, family.familyId, 'UPDATE device_codes SET created_by = $1 WHERE family_id = $2', [
        by,
        family.familyId,
      ]);
      expect(await registering(invitation)).toMatchObject(refusedCode);
      const guest = (await newFamily(server)).parent;
      expect(await as(server, guest).post('/family/invitations/accept', { code: invitation })).toMatchObject(
        refusedCode,
      );
      expect(await enrol(code)).toMatchObject(problem(404, 'device_code_invalid'));
    }
    await inFamily(server, family.familyId, 'UPDATE invitations SET created_by = $1 WHERE accepted_at IS NULL', [
      second.userId,
    ]);
    expect(await registering(invitation)).toMatchObject({ status: 201 });
  });

  it('ends in that family only from which the parent was removed', async () => {
    const { family, second } = await newOffers();
    const other = await newFamily(server);
    const guest = await newInvitation(server, other, { role: 'parent' });
    await as(server, second).post('/family/invitations/accept', { code: guest });
    const here = await signIn(server, second.email);
    await as(server, here).post(`/auth/family/${other.familyId}`);
    const invitation = await newInvitation(server, { ...other, parent: { ...second, ...here } }, { role: 'teenager' });
    await as(server, family.parent).delete(`/family/members/${second.memberId}`);
    expect(await registering(invitation)).toMatchObject({ status: 201 });
  });

  it('races with the removal: whoever comes first, no device is left that a removed parent let in', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { family, second, code, device } = await newOffers();
      await as(server, family.parent).delete(`/auth/devices/${device.device_id}`);
      const [enrolled, removed] = await Promise.all([
        enrol(code),
        as(server, family.parent).delete(`/family/members/${second.memberId}`),
      ]);
      expect(removed).toMatchObject({ status: 204 });
      expect([201, 404]).toContain(enrolled.status);
      expect((await devicesOf(family.parent)).filter(({ locked }) => !locked)).toEqual([]);
    }
  });
});

describe('an account that goes to whoever has proved its address', () => {
  const subject = 'Look at who belongs to your family';
  const left = (person: SignedIn): Promise<object[]> =>
    asIdentity(server, 'SELECT subject FROM identities WHERE user_id = $1', [person.userId]);

  it('loses what a thief may have linked, also where the address was proved before', async () => {
    const { parent } = await newFamily(server);
    await verify(parent);
    await link(parent.userId);
    await reset(parent.email);
    expect(await left(parent)).toEqual([]);
    const subjects = (await mailsTo(server, parent.email)).map((mail) => mail.subject);
    expect(subjects).toEqual(expect.arrayContaining(['How you sign in has changed', 'Your password was changed']));
    expect(subjects).not.toContain(subject);
    const events = await asIdentity<{ action: string }>(
      server,
      `SELECT action FROM audit_events WHERE subject_user_id = $1 AND action LIKE 'identity.%'`,
      [parent.userId],
    );
    expect(events).toEqual([{ action: 'identity.unlink' }]);
  });

  it('is told of others in its family, where the address was a mere claim', async () => {
    const family = await newFamily(server);
    await newMember(server, family, 'parent');
    const alone = (await newFamily(server)).parent;
    await reset(family.parent.email);
    await reset(alone.email);
    const told = async ({ email }: SignedIn): Promise<number> =>
      (await mailsTo(server, email)).filter((mail) => mail.subject === subject).length;
    expect([await told(family.parent), await told(alone)]).toEqual([1, 0]);
  });
});

describe('a teenager who has lived on devices', () => {
  it('ends them by linking an account of their own: nobody who was let in before reads on', async () => {
    const family = await newFamily(server);
    const { memberId, device } = await newTeenager(family);
    const second = (await enrol(await codeFor(family.parent, memberId))).body;
    await link(device.user.id);
    for (const each of [device, second]) {
      expect(await asDevice(each).get('/memories')).toMatchObject(problem(401, 'invalid_token'));
      expect(await nobody(server).post('/auth/refresh', { refresh_token: each.refresh_token })).toMatchObject(
        problem(401, 'invalid_refresh_token'),
      );
      expect(await unlock(each.device_token)).toMatchObject(problem(401, 'invalid_device'));
      const approving = as(server, family.parent).post(`/auth/devices/${each.device_id}/approve`);
      expect(await approving).toMatchObject(problem(404, 'device_not_found'));
    }
  });

  it('ends them by growing up', async () => {
    const family = await newFamily(server);
    const { memberId, device } = await newTeenager(family);
    const code = await codeFor(family.parent, memberId);
    await as(server, family.parent).patch(`/family/members/${memberId}`, { role: 'grandparent' });
    expect(await asDevice(device).get('/memories')).toMatchObject(problem(401, 'invalid_token'));
    expect(await unlock(device.device_token)).toMatchObject(problem(401, 'invalid_device'));
    expect(await enrol(code)).toMatchObject(problem(404, 'device_code_invalid'));
  });

  it('gets an email and a password by an invitation: the same account with all that is in it, without the devices', async () => {
    const family = await newFamily(server);
    const { memberId, device } = await newTeenager(family);
    await asDevice(device).post('/memories', { content: 'My diary is under the bed', visibility: 'private' });
    const invitation = await newInvitation(server, family, { member_id: memberId });
    // Who lives on a device does not use it up there: it is for registering.
    expect(await asDevice(device).post('/family/invitations/accept', { code: invitation })).toMatchObject(
      problem(409, 'already_member'),
    );
    const guest = (await newFamily(server)).parent;
    expect(await as(server, guest).post('/family/invitations/accept', { code: invitation })).toMatchObject(refusedCode);

    const email = uniqueEmail('noe');
    expect(await registering(invitation, email)).toMatchObject({ status: 201, body: { id: device.user.id, email } });
    const grown = await signIn(server, email);
    expect(grown.userId).toBe(device.user.id);
    expect(await as(server, grown).get('/auth/me')).toMatchObject({ body: { role: 'teenager', member_id: memberId } });
    const memories = await as(server, grown).get<{ data: { content: string }[] }>('/memories');
    expect(memories.body.data.map(({ content }) => content)).toEqual(['My diary is under the bed']);
    expect(await asDevice(device).get('/memories')).toMatchObject(problem(401, 'invalid_token'));
    expect(await unlock(device.device_token)).toMatchObject(problem(401, 'invalid_device'));
    const again = as(server, family.parent).post('/family/invitations', { member_id: memberId });
    expect(await again).toMatchObject(problem(409, 'member_has_account'));
    expect(await registering(invitation)).toMatchObject(refusedCode);
  });

  it('is not reached by such an invitation once they sign in alone', async () => {
    const family = await newFamily(server);
    const { memberId, device } = await newTeenager(family);
    const invitations = [
      await newInvitation(server, family, { member_id: memberId }),
      await newInvitation(server, family, { member_id: memberId }),
    ];
    await link(device.user.id);
    expect(await registering(invitations[0] ?? '')).toMatchObject(refusedCode);
    expect(await asIdentity(server, 'SELECT email FROM users WHERE id = $1', [device.user.id])).toEqual([
      { email: null },
    ]);
    await asIdentity(server, 'DELETE FROM identities WHERE user_id = $1', [device.user.id]);
    const emails = [uniqueEmail(), uniqueEmail()];
    const answers = await Promise.all(invitations.map((code, at) => registering(code, emails[at])));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 404]);
  });

  it('gets no email that somebody else has, and nothing while the account is disabled', async () => {
    const family = await newFamily(server);
    const { memberId, device } = await newTeenager(family);
    const invitation = await newInvitation(server, family, { member_id: memberId });
    expect(await registering(invitation, family.parent.email)).toMatchObject(problem(409, 'email_taken', 'email'));
    expect(await unlock(device.device_token)).toMatchObject({ status: 200 });
    await as(server, admin).patch(`/users/${device.user.id}`, { status: 'disabled' });
    expect(await registering(invitation)).toMatchObject(problem(403, 'account_disabled'));
  });
});

describe('an API key', () => {
  it('invites nobody and gives nobody a role, so that nothing outlives it', async () => {
    const family = await newFamily(server);
    const grandparent = await newMember(server, family, 'grandparent');
    const asked = as(server, family.parent).post('/api-keys', { name: 'x', scopes: ['invitation:write'] });
    expect(await asked).toMatchObject(problem(400, 'validation_failed', 'scopes'));

    const { caller, id } = await newApiKey(server, family.parent, ['member:write', 'member:read', 'invitation:read']);
    await asIdentity(server, `UPDATE api_keys SET scopes = scopes || '{invitation:write}' WHERE id = $1`, [id]);
    expect(await caller.post('/family/invitations', { role: 'parent' })).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    const path = `/family/members/${grandparent.memberId}`;
    const refused = problem(403, 'not_allowed_for_key');
    expect(await caller.patch(path, { role: 'parent' })).toMatchObject(refused);
    expect(await caller.put(path, { first_name: 'Eve', role: 'parent' })).toMatchObject(refused);
    expect(await caller.patch(path, { role: 'teenager', age_group: 'adult' })).toMatchObject(refused);
    expect(await caller.post('/family/members', { first_name: 'Eve', role: 'parent' })).toMatchObject(refused);
    // What gives no rights is done as before.
    expect(await caller.patch(path, { first_name: 'Rosa', role: 'grandparent' })).toMatchObject({
      status: 200,
      body: { first_name: 'Rosa', role: 'grandparent' },
    });
    expect(await caller.post('/family/members', { first_name: 'Leo', role: 'child' })).toMatchObject({ status: 201 });
  });
});
