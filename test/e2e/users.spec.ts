import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { UserResponse } from '../../src/modules/users/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newFamily,
  newFirstAdmin,
  nobody,
  PASSWORD,
  problem,
  signIn,
  type Answer,
  type Caller,
  type FamilyMember,
  type PageOf,
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

const newPerson = async (name?: string): Promise<FamilyMember> => (await newFamily(server, name)).parent;

describe('one’s own account', () => {
  let person: FamilyMember;
  let me: Caller;

  beforeEach(async () => {
    person = await newPerson();
    me = as(server, person);
  });

  it('can be read', async () => {
    expect(await me.get('/users/me')).toMatchObject({
      status: 200,
      body: { id: person.userId, email: person.email, name: 'María Núñez', status: 'active', roles: ['user'] },
    });
  });

  it('can be changed field by field; null empties what may be empty', async () => {
    const [username, telegram_id] = [`zoe.${String(randomInt(1e9))}`, randomInt(1, 2 ** 47)];
    const full = {
      first_name: 'Zoë',
      last_name: 'Ōe Ní Dhomhnaill',
      username,
      telegram_id,
      language: 'bilingual',
      time_zone: 'Asia/Kolkata',
      birth_date: '1984-02-29',
    };
    expect(await me.patch('/users/me', full)).toMatchObject({
      status: 200,
      body: { ...full, name: 'Zoë Ōe Ní Dhomhnaill' },
    });

    const changed = await me.patch('/users/me', { language: 'es' });
    expect(changed).toMatchObject({ status: 200, body: { ...full, language: 'es' } });

    const emptied = { last_name: null, username: null, telegram_id: null, birth_date: null };
    expect(await me.patch('/users/me', emptied)).toMatchObject({
      status: 200,
      body: { ...emptied, first_name: 'Zoë', name: 'Zoë' },
    });
    expect(await me.patch('/users/me', {})).toMatchObject({
      status: 200,
      body: { ...emptied, first_name: 'Zoë', language: 'es' },
    });
  });

  it.each([
    { first_name: null },
    { first_name: '' },
    { first_name: '<b>María</b>' },
    { first_name: 'x'.repeat(101) },
    { first_name: ['María'] },
    { last_name: 7 },
    { username: 'ab' },
    { username: '1abc' },
    { username: 'a@b.example' },
    { telegram_id: 0 },
    { telegram_id: 'me' },
    { language: 'fr' },
    { language: null },
    { time_zone: 'Mars/Olympus' },
    { birth_date: '1984-02-30' },
    { birth_date: '2999-01-01' },
    { birth_date: '29/02/1984' },
    { email: 'other@example.org' },
    { status: 'active' },
    { roles: ['admin'] },
    { epoch: 0 },
  ])('refuses %j and names the field', async (fields) => {
    expect(await me.patch('/users/me', fields)).toMatchObject(
      problem(400, 'validation_failed', ...Object.keys(fields)),
    );
  });

  it('cannot take a name of somebody else', async () => {
    const names = { username: `uma${String(randomInt(1e9))}`, telegram_id: randomInt(1, 2 ** 47) };
    await as(server, await newPerson()).patch('/users/me', names);
    expect(await me.patch('/users/me', { username: names.username.toUpperCase() })).toMatchObject(
      problem(409, 'username_taken', 'username'),
    );
    expect(await me.patch('/users/me', { telegram_id: names.telegram_id })).toMatchObject(
      problem(409, 'telegram_id_taken', 'telegram_id'),
    );
  });
});

