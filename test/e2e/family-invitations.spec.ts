import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { MeResponse } from '../../src/modules/auth/dto/me.response.js';
import type {
  InvitationResponse,
  JoinedResponse,
  NewInvitationResponse,
} from '../../src/modules/family/dto/invitation.response.js';
import type { MemberResponse } from '../../src/modules/family/dto/member.response.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  inFamily,
  newFamily,
  newFirstAdmin,
  newGuest,
  newInvitation,
  newMember,
  newProfile,
  nobody,
  PASSWORD,
  problem,
  uniqueEmail,
  type Answer,
  type PageOf,
  type SignedIn,
  type TestFamily,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const INVITATIONS = '/family/invitations';
const NOBODY = '019a9c1e-0000-7000-8000-000000000000';
const HOUR = 3_600_000;

let server: TestApp;
let family: TestFamily;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', PUBLIC_URL: 'https://family.example.org/' } });
  await newFirstAdmin(server);
});
afterAll(() => server.close());

beforeAll(async () => {
  family = await newFamily(server);
});

const invite = (fields: object, by: SignedIn = family.parent): Promise<Answer<NewInvitationResponse>> =>
  as(server, by).post<NewInvitationResponse>(INVITATIONS, fields);
const accept = (by: SignedIn, code: string): Promise<Answer<JoinedResponse>> =>
  as(server, by).post<JoinedResponse>(`${INVITATIONS}/accept`, { code });
const everyInvitation = async (by: SignedIn): Promise<InvitationResponse[]> =>
  (await as(server, by).walk<InvitationResponse>(INVITATIONS, 100)).flat();

/** Somebody who has a family of their own already. */
const newStranger = async (): Promise<TestFamily['parent']> => (await newFamily(server)).parent;

describe('inviting', () => {
  it('gives a code and a link, once', async () => {
    const { status, body } = await invite({ role: 'grandparent' });
    expect({ status, body }).toEqual({
      status: 201,
      body: {
        id: expect.any(String),
        role: 'grandparent',
        member_id: null,
        status: 'pending',
        expires_at: expect.any(String),
        accepted_at: null,
        created_at: expect.any(String),
        code: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/),
        link: `https://family.example.org/join#${body.code}`,
      },
    });
    expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(7 * 24 * HOUR);

    const listed = (await everyInvitation(family.parent)).find(({ id }) => id === body.id);
    const { code, link, ...shown } = body;
    expect(listed).toEqual(shown);
    const rows = await inFamily<{ row: string }>(
      server,
      family.familyId,
      'SELECT i::text AS row FROM invitations i',
      [],
    );
    expect(rows.length).toBeGreaterThan(0);
    const letters = code.replaceAll('-', '');
    expect(
      rows.filter(({ row }) =>
        [code, letters, link, Buffer.from(letters).toString('hex')].some((text) => row.includes(text)),
      ),
    ).toEqual([]);
  });

  it('may be for an hour to thirty days', async () => {
    for (const expires_in_hours of [1, 720]) {
      const { body } = await invite({ role: 'parent', expires_in_hours });
      expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(expires_in_hours * HOUR);
    }
  });

  it.each([
    [{}, 'role'],
    [{ role: 'child' }, 'role'],
    [{ role: 'uncle' }, 'role'],
    [{ role: null }, 'role'],
    [{ role: 'parent', expires_in_hours: 0 }, 'expires_in_hours'],
    [{ role: 'parent', expires_in_hours: 721 }, 'expires_in_hours'],
    [{ role: 'parent', expires_in_hours: 1.5 }, 'expires_in_hours'],
    [{ role: 'parent', expires_in_hours: '24' }, 'expires_in_hours'],
    [{ member_id: 'x' }, 'member_id'],
    [{ role: 'parent', code: '7K2M-9QXA-R4TD' }, 'code'],
  ])('refuses %j and names the field', async (fields, field) => {
    expect(await invite(fields)).toMatchObject(problem(400, 'validation_failed', field));
  });

  it('offers a profile that has no account yet, with the role it has', async () => {
    const member_id = await newProfile(server, family, 'teenager');
    expect(await invite({ member_id })).toMatchObject({ status: 201, body: { member_id, role: 'teenager' } });
    expect(await invite({ member_id, role: 'teenager' })).toMatchObject({ status: 201 });
    expect(await invite({ member_id, role: 'parent' })).toMatchObject(problem(422, 'unprocessable', 'role'));
  });

  it('does not offer a child’s profile, one with an account, or one of another family', async () => {
    const child = await newProfile(server, family, 'child');
    expect(await invite({ member_id: child })).toMatchObject(problem(422, 'unprocessable', 'member_id'));
    expect(await invite({ member_id: family.parent.memberId })).toMatchObject(problem(409, 'member_has_account'));
    const elsewhere = await newProfile(server, await newFamily(server), 'teenager');
    for (const member_id of [elsewhere, NOBODY]) {
      expect(await invite({ member_id })).toMatchObject(problem(404, 'member_not_found', 'member_id'));
    }
  });

  it('is for parents', async () => {
    const teenager = await newMember(server, family, 'teenager');
    expect(await invite({ role: 'parent' }, teenager)).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await as(server, teenager).get(INVITATIONS)).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await as(server, teenager).delete(`${INVITATIONS}/${NOBODY}`)).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    expect(await nobody(server).post(INVITATIONS, { role: 'parent' })).toMatchObject(problem(401, 'unauthenticated'));
  });
});

