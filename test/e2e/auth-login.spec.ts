import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomInt } from 'node:crypto';
import bcrypt from 'bcrypt';
import type { MeResponse } from '../../src/modules/auth/dto/me.response.js';
import type { SessionResponse, TokenResponse } from '../../src/modules/auth/dto/session.response.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  newMember,
  nobody,
  PASSWORD,
  problem,
  signIn,
  uniqueEmail,
  type Answer,
  type FamilyMember,
  type PageOf,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const DAY = 86_400_000;

let server: TestApp;
let admin: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  admin = await newFirstAdmin(server);
});
afterAll(() => server.close());

const login = (body: object): Promise<Answer<TokenResponse>> => nobody(server).post<TokenResponse>('/auth/login', body);
const form = (path: string, fields: Record<string, string>): Promise<Answer<TokenResponse>> =>
  nobody(server).with(FORM).post<TokenResponse>(path, new URLSearchParams(fields).toString());

describe('names to sign in with', () => {
  let person: FamilyMember;
  const username = `mari-${String(randomInt(1e9))}`;
  const telegramId = randomInt(1, 2 ** 47);

  beforeAll(async () => {
    ({ parent: person } = await newFamily(server));
    const changed = await as(server, person).patch('/users/me', { username, telegram_id: telegramId });
    expect(changed.status).toBe(200);
  });

  it('are the email, the username and the telegram id, in JSON', async () => {
    for (const name of [
      { email: person.email },
      { email: ` ${person.email.toUpperCase()} ` },
      { username },
      { username: username.toUpperCase() },
      { telegram_id: telegramId },
      { telegram_id: String(telegramId) },
    ]) {
      const answer = await login({ ...name, password: PASSWORD });
      expect(answer).toMatchObject({
        status: 200,
        body: {
          token_type: 'bearer',
          expires_in: 600,
          user: { id: person.userId, name: 'María Núñez', role: 'parent', language: 'en' },
        },
      });
    }
  });

  it.each(['/auth/login', '/auth/token'])('are all given as `username` in an OAuth2 form to %s', async (path) => {
    for (const name of [person.email, username, String(telegramId)]) {
      const answer = await form(path, {
        grant_type: 'password',
        username: name,
        password: PASSWORD,
        scope: '',
        client_id: 'swagger',
      });
      expect(answer).toMatchObject({ status: 200, body: { user: { id: person.userId } } });
      const me = await as(server, { bearer: `Bearer ${answer.body.access_token ?? ''}` }).get('/auth/me');
      expect(me).toMatchObject({ status: 200, body: { id: person.userId } });
    }
  });

  it('are given one at a time', async () => {
    expect(await login({ password: PASSWORD })).toMatchObject(problem(400, 'validation_failed', 'email'));
    expect(await login({ email: person.email, username, password: PASSWORD })).toMatchObject(
      problem(400, 'validation_failed', 'email'),
    );
  });
});

describe('the token endpoint of OAuth2', () => {
  it('knows the grant refresh_token too', async () => {
    const { parent } = await newFamily(server);
    const answer = await form('/auth/token', { grant_type: 'refresh_token', refresh_token: parent.refreshToken });
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'bearer', user: { id: parent.userId } } });
    expect(answer.body.refresh_token).not.toBe(parent.refreshToken);
  });

  it('refuses other grants, and grants without their fields', async () => {
    expect(await form('/auth/token', { grant_type: 'client_credentials' })).toMatchObject(
      problem(400, 'unsupported_grant_type', 'grant_type'),
    );
    expect(await form('/auth/token', { grant_type: 'refresh_token' })).toMatchObject(
      problem(400, 'validation_failed', 'refresh_token'),
    );
    expect(await form('/auth/token', { grant_type: 'password' })).toMatchObject(
      problem(400, 'validation_failed', 'username'),
    );
    expect(await form('/auth/token', { grant_type: 'password', username: 'maria' })).toMatchObject(
      problem(400, 'validation_failed', 'password'),
    );
    expect(await form('/auth/token', { grant_type: 'refresh_token', refresh_token: 'made-up' })).toMatchObject(
      problem(401, 'invalid_refresh_token'),
    );
  });
});

