import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  inFamily,
  newChild,
  newFamily,
  newFirstAdmin,
  newMember,
  newProfile,
  nobody,
  problem,
  type Answer,
  type FamilyMember,
  type PageOf,
  type TestFamily,
} from '../support/factories.js';
import { erase } from '../support/erasure.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const PIN = '2580';
const DEVICE = { device_name: 'Leo’s tablet', pin: PIN };

interface Code {
  readonly code: string;
  readonly member_id: string;
  readonly qr_payload: string;
}
interface Enrolled {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly device_id: string;
  readonly device_token: string;
  readonly user: { id: string; name: string; role: string };
}
interface DeviceBody {
  readonly id: string;
  readonly member_id: string;
  readonly name: string;
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

const codeFor = (parent: FamilyMember, member_id: string): Promise<Answer<Code>> =>
  as(server, parent).post<Code>('/auth/device-codes', { member_id });
const enrol = (code: string, fields: object = {}): Promise<Answer<Enrolled>> =>
  nobody(server).post<Enrolled>('/auth/device/enrol', { code, ...DEVICE, ...fields });
const unlock = (device_token: string, pin = PIN): Promise<Answer<Enrolled>> =>
  nobody(server).post<Enrolled>('/auth/device/unlock', { device_token, pin });
const asDevice = ({ access_token }: Pick<Enrolled, 'access_token'>): ReturnType<typeof as> =>
  as(server, { bearer: `Bearer ${access_token}` });
const devicesOf = async (parent: FamilyMember, query = ''): Promise<readonly DeviceBody[]> =>
  (await as(server, parent).get<PageOf<DeviceBody>>(`/auth/devices${query}`)).body.data;

/** A child without an account of before, and its device. */
async function newDevice(family: TestFamily): Promise<Enrolled & { memberId: string }> {
  const memberId = await newProfile(server, family, 'child');
  const { body } = await codeFor(family.parent, memberId);
  const enrolled = await enrol(body.code);
  expect(enrolled.status).toBe(201);
  return { ...enrolled.body, memberId };
}

async function lock(device: Enrolled): Promise<void> {
  for (const wrong of ['1357', '1358', '1359', '1360'])
    expect(await unlock(device.device_token, wrong)).toMatchObject(problem(401, 'wrong_pin'));
  expect(await unlock(device.device_token, '1361')).toMatchObject(problem(403, 'device_locked'));
}

describe('a device code', () => {
  it('lets a device in, which is then signed in as the child, without email or password', async () => {
    const family = await newFamily(server);
    const memberId = await newProfile(server, family, 'child', { first_name: 'Íñigo' });
    const { status, body: made } = await codeFor(family.parent, memberId);
    expect({ status, member_id: made.member_id }).toEqual({ status: 201, member_id: memberId });
    expect(new URLSearchParams(made.qr_payload.split('?')[1]).get('code')).toBe(made.code);

    const { body } = await enrol(made.code.toLowerCase().replace('-', ' '));
    expect(body.user).toMatchObject({ name: 'Íñigo', role: 'child' });
    const me = await asDevice(body).get('/auth/me');
    expect(me.body).toMatchObject({ email: null, member_id: memberId, family: { id: family.familyId } });
    expect(await asDevice(body).get('/memories')).toMatchObject({ status: 200 });
    const refreshed = await nobody(server).post('/auth/refresh', { refresh_token: body.refresh_token });
    expect(refreshed).toMatchObject({ status: 200 });
    expect(await devicesOf(family.parent)).toMatchObject([
      {
        id: body.device_id,
        member_id: memberId,
        name: 'Leo’s tablet',
        locked: false,
        approved_by: family.parent.userId,
      },
    ]);
  });

  it('is good once, for ten minutes, and the newest wins', async () => {
    const family = await newFamily(server);
    const memberId = await newProfile(server, family, 'child');
    const first = (await codeFor(family.parent, memberId)).body.code;
    const second = (await codeFor(family.parent, memberId)).body.code;
    const invalid = problem(404, 'device_code_invalid');
    expect(await enrol(first)).toMatchObject(invalid);
    expect(await enrol(second)).toMatchObject({ status: 201 });
    expect(await enrol(second)).toMatchObject(invalid);

    const third = (await codeFor(family.parent, memberId)).body.code;
    await inFamily(server, family.familyId, `UPDATE device_codes SET expires_at = now() - interval '1 second'`, []);
    expect(await enrol(third)).toMatchObject(invalid);
    expect(await enrol('K7QM-3RTX')).toMatchObject(invalid);
  });

  it('is won by one of ten who use it at once, and makes one account', async () => {
    const family = await newFamily(server);
    const memberId = await newProfile(server, family, 'child');
    const { code } = (await codeFor(family.parent, memberId)).body;
    const answers = await Promise.all(Array.from({ length: 10 }, () => enrol(code)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect(answer).toMatchObject(problem(404, 'device_code_invalid'));
    expect(await devicesOf(family.parent)).toHaveLength(1);
  });

  it('lets a second device of the same child into the same account', async () => {
    const family = await newFamily(server);
    const one = await newDevice(family);
    const { body } = await enrol((await codeFor(family.parent, one.memberId)).body.code, { pin: '9071' });
    expect(body.user.id).toBe(one.user.id);
    expect(await unlock(one.device_token)).toMatchObject({ status: 200 });
    expect(await unlock(body.device_token)).toMatchObject(problem(401, 'wrong_pin'));
    expect(await unlock(body.device_token, '9071')).toMatchObject({ status: 200 });
    expect(await devicesOf(family.parent, `?member_id=${one.memberId}`)).toHaveLength(2);
  });

  it('may be made for a teenager too, but for no adult and for nobody who signs in alone', async () => {
    const family = await newFamily(server);
    const teenager = await newProfile(server, family, 'teenager');
    expect(await enrol((await codeFor(family.parent, teenager)).body.code)).toMatchObject({
      body: { user: { role: 'teenager' } },
    });
    const grandparent = await newProfile(server, family, 'grandparent');
    expect(await codeFor(family.parent, grandparent)).toMatchObject(problem(422, 'unprocessable', 'member_id'));
    for (const person of [await newMember(server, family, 'teenager'), await newChild(server, family)])
      expect(await codeFor(family.parent, person.memberId)).toMatchObject(problem(409, 'member_signs_in_alone'));
  });

  it('opens nothing when the member has come to an account of their own meanwhile', async () => {
    const family = await newFamily(server);
    const member = await newMember(server, family, 'teenager');
    const free = await newProfile(server, family, 'teenager');
    const { code } = (await codeFor(family.parent, free)).body;
    // As if the member had joined by an invitation while the code was on the screen.
    await inFamily(server, family.familyId, 'UPDATE members SET user_id = NULL WHERE id = $1', [member.memberId]);
    await inFamily(server, family.familyId, 'UPDATE members SET user_id = $2 WHERE id = $1', [free, member.userId]);
    expect(await enrol(code)).toMatchObject(problem(409, 'member_signs_in_alone'));
  });

  it.each([
    ['pin', { pin: '123' }],
    ['pin', { pin: '123456789' }],
    ['pin', { pin: '12a4' }],
    ['pin', { pin: '٢٥٨٠' }],
    ['pin', { pin: '1234' }],
    ['pin', { pin: '0000' }],
    ['device_name', { device_name: '' }],
    ['device_name', { device_name: 'x'.repeat(101) }],
    ['device_name', { device_name: 'a\u0007b' }],
    ['user_id', { user_id: 'x' }],
  ])('is not used up by a request with a bad %s: %j', async (field, fields) => {
    const family = await newFamily(server);
    const { code } = (await codeFor(family.parent, await newProfile(server, family, 'child'))).body;
    expect(await enrol(code, fields)).toMatchObject(problem(400, 'validation_failed', field));
    expect(await enrol(code)).toMatchObject({ status: 201 });
  });
});

describe('a PIN', () => {
  it('begins a session of its device and ends the one before', async () => {
    const device = await newDevice(await newFamily(server));
    const { body } = await unlock(device.device_token);
    expect(body.user.id).toBe(device.user.id);
    expect(await asDevice(body).get('/auth/me')).toMatchObject({ status: 200 });
    expect(await asDevice(device).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
  });

  it('right twice at once leaves one session, which ends with the device', async () => {
    const family = await newFamily(server);
    const device = await newDevice(family);
    const unlocked = await Promise.all(Array.from({ length: 4 }, () => unlock(device.device_token)));
    await as(server, family.parent).delete(`/auth/devices/${device.device_id}`);
    for (const { status, body } of unlocked) {
      expect(status).toBe(200);
      expect(await asDevice(body).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    }
  });

  it('has five tries; then the device is signed out until a parent approves', async () => {
    const family = await newFamily(server);
    const device = await newDevice(family);
    await lock(device);
    expect(await unlock(device.device_token)).toMatchObject(problem(403, 'device_locked'));
    expect(await asDevice(device).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    const refresh = nobody(server).post('/auth/refresh', { refresh_token: device.refresh_token });
    expect(await refresh).toMatchObject(problem(401, 'invalid_refresh_token'));

    expect(await devicesOf(family.parent)).toMatchObject([{ locked: true }]);
    const approved = await as(server, family.parent).post(`/auth/devices/${device.device_id}/approve`);
    expect(approved).toMatchObject({ status: 200, body: { locked: false } });
    expect(await unlock(device.device_token)).toMatchObject({ status: 200 });
  });

  it('right in time gives all five tries back', async () => {
    const device = await newDevice(await newFamily(server));
    for (let round = 0; round < 2; round += 1) {
      for (const wrong of ['1357', '1358', '1359', '1360']) await unlock(device.device_token, wrong);
      expect(await unlock(device.device_token)).toMatchObject({ status: 200 });
    }
  });

  it('is guessed five times at most, also when fifty guesses come at once', async () => {
    const device = await newDevice(await newFamily(server));
    const guesses = Array.from({ length: 50 }, (_, at) => String(3000 + at));
    const answers = await Promise.all(guesses.map((guess) => unlock(device.device_token, guess)));
    const codes = answers.map(({ body }) => (body as unknown as { code: string }).code);
    expect(codes.filter((code) => code === 'wrong_pin').length).toBeLessThanOrEqual(5);
    expect(new Set(codes)).toEqual(new Set(['wrong_pin', 'device_locked']));
    expect(await unlock(device.device_token)).toMatchObject(problem(403, 'device_locked'));
  });

  it('unlocks only its device', async () => {
    const family = await newFamily(server);
    const device = await newDevice(family);
    for (const token of ['x', device.device_id, device.access_token.slice(0, 43), device.refresh_token])
      expect(await unlock(token)).toMatchObject(problem(401, 'invalid_device'));
  });

  it('is nowhere in the database, nor is the token of the device', async () => {
    const device = await newDevice(await newFamily(server));
    const rows = await asIdentity<{ row: string }>(server, 'SELECT d::text AS row FROM devices d WHERE id = $1', [
      device.device_id,
    ]);
    expect(rows[0]?.row).toContain('$argon2id$');
    expect(rows[0]?.row).not.toMatch(new RegExp(`,${PIN},|${device.device_token}`));
  });
});

describe('a parent', () => {
  it('takes a device back: it is signed out at once, for good', async () => {
    const family = await newFamily(server);
    const [lost, kept] = [await newDevice(family), await newDevice(family)];
    expect(await as(server, family.parent).delete(`/auth/devices/${lost.device_id}`)).toMatchObject({ status: 204 });
    expect(await asDevice(lost).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    expect(await unlock(lost.device_token)).toMatchObject(problem(401, 'invalid_device'));
    expect(await asDevice(kept).get('/auth/me')).toMatchObject({ status: 200 });
    const again = as(server, family.parent).delete(`/auth/devices/${lost.device_id}`);
    expect(await again).toMatchObject(problem(404, 'device_not_found'));
  });

  it('who removes the child from the family signs its devices out', async () => {
    const family = await newFamily(server);
    const device = await newDevice(family);
    await as(server, family.parent).delete(`/family/members/${device.memberId}`);
    expect(await asDevice(device).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    expect(await unlock(device.device_token)).toMatchObject(problem(401, 'invalid_device'));
  });

  it('sees the devices of the own family, page by page', async () => {
    const family = await newFamily(server);
    const ids: string[] = [];
    for (let round = 0; round < 3; round += 1) ids.unshift((await newDevice(family)).device_id);
    const pages = await as(server, family.parent).walk<DeviceBody>('/auth/devices', 2);
    expect(pages.map((page) => page.map(({ id }) => id))).toEqual([ids.slice(0, 2), ids.slice(2)]);
    expect(await devicesOf((await newFamily(server)).parent)).toEqual([]);
  });

  it('finds what was done in the audit log of the child', async () => {
    const family = await newFamily(server);
    const device = await newDevice(family);
    await lock(device);
    await as(server, family.parent).post(`/auth/devices/${device.device_id}/approve`);
    await as(server, family.parent).delete(`/auth/devices/${device.device_id}`);
    const events = await asIdentity<{ event: string }>(
      server,
      `SELECT action || ' ' || outcome AS event FROM audit_events
       WHERE subject_user_id = $1 AND action LIKE 'device.%' ORDER BY occurred_at, id`,
      [device.user.id],
    );
    expect(events.map(({ event }) => event)).toEqual([
      'device.enrol success',
      ...Array.from({ length: 4 }, () => 'device.unlock refused'),
      'device.lock success',
      'device.approve success',
      'device.revoke success',
    ]);
  });
});

describe('a teenager who lives on devices', () => {
  it('takes the end of the account back by the PIN', async () => {
    const family = await newFamily(server);
    const memberId = await newProfile(server, family, 'teenager');
    const device = (await enrol((await codeFor(family.parent, memberId)).body.code)).body;
    expect(await erase(server, { bearer: `Bearer ${device.access_token}` }, {})).toMatchObject({ status: 202 });
    expect(await asDevice(device).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
    const again = await unlock(device.device_token);
    expect((await asDevice(again.body).get('/auth/me')).status).toBe(200);
  });

  it('gets no more device codes once an account elsewhere signs in to theirs', async () => {
    const family = await newFamily(server);
    const memberId = await newProfile(server, family, 'teenager');
    const { user } = (await enrol((await codeFor(family.parent, memberId)).body.code)).body;
    expect((await codeFor(family.parent, memberId)).status).toBe(201);
    await asIdentity(
      server,
      `INSERT INTO identities (id, user_id, provider, issuer, subject) VALUES (gen_random_uuid(), $1, 'home', 'https://id.example.org', $2)`,
      [user.id, user.id],
    );
    expect(await codeFor(family.parent, memberId)).toMatchObject(problem(409, 'member_signs_in_alone'));
  });
});

describe('a disabled child', () => {
  it('comes in by no device', async () => {
    const family = await newFamily(server);
    const device = await newDevice(family);
    const { code } = (await codeFor(family.parent, device.memberId)).body;
    await as(server, admin).patch(`/users/${device.user.id}`, { status: 'disabled' });
    expect(await unlock(device.device_token)).toMatchObject(problem(403, 'account_disabled'));
    expect(await enrol(code)).toMatchObject(problem(403, 'account_disabled'));
    expect(await asDevice(device).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
  });
});

describe('a child', () => {
  it('changes no credentials or roles, founds and joins no family, and lets no devices in', async () => {
    const family = await newFamily(server);
    const device = await newDevice(family);
    const child = asDevice(device);
    const refused = problem(403, 'insufficient_permissions');
    const passwords = { current_password: 'x', new_password: 'copper-lantern-27-orchards' };
    expect(await child.post('/auth/password/change', passwords)).toMatchObject(refused);
    expect(await child.post('/auth/email/change', { email: 'leo@example.org', password: 'x' })).toMatchObject(refused);
    expect(await child.post('/auth/email/verify/request')).toMatchObject(refused);
    expect(await child.post('/roles/assign', { user_id: device.user.id, role: 'admin' })).toMatchObject(refused);
    expect(await child.patch(`/family/members/${device.memberId}`, { role: 'parent' })).toMatchObject(refused);
    expect(await child.post('/families', { name: 'Mine' })).toMatchObject(refused);
    expect(await child.post('/family/invitations/accept', { code: '7K2M-9QXA-R4TD' })).toMatchObject(refused);
    expect(await child.post('/family/invitations', { role: 'parent' })).toMatchObject(refused);
    expect(await child.post('/auth/device-codes', { member_id: device.memberId })).toMatchObject(refused);
    expect(await child.get('/auth/devices')).toMatchObject(refused);
    expect(await child.post(`/auth/devices/${device.device_id}/approve`)).toMatchObject(refused);
    expect(await child.delete(`/auth/devices/${device.device_id}`)).toMatchObject(refused);
  });
});
