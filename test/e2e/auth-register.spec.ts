import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { MeResponse } from '../../src/modules/auth/dto/me.response.js';
import { SetupToken } from '../../src/modules/auth/setup-token.js';
import type { UserResponse } from '../../src/modules/users/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  newInvitation,
  nobody,
  PASSWORD,
  problem,
  signIn,
  uniqueEmail,
  type Answer,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

interface FieldMessages {
  readonly errors: readonly { field: string; messages: readonly string[] }[];
}

const maria = (fields: object = {}): object => ({
  email: uniqueEmail(),
  password: PASSWORD,
  first_name: 'María',
  ...fields,
});

const register = (server: TestApp, fields: object = {}): Promise<Answer<UserResponse>> =>
  nobody(server).post<UserResponse>('/auth/register', maria(fields));

describe('the first account of a server', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp();
  });
  afterAll(() => server.close());

  it('is the only admin and a parent, also when twenty people try at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(server, { last_name: 'Núñez' })));

    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(1);
    expect(made[0]?.body).toMatchObject({ roles: ['admin', 'user'], status: 'active', name: 'María Núñez' });
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(answer).toMatchObject(problem(403, 'invitation_required'));
    }
    expect(await asIdentity(server, `SELECT user_id FROM user_roles WHERE role = 'admin'`, [])).toEqual([
      { user_id: made[0]?.body.id },
    ]);

    const { body } = await as(server, await signIn(server, made[0]?.body.email ?? '')).get<MeResponse>('/auth/me');
    expect(body).toMatchObject({ role: 'parent', server_roles: ['admin', 'user'], family: { name: 'Núñez' } });
    expect(body.permissions).toMatchObject({
      manage_users: true,
      manage_roles: true,
      manage_family: true,
      view_operations: true,
    });
  });
});

describe('the first account of a server that other machines can reach', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp({ env: { HOST: '0.0.0.0', REGISTRATION: 'open' } });
  });
  afterAll(() => server.close());

  it('needs the set-up token, which is then worthless', async () => {
    const token = server.app.get(SetupToken).value;
    expect(token.length).toBeGreaterThanOrEqual(32);
    for (const wrong of [
      undefined,
      '',
      'guess',
      token.slice(1),
      token.toLowerCase() + token.toUpperCase().slice(32),
      `${token}x`,
    ]) {
      const fields = wrong === undefined ? {} : { setup_token: wrong };
      const answer = await register(server, fields);
      expect(answer).toMatchObject(problem(403, 'setup_token_required'));
    }
    expect(await register(server, { setup_token: token })).toMatchObject({
      status: 201,
      body: { roles: ['admin', 'user'] },
    });
  });

  it('cannot be made a second time by the token, which is then worthless', async () => {
    const answer = await register(server, { setup_token: server.app.get(SetupToken).value });
    expect(answer).toMatchObject({ status: 201, body: { roles: ['user'] } });
  });
});

describe('REGISTRATION=invite, the default', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp();
  });
  afterAll(() => server.close());

  it('refuses strangers and admits the holder of an invitation into its family', async () => {
    const parent = await newFirstAdmin(server);
    expect(await register(server)).toMatchObject(problem(403, 'invitation_required'));
    expect(await register(server, { invitation: '7K2M-9QXA-R4TD' })).toMatchObject(problem(404, 'invitation_invalid'));

    const code = await newInvitation(server, { familyId: parent.familyId, parent }, { role: 'grandparent' });
    const { status, body } = await register(server, { invitation: code, family_name: 'is not founded' });
    expect({ status, roles: body.roles }).toEqual({ status: 201, roles: ['user'] });
    const me = await as(server, await signIn(server, body.email ?? '')).get<MeResponse>('/auth/me');
    expect(me.body).toMatchObject({ role: 'grandparent', family: { id: parent.familyId } });

    expect(await register(server, { invitation: code })).toMatchObject(problem(404, 'invitation_invalid'));
  });
});

describe('REGISTRATION=closed', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'closed' } });
  });
  afterAll(() => server.close());

  it('admits the first account and then nobody, invited or not', async () => {
    const parent = await newFirstAdmin(server);
    const code = await newInvitation(server, { familyId: parent.familyId, parent }, { role: 'teenager' });
    expect(await register(server)).toMatchObject(problem(403, 'registration_closed'));
    expect(await register(server, { invitation: code })).toMatchObject(problem(403, 'registration_closed'));
  });
});