describe('what does not sign anybody in', () => {
  it('is a wrong password or an unknown name: both answers are the same but for the request', async () => {
    const { email } = (await newFamily(server)).parent;
    const wrong = await login({ email, password: `${PASSWORD}!` });
    const unknown = await login({ email: uniqueEmail('nobody'), password: PASSWORD });
    const others = [
      await login({ username: 'nobody-by-this-name', password: PASSWORD }),
      await login({ telegram_id: 1, password: PASSWORD }),
      await form('/auth/token', { grant_type: 'password', username: email, password: 'wrong' }),
    ];
    expect(wrong).toMatchObject(problem(401, 'invalid_credentials'));
    expect(wrong.headers['www-authenticate']).toBeDefined();
    for (const answer of [unknown, ...others]) {
      expect({ ...answer.body, request_id: '' }).toEqual({ ...wrong.body, request_id: '' });
    }
  });

  it.each([
    { password: '' },
    { password: 'x'.repeat(1025) },
    { password: [PASSWORD] },
    { password: PASSWORD, email: { $ne: '' } },
    { password: PASSWORD, email: '' },
    { password: PASSWORD, telegram_id: -1 },
    { password: PASSWORD, telegram_id: 1.5 },
    { password: PASSWORD, telegram_id: 2 ** 53 },
    { password: PASSWORD, delivery: 'pigeon' },
    { password: PASSWORD, remember_me: 'perhaps' },
    { password: PASSWORD, is_admin: true },
  ])('is a request such as %j', async (fields) => {
    expect(await login({ email: admin.email, ...fields })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    });
  });

  it('is a disabled account: refused at every door, and only told so when the password is right', async () => {
    const { parent } = await newFamily(server);
    await as(server, admin).patch(`/users/${parent.userId}`, { status: 'disabled' });

    expect(await login({ email: parent.email, password: PASSWORD })).toMatchObject(problem(403, 'account_disabled'));
    expect(await login({ email: parent.email, password: 'wrong' })).toMatchObject(problem(401, 'invalid_credentials'));
    const grant = { grant_type: 'password', username: parent.email, password: PASSWORD };
    expect(await form('/auth/token', grant)).toMatchObject(problem(403, 'account_disabled'));
    const refresh = await nobody(server).post('/auth/refresh', { refresh_token: parent.refreshToken });
    expect(refresh).toMatchObject(problem(403, 'account_disabled'));
    expect(await as(server, parent).get('/auth/me')).toMatchObject(problem(401, 'invalid_token'));
  });
});

describe('remember me', () => {
  const lifeOf = async (body: object): Promise<number> => {
    const { parent } = await newFamily(server);
    const { body: tokens } = await login({ email: parent.email, password: PASSWORD, ...body });
    const { body: page } = await as(server, { bearer: `Bearer ${tokens.access_token ?? ''}` }).get<
      PageOf<SessionResponse>
    >('/auth/sessions');
    const session = page.data.find(({ current }) => current);
    if (!session) throw new Error('the session of the request is not in the list');
    expect(session.remember_me).toBe('remember_me' in body && body.remember_me === true);
    return Date.parse(session.expires_at) - Date.parse(session.created_at);
  };

  it('makes a session last thirty days instead of one', async () => {
    expect(await lifeOf({})).toBe(DAY);
    expect(await lifeOf({ remember_me: false })).toBe(DAY);
    expect(await lifeOf({ remember_me: true })).toBe(30 * DAY);
  });
});