describe('the accounts of the server', () => {
  it('are for admins only', async () => {
    const person = await newPerson();
    const me = as(server, person);
    for (const answer of [
      await me.get('/users'),
      await me.get(`/users/${admin.userId}`),
      await me.get(`/users/${person.userId}`),
      await me.patch(`/users/${person.userId}`, { status: 'active' }),
      await me.patch(`/users/${NOBODY}`, { first_name: 'X' }),
    ]) {
      expect(answer).toMatchObject(problem(403, 'insufficient_permissions'));
    }
    expect(await nobody(server).get('/users')).toMatchObject(problem(401, 'unauthenticated'));
  });

  it('are listed newest first, in pages that fit together', async () => {
    const name = `Pagina${'abcdefghij'[randomInt(10)] ?? ''}${String(randomInt(1e9))}`;
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.unshift((await newPerson(name)).userId);

    const pages = await as(server, admin).walk<UserResponse>(`/users?q=${name}`, 2);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat().map(({ id }) => id)).toEqual(made);

    const exact = await as(server, admin).get<PageOf<UserResponse>>(`/users?q=${name}&limit=5`);
    expect(exact.body.next_cursor).toBeNull();
  });

  it('can be searched by parts of names and emails, whatever the case; % and _ are letters', async () => {
    const name = `Büşra${String(randomInt(1e9))}`;
    const { userId, email } = await newPerson(name);
    const found = async (q: string): Promise<string[]> => {
      const { body } = await as(server, admin).get<PageOf<UserResponse>>(`/users?limit=100&q=${encodeURIComponent(q)}`);
      return body.data.map(({ id }) => id);
    };
    expect(await found(name.slice(2).toUpperCase())).toEqual([userId]);
    expect(await found(email.slice(3, -4))).toEqual([userId]);
    expect(await found(`María ${name}`)).toEqual([userId]);
    expect(await found('%')).toEqual([]);
    expect(await found(name.replace(/.$/, '_'))).toEqual([]);
    expect(await found(`'; DROP TABLE users; --`)).toEqual([]);
  });

  it('can be filtered by status and by role', async () => {
    const person = await newPerson();
    const every = async (query: string): Promise<UserResponse[]> =>
      (await as(server, admin).walk<UserResponse>(`/users${query}`, 100)).flat();
    await as(server, admin).patch(`/users/${person.userId}`, { status: 'disabled' });

    const disabled = await every('?status=disabled');
    expect(disabled.map(({ id }) => id)).toContain(person.userId);
    expect(new Set(disabled.map(({ status }) => status))).toEqual(new Set(['disabled']));
    expect((await every('?status=active')).map(({ id }) => id)).not.toContain(person.userId);
    const admins = await every('?role=admin');
    expect(admins.map(({ id }) => id)).toContain(admin.userId);
    expect(admins.every(({ roles }) => roles.includes('admin'))).toBe(true);
  });

  it.each([
    'status=gone',
    'role=parent',
    'cursor=nonsense',
    'limit=0',
    'limit=101',
    `q=${'x'.repeat(101)}`,
    'sort=email',
  ])('refuse the query %s', async (query) => {
    const [field = ''] = query.split('=');
    expect(await as(server, admin).get(`/users?${query}`)).toMatchObject(problem(400, 'validation_failed', field));
  });

  it('can be read one by one, without passwords', async () => {
    const person = await newPerson();
    const answer = await as(server, admin).get(`/users/${person.userId}`);
    expect(answer).toMatchObject({ status: 200, body: { id: person.userId, email: person.email, roles: ['user'] } });
    expect(JSON.stringify(answer.body)).not.toMatch(/argon2|hash|password/i);
    expect(await as(server, admin).get(`/users/${NOBODY}`)).toMatchObject(problem(404, 'user_not_found'));
    expect(await as(server, admin).get('/users/nobody')).toMatchObject(problem(400, 'validation_failed', 'id'));
  });

  it('can be changed by an admin, but not their email or roles', async () => {
    const { userId } = await newPerson();
    const changed = await as(server, admin).patch(`/users/${userId}`, {
      first_name: 'Ñusta',
      birth_date: '2000-02-29',
    });
    expect(changed).toMatchObject({
      status: 200,
      body: { first_name: 'Ñusta', birth_date: '2000-02-29', last_name: 'Núñez' },
    });
    for (const fields of [{ email: 'x@example.org' }, { roles: ['admin'] }, { status: 'deleted' }]) {
      expect(await as(server, admin).patch(`/users/${userId}`, fields)).toMatchObject(
        problem(400, 'validation_failed', ...Object.keys(fields)),
      );
    }
    expect(await as(server, admin).patch(`/users/${NOBODY}`, { first_name: 'X' })).toMatchObject(
      problem(404, 'user_not_found'),
    );
  });
});

describe('disabling an account', () => {
  const setStatus = (userId: string, status: string): Promise<Answer<UserResponse>> =>
    as(server, admin).patch<UserResponse>(`/users/${userId}`, { status });

  it('shuts the person out at once, and enabling lets them sign in again', async () => {
    const person = await newPerson();
    expect(await as(server, person).get('/family/members')).toMatchObject({ status: 200 });

    expect(await setStatus(person.userId, 'disabled')).toMatchObject({ status: 200, body: { status: 'disabled' } });
    expect(await as(server, person).get('/family/members')).toMatchObject(problem(401, 'invalid_token'));
    expect(await as(server, person).get('/users/me')).toMatchObject(problem(401, 'invalid_token'));
    const login = { email: person.email, password: PASSWORD };
    expect(await nobody(server).post('/auth/login', login)).toMatchObject(problem(403, 'account_disabled'));

    expect(await setStatus(person.userId, 'active')).toMatchObject({ status: 200, body: { status: 'active' } });
    const back = await signIn(server, person.email);
    expect(await as(server, back).get('/family/members')).toMatchObject({ status: 200 });
    expect(await as(server, person).get('/users/me')).toMatchObject(problem(401, 'invalid_token'));
  });

  it('ends its sessions for good: enabling does not bring their refresh tokens back', async () => {
    const person = await newPerson();
    await setStatus(person.userId, 'disabled');
    await setStatus(person.userId, 'active');
    const refresh = await nobody(server).post('/auth/refresh', { refresh_token: person.refreshToken });
    expect(refresh).toMatchObject(problem(401, 'invalid_refresh_token'));
  });

  it('changes nothing for an account that is active already', async () => {
    const person = await newPerson();
    await setStatus(person.userId, 'active');
    expect(await as(server, person).get('/users/me')).toMatchObject({ status: 200 });
  });
});