describe('accepting', () => {
  it('brings somebody with an account into a second family; they act in it after switching', async () => {
    const stranger = await newStranger();
    const answer = await accept(stranger, await newInvitation(server, family, { role: 'grandparent' }));
    expect(answer).toMatchObject({
      status: 200,
      body: { family_id: family.familyId, family_name: 'Núñez', role: 'grandparent' },
    });

    const member = await as(server, family.parent).get(`/family/members/${answer.body.member_id}`);
    expect(member).toMatchObject({
      status: 200,
      body: { user_id: stranger.userId, first_name: 'María', role: 'grandparent', age_group: 'elder' },
    });
    expect(await as(server, stranger).get('/auth/me')).toMatchObject({
      body: { role: 'parent', family: { id: stranger.familyId } },
    });
    await as(server, stranger).post(`/auth/family/${family.familyId}`);
    expect(await as(server, stranger).get('/auth/me')).toMatchObject({
      body: { role: 'grandparent', member_id: answer.body.member_id },
    });
  });

  it('takes over the profile that parents made, with its name and role', async () => {
    const member_id = await newProfile(server, family, 'teenager', { first_name: 'Noé', birth_date: '2011-03-04' });
    const guest = await newGuest(server, await newInvitation(server, family, { member_id }));
    expect(guest).toMatchObject({ memberId: member_id, familyId: family.familyId });
    expect(await as(server, guest).get(`/family/members/${member_id}`)).toMatchObject({
      body: { user_id: guest.userId, first_name: 'Noé', role: 'teenager', birth_date: '2011-03-04' },
    });
  });

  it('reads codes as people type them', async () => {
    const typed = [
      (code: string) => code.toLowerCase(),
      (code: string) => code.replaceAll('-', ' '),
      (code: string) => ` ${code.replaceAll('-', '')} `,
      (code: string) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
    ];
    for (const type of typed) {
      const code = await newInvitation(server, family, { role: 'teenager' });
      expect(await accept(await newStranger(), type(code))).toMatchObject({ status: 200 });
    }
  });

  it('works once', async () => {
    const code = await newInvitation(server, family, { role: 'teenager' });
    const first = await newStranger();
    expect(await accept(first, code)).toMatchObject({ status: 200 });
    expect(await accept(await newStranger(), code)).toMatchObject(problem(404, 'invitation_invalid'));
    const register = { email: uniqueEmail(), password: PASSWORD, first_name: 'X', invitation: code };
    expect(await nobody(server).post('/auth/register', register)).toMatchObject(problem(404, 'invitation_invalid'));
  });

  it('is refused to who is a member already, and leaves the code to somebody else', async () => {
    const code = await newInvitation(server, family, { role: 'parent' });
    expect(await accept(family.parent, code)).toMatchObject(problem(409, 'already_member'));
    expect(await accept(await newStranger(), code)).toMatchObject({ status: 200 });
  });

  it('does not work after the invitation’s time', async () => {
    const { body } = await invite({ role: 'parent' });
    await inFamily(
      server,
      family.familyId,
      `UPDATE invitations SET expires_at = now() - interval '1 second' WHERE id = $1`,
      [body.id],
    );
    expect(await accept(await newStranger(), body.code)).toMatchObject(problem(404, 'invitation_invalid'));
    const register = { email: uniqueEmail(), password: PASSWORD, first_name: 'X', invitation: body.code };
    expect(await nobody(server).post('/auth/register', register)).toMatchObject(problem(404, 'invitation_invalid'));
    expect((await everyInvitation(family.parent)).find(({ id }) => id === body.id)).toMatchObject({
      status: 'expired',
    });
  });

  it('is not possible with a code that nobody made, nor twice for one profile', async () => {
    const stranger = await newStranger();
    expect(await accept(stranger, '7K2M-9QXA-R4TD')).toMatchObject(problem(404, 'invitation_invalid'));
    const member_id = await newProfile(server, family, 'teenager');
    const codes = [
      await newInvitation(server, family, { member_id }),
      await newInvitation(server, family, { member_id }),
    ];
    expect(await accept(stranger, codes[0] ?? '')).toMatchObject({ status: 200 });
    expect(await accept(await newStranger(), codes[1] ?? '')).toMatchObject(problem(404, 'invitation_invalid'));
  });

  it.each(['', 'short', 'x'.repeat(41), 7, null])('needs a code, not %j', async (code) => {
    const answer = as(server, family.parent).post(`${INVITATIONS}/accept`, { code });
    expect(await answer).toMatchObject(problem(400, 'validation_failed', 'code'));
  });

  it('has one winner, also when ten people with accounts hold the code', async () => {
    const code = await newInvitation(server, family, { role: 'grandparent' });
    const strangers: SignedIn[] = [];
    for (let count = 0; count < 10; count += 1) strangers.push(await newStranger());
    const before = (await as(server, family.parent).walk<MemberResponse>('/family/members', 100)).flat().length;

    const answers = await Promise.all(strangers.map((stranger) => accept(stranger, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(answer).toMatchObject(problem(404, 'invitation_invalid'));
    expect((await as(server, family.parent).walk<MemberResponse>('/family/members', 100)).flat()).toHaveLength(
      before + 1,
    );
  });

  it('has one winner, also when ten people register by the code: the others have no account', async () => {
    const code = await newInvitation(server, family, { role: 'teenager' });
    const emails = Array.from({ length: 10 }, () => uniqueEmail('racer'));
    const answers = await Promise.all(
      emails.map((email) =>
        nobody(server).post('/auth/register', { email, password: PASSWORD, first_name: 'Leo', invitation: code }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect(answer).toMatchObject(problem(404, 'invitation_invalid'));
    expect(await asIdentity(server, 'SELECT id FROM users WHERE email = ANY($1)', [emails])).toHaveLength(1);
  });
});

describe('the list of invitations', () => {
  it('comes in pages, newest first, with what became of each', async () => {
    const own = await newFamily(server);
    const made: InvitationResponse[] = [];
    for (let count = 0; count < 5; count += 1) made.unshift((await invite({ role: 'teenager' }, own.parent)).body);
    const used = await invite({ role: 'parent' }, own.parent);
    await newGuest(server, used.body.code);

    const pages = await as(server, own.parent).walk<InvitationResponse>(INVITATIONS, 4);
    expect(pages.map((page) => page.length)).toEqual([4, 2]);
    expect(pages.flat().map(({ id }) => id)).toEqual([used.body.id, ...made.map(({ id }) => id)]);
    expect(pages.flat().map(({ status }) => status)).toEqual(['accepted', ...Array<string>(5).fill('pending')]);
    expect(pages.flat()[0]?.accepted_at).not.toBeNull();
    expect(await as(server, own.parent).get(`${INVITATIONS}?cursor=x`)).toMatchObject(
      problem(400, 'validation_failed', 'cursor'),
    );
  });
});

describe('taking an invitation back', () => {
  const revoke = (by: SignedIn, id: string): Promise<Answer<unknown>> => as(server, by).delete(`${INVITATIONS}/${id}`);

  it('makes its code worthless', async () => {
    const { body } = await invite({ role: 'teenager' });
    expect(await revoke(family.parent, body.id)).toMatchObject({ status: 204 });
    expect(await accept(await newStranger(), body.code)).toMatchObject(problem(404, 'invitation_invalid'));
    expect((await everyInvitation(family.parent)).map(({ id }) => id)).not.toContain(body.id);
    expect(await revoke(family.parent, body.id)).toMatchObject(problem(404, 'invitation_not_found'));
  });

  it('is too late when it has been accepted', async () => {
    const { body } = await invite({ role: 'teenager' });
    await accept(await newStranger(), body.code);
    expect(await revoke(family.parent, body.id)).toMatchObject(problem(409, 'invitation_used'));
  });

  it('is not possible from another family, where it does not exist', async () => {
    const { body } = await invite({ role: 'teenager' });
    const stranger = await newStranger();
    expect(await revoke(stranger, body.id)).toMatchObject(problem(404, 'invitation_not_found'));
    const listed = await as(server, stranger).get<PageOf<InvitationResponse>>(INVITATIONS);
    expect(listed.body.data).toEqual([]);
    const me = await as(server, await newGuest(server, body.code)).get<MeResponse>('/auth/me');
    expect(me.body.family?.id).toBe(family.familyId);
    expect(await revoke(family.parent, 'x')).toMatchObject(problem(400, 'validation_failed', 'id'));
  });
});