describe('REGISTRATION=open', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    await newFirstAdmin(server);
  });
  afterAll(() => server.close());

  it('founds a family for everybody, and answers with the account but never with the password', async () => {
    const email = uniqueEmail('Lucía.Brontë');
    const answer = await register(server, {
      email,
      username: 'Lucia.Z',
      first_name: '  Lucía   Inés ',
      last_name: 'O’Brien-Çelik',
      family_name: 'Ñandú & Ωmega',
      language: 'es',
      time_zone: 'America/Argentina/Buenos_Aires',
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: email.toLowerCase(),
      email_verified: false,
      username: 'lucia.z',
      telegram_id: null,
      first_name: 'Lucía Inés',
      last_name: 'O’Brien-Çelik',
      name: 'Lucía Inés O’Brien-Çelik',
      language: 'es',
      time_zone: 'America/Argentina/Buenos_Aires',
      birth_date: null,
      status: 'active',
      roles: ['user'],
      max_requests_per_day: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    const me = await as(server, await signIn(server, email)).get<MeResponse>('/auth/me');
    expect(me.body).toMatchObject({ role: 'parent', family: { name: 'Ñandú & Ωmega' } });
  });

  it('joins the inviting family where there is an invitation', async () => {
    const family = await newFamily(server);
    const { body } = await register(server, { invitation: await newInvitation(server, family, { role: 'parent' }) });
    const me = await as(server, await signIn(server, body.email ?? '')).get<MeResponse>('/auth/me');
    expect(me.body).toMatchObject({ role: 'parent', family: { id: family.familyId } });
  });

  it('leaves nothing behind when the invitation is not good', async () => {
    const email = uniqueEmail();
    expect(await register(server, { email, invitation: 'AAAA-BBBB-CCCC' })).toMatchObject(
      problem(404, 'invitation_invalid'),
    );
    expect(await register(server, { email })).toMatchObject({ status: 201 });
  });

  it('names every bad field at once, also those that do not exist', async () => {
    const answer = await nobody(server).post('/auth/register', {
      email: 'not an email',
      username: '1x',
      first_name: '',
      language: 'fr',
      time_zone: 'Mars/Olympus',
      role: 'admin',
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    const fields = (answer.body as FieldMessages).errors.map(({ field }) => field).sort();
    expect(fields).toEqual(['email', 'first_name', 'language', 'password', 'role', 'time_zone', 'username']);
  });

  it.each([
    { roles: ['admin'] },
    { status: 'active' },
    { id: '019a9c1e-0000-7000-8000-000000000000' },
    { user: { role: 'admin' } },
  ])('lets nobody set %j', async (fields) => {
    expect(await register(server, fields)).toMatchObject(problem(400, 'validation_failed', ...Object.keys(fields)));
  });

  describe('passwords', () => {
    const faultsOf = async (password: unknown, fields: object = {}): Promise<readonly string[]> => {
      const answer = await register(server, { ...fields, password });
      if (answer.status === 201) return [];
      expect(answer).toMatchObject(problem(400, 'validation_failed', 'password'));
      return (answer.body as unknown as FieldMessages).errors[0]?.messages ?? [];
    };

    it('are reported rule by rule', async () => {
      const short = await faultsOf('tiny-teapot');
      const long = await faultsOf('é-'.repeat(60) + 'no pattern');
      const common = await faultsOf('QWERTYuiop123');
      const all = await faultsOf('anna', { email: `anna@${uniqueEmail().split('@')[0] ?? ''}.example.org` });
      expect([short, long, common].map((faults) => faults.length)).toEqual([1, 1, 1]);
      expect(new Set([short[0], long[0], common[0]]).size).toBe(3);
      expect(all).toHaveLength(2);
      expect(all).toContain(short[0]);
    });

    it('need 12 to 128 characters, counted as people see them', async () => {
      const filler = 'Ω-vé🏡kq7.'; // 9 characters, more code units and bytes
      expect(await faultsOf(`${filler}xy`)).toHaveLength(1);
      expect(await faultsOf(`${filler}xyz`)).toHaveLength(0);
      const long = 'teapots and harbours, violet as ever; '.repeat(4).slice(0, 127);
      expect(await faultsOf(`${long}🏡`)).toHaveLength(0);
      expect(await faultsOf(`${long}🏡!`)).toHaveLength(1);
    });

    it.each([
      '1q2w3e4r5t6y',
      'passwordpassword',
      'PasswordPassword',
      'iloveyou1234',
      'aaaaaaaaaaaaaaaa',
      'abcabcabcabcabc',
    ])('are refused when attackers know them: %s', async (password) => {
      expect(await faultsOf(password)).toHaveLength(1);
    });

    it('are refused when they are the person’s own name', async () => {
      const name = `bartholomew-${uniqueEmail().split('@')[0] ?? ''}`.slice(0, 32).replace(/-$/, '0');
      const email = `${name}@example.org`;
      expect(await faultsOf(email, { email })).toHaveLength(1);
      expect(await faultsOf(name.toUpperCase(), { email })).toHaveLength(1);
      expect(await faultsOf(name, { username: name })).toHaveLength(1);
    });

    it.each([null, 42, ['violet-harbour-93-teapots'], { $ne: '' }, true])('are texts, not %j', async (password) => {
      expect(await faultsOf(password)).not.toHaveLength(0);
    });
  });

  describe('emails', () => {
    it('are normalised before they are checked: a full-width ＠ is an @, capitals are none', async () => {
      const name = `mei-${uniqueEmail().split('@')[0] ?? ''}`;
      const made = await register(server, { email: ` ${name.toUpperCase()}＠Example.ORG ` });
      expect(made).toMatchObject({ status: 201, body: { email: `${name}@example.org` } });
      expect(await register(server, { email: `${name}@example.org` })).toMatchObject(
        problem(409, 'email_taken', 'email'),
      );
      await expect(signIn(server, `${name}＠example.org`)).resolves.toMatchObject({ userId: made.body.id });
    });

    it.each([
      '',
      'maria',
      'maria@',
      '@example.org',
      'a b@example.org',
      'maria@example.org\u0007',
      `${'m'.repeat(250)}@example.org`,
      7,
      null,
    ])('are refused as %j', async (email) => {
      expect(await register(server, { email })).toMatchObject(problem(400, 'validation_failed', 'email'));
    });

    it('belong to one account, also when fifty people ask at the same moment', async () => {
      const email = uniqueEmail('wanted');
      const answers = await Promise.all(Array.from({ length: 50 }, () => register(server, { email })));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused).toHaveLength(49);
      for (const answer of refused) expect(answer).toMatchObject(problem(409, 'email_taken', 'email'));
    });
  });

  it('says which name is taken when it is the username', async () => {
    const username = `u${uniqueEmail()
      .replaceAll(/[^a-z0-9]/g, '')
      .slice(0, 20)}`;
    expect(await register(server, { username })).toMatchObject({ status: 201 });
    expect(await register(server, { username: username.toUpperCase() })).toMatchObject(
      problem(409, 'username_taken', 'username'),
    );
  });
});