describe('imported accounts, whose passwords bcrypt has hashed', () => {
  const importHash = async (password: string): Promise<FamilyMember> => {
    const { parent } = await newFamily(server);
    const hash = await bcrypt.hash(password, 4);
    await asIdentity(server, 'UPDATE credentials SET password_hash = $2 WHERE user_id = $1', [parent.userId, hash]);
    return parent;
  };
  const hashOf = async (userId: string): Promise<string> => {
    const [row] = await asIdentity<{ hash: string }>(
      server,
      'SELECT password_hash AS hash FROM credentials WHERE user_id = $1',
      [userId],
    );
    return row?.hash ?? '';
  };

  it('sign in as before and are argon2id from then on', async () => {
    const { userId, email } = await importHash('correct horse battery');
    expect(await login({ email, password: 'correct horse batterY' })).toMatchObject(
      problem(401, 'invalid_credentials'),
    );
    expect(await hashOf(userId)).toMatch(/^\$2b\$/);

    await signIn(server, email, 'correct horse battery');
    const upgraded = await hashOf(userId);
    expect(upgraded).toMatch(/^\$argon2id\$v=19\$/);

    await signIn(server, email, 'correct horse battery');
    expect(await hashOf(userId)).toBe(upgraded);
  });

  it('are not opened by a password of more than the 72 bytes that bcrypt reads', async () => {
    const first72 = 'ñ'.repeat(36);
    const { email } = await importHash(first72);
    expect(await login({ email, password: `${first72}!` })).toMatchObject(problem(401, 'invalid_credentials'));
    expect(await login({ email, password: first72 })).toMatchObject({ status: 200 });
  });
});

describe('passwords', () => {
  const register = async (password: string): Promise<string> => {
    const email = uniqueEmail();
    const answer = await nobody(server).post('/auth/register', { email, password, first_name: 'Leo' });
    expect(answer.status).toBe(201);
    return email;
  };

  it('that differ after byte 72 are different', async () => {
    const start = 'violet harbours and teapots, '.repeat(3).slice(0, 80);
    const email = await register(`${start}-one`);
    expect(await login({ email, password: `${start}-two` })).toMatchObject(problem(401, 'invalid_credentials'));
    expect(await login({ email, password: start })).toMatchObject(problem(401, 'invalid_credentials'));
    expect(await login({ email, password: `${start}-one` })).toMatchObject({ status: 200 });
  });

  it('are the same however the keyboard composes them, and not trimmed', async () => {
    const email = await register(' contraseña de Zoë ');
    expect(await login({ email, password: ' contraseña de Zoë '.normalize('NFD') })).toMatchObject({ status: 200 });
    expect(await login({ email, password: 'contraseña de Zoë' })).toMatchObject(problem(401, 'invalid_credentials'));
  });
});

describe('GET /auth/me', () => {
  it('tells a parent who they are and what they may do', async () => {
    const { parent, familyId } = await newFamily(server, 'Ibáñez');
    const { body } = await as(server, parent).get<MeResponse>('/auth/me');
    expect(body).toEqual({
      id: parent.userId,
      email: parent.email,
      email_verified: false,
      username: null,
      telegram_id: null,
      name: 'María Ibáñez',
      role: 'parent',
      language: 'en',
      server_roles: ['user'],
      member_id: parent.memberId,
      family: { id: familyId, name: 'Ibáñez' },
      permissions: {
        manage_users: false,
        manage_roles: false,
        manage_family: true,
        manage_members: true,
        invite_members: true,
        view_all_conversations: true,
        edit_prompts: true,
        view_operations: false,
      },
      granted: body.granted,
    });
    expect(body.granted).toEqual(
      expect.arrayContaining(['account:read', 'memory:read', 'member:write', 'invitation:write']),
    );
    expect(body.granted).not.toContain('user:read');
    expect([...body.granted].sort()).toEqual(body.granted);
  });

  it('tells a teenager that they may do less', async () => {
    const family = await newFamily(server);
    const teenager = await newMember(server, family, 'teenager');
    const { body } = await as(server, teenager).get<MeResponse>('/auth/me');
    expect(body).toMatchObject({ role: 'teenager', family: { id: family.familyId } });
    expect(new Set(Object.values(body.permissions))).toEqual(new Set([false]));
    expect(body.granted).toContain('member:write_own');
    expect(body.granted).not.toContain('member:write');
  });

  it('has no family to tell of after leaving it', async () => {
    const grandparent = await newMember(server, await newFamily(server), 'grandparent');
    await as(server, grandparent).delete(`/family/members/${grandparent.memberId}`);
    expect(await as(server, grandparent).get('/auth/me')).toMatchObject({
      status: 200,
      body: { role: 'user', family: null, member_id: null },
    });
  });

  it('is for those who are signed in', async () => {
    const answer = await nobody(server).get('/auth/me');
    expect(answer).toMatchObject(problem(401, 'unauthenticated'));
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
  });
});
