import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { MemberResponse } from '../../src/modules/family/dto/member.response.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newFamily,
  newFirstAdmin,
  newMember,
  newProfile,
  problem,
  type Answer,
  type PageOf,
  type SignedIn,
  type TestFamily,
} from '../support/factories.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const MEMBERS = '/family/members';
const NOBODY = '019a9c1e-0000-7000-8000-000000000000';

let server: TestApp;
let family: TestFamily;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  await newFirstAdmin(server);
  family = await newFamily(server);
});
afterAll(() => server.close());

const add = (fields: object, by: SignedIn = family.parent): Promise<Answer<MemberResponse>> =>
  as(server, by).post<MemberResponse>(MEMBERS, fields);

describe('adding members', () => {
  it('takes every field', async () => {
    const fields = {
      first_name: 'Leo',
      last_name: 'Núñez',
      telegram_id: randomInt(1, 2 ** 47),
      role: 'teenager',
      age_group: 'teen',
      language_preference: 'bilingual',
      active_skills: ['homework', 'chess.v2'],
      birth_date: '2012-02-29',
    };
    const { status, body } = await add(fields);
    expect({ status, body }).toMatchObject({ status: 201, body: { ...fields, user_id: null } });
    expect(body.created_at).toBe(body.updated_at);
    expect(await as(server, family.parent).get(`${MEMBERS}/${body.id}`)).toMatchObject({ status: 200, body });
  });

  it.each([
    ['parent', 'adult'],
    ['teenager', 'teen'],
    ['child', 'child'],
    ['grandparent', 'elder'],
  ])('needs a name and a role; a %s is usually %s', async (role, age_group) => {
    expect(await add({ first_name: 'Ana', role })).toMatchObject({
      status: 201,
      body: {
        first_name: 'Ana',
        last_name: null,
        telegram_id: null,
        role,
        age_group,
        language_preference: 'en',
        active_skills: [],
        birth_date: null,
        user_id: null,
      },
    });
  });

  it.each([
    'María José',
    'Íñigo',
    'Ñusta',
    'Jean-Luc',
    'O’Brien',
    "D'Angelo",
    'Zoë',
    '李小龍',
    'Σωκράτης',
    'فاطمة',
    'नेहा',
    'Å.',
    'José (Pepe)',
  ])('knows the name %s', async (first_name) => {
    expect(await add({ first_name, role: 'child' })).toMatchObject({ status: 201, body: { first_name } });
  });

  it('composes names and trims them, so that they compare as they look', async () => {
    const answer = await add({ first_name: `  ${'María'.normalize('NFD')}   José `, role: 'child' });
    expect(answer).toMatchObject({ status: 201, body: { first_name: 'María José' } });
  });

  it.each(['1900-01-01', '2000-02-29', '2012-02-29', '2024-02-29'])('knows the birth date %s', async (birth_date) => {
    expect(await add({ first_name: 'Ana', role: 'child', birth_date })).toMatchObject({
      status: 201,
      body: { birth_date },
    });
  });

  it.each([
    { birth_date: '2011-02-29' },
    { birth_date: '1900-02-29' },
    { birth_date: '2012-02-30' },
    { birth_date: '2012-13-01' },
    { birth_date: '1899-12-31' },
    { birth_date: '2999-01-01' },
    { birth_date: '2012-2-9' },
    { birth_date: '2012-02-29T00:00:00Z' },
    { birth_date: 1_330_473_600 },
    { first_name: null },
    { first_name: ' ' },
    { first_name: 'x'.repeat(101) },
    { first_name: '<script>' },
    { first_name: 'A\nB\u0007' },
    { first_name: { en: 'Ana' } },
    { last_name: '' },
    { telegram_id: 0 },
    { telegram_id: -5 },
    { telegram_id: 1.5 },
    { telegram_id: 2 ** 52 },
    { telegram_id: '12x' },
    { role: 'uncle' },
    { role: null },
    { age_group: 'baby' },
    { age_group: null },
    { language_preference: 'fr' },
    { active_skills: null },
    { active_skills: 'homework' },
    { active_skills: ['Home Work'] },
    { active_skills: ['a', 'a'] },
    { active_skills: [1] },
    { active_skills: Array.from({ length: 51 }, (_, index) => `s${String(index)}`) },
    { user_id: NOBODY },
    { family_id: NOBODY },
    { id: NOBODY },
  ])('refuses %j and names the field', async (fields) => {
    expect(await add({ first_name: 'Ana', role: 'child', ...fields })).toMatchObject(
      problem(400, 'validation_failed', ...Object.keys(fields)),
    );
  });

  it('names all bad fields at once', async () => {
    expect(await add({ last_name: 7, birth_date: 'never' })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    });
    const { body } = await add({ last_name: 7, birth_date: 'never' });
    const { errors } = body as unknown as { errors: { field: string }[] };
    expect(errors.map(({ field }) => field).sort()).toEqual(['birth_date', 'first_name', 'last_name', 'role']);
  });

  it.each([
    { role: 'parent', age_group: 'child' },
    { role: 'grandparent', age_group: 'child' },
    { role: 'child', age_group: 'adult' },
    { role: 'child', age_group: 'elder' },
    { role: 'teenager', age_group: 'elder' },
  ])('refuses what does not fit together: %j', async (fields) => {
    expect(await add({ first_name: 'Ana', ...fields })).toMatchObject(problem(422, 'role_age_mismatch', 'age_group'));
  });

  it('needs a telegram id that nobody else in the family has; in other families it does not matter', async () => {
    const telegram_id = randomInt(1, 2 ** 47);
    await add({ first_name: 'Ana', role: 'child', telegram_id });
    const conflict = problem(409, 'member_telegram_id_taken', 'telegram_id');
    expect(await add({ first_name: 'Eva', role: 'child', telegram_id })).toMatchObject(conflict);
    const other = await newProfile(server, family, 'child');
    expect(await as(server, family.parent).patch(`${MEMBERS}/${other}`, { telegram_id })).toMatchObject(conflict);
    const { parent } = await newFamily(server);
    expect(await add({ first_name: 'Eva', role: 'child', telegram_id }, parent)).toMatchObject({ status: 201 });
  });
});

describe('changing members', () => {
  const full = {
    first_name: 'Leo',
    last_name: 'Núñez',
    role: 'teenager',
    age_group: 'teen',
    language_preference: 'es',
    active_skills: ['chess'],
    birth_date: '2010-05-06',
  };

  it('by PATCH changes what is given; null empties what may be empty', async () => {
    const id = (await add({ ...full, telegram_id: randomInt(1, 2 ** 47) })).body.id;
    const patch = (fields: object): Promise<Answer<MemberResponse>> =>
      as(server, family.parent).patch<MemberResponse>(`${MEMBERS}/${id}`, fields);

    expect(await patch({ language_preference: 'en' })).toMatchObject({
      status: 200,
      body: { ...full, language_preference: 'en' },
    });
    const emptied = { last_name: null, telegram_id: null, birth_date: null };
    expect(await patch(emptied)).toMatchObject({
      status: 200,
      body: { ...full, ...emptied, language_preference: 'en' },
    });
    expect(await patch({})).toMatchObject({ status: 200, body: { ...full, ...emptied, language_preference: 'en' } });
    for (const field of ['first_name', 'role', 'age_group', 'language_preference', 'active_skills']) {
      expect(await patch({ [field]: null })).toMatchObject(problem(400, 'validation_failed', field));
    }
  });

  it('by PUT replaces everything: what is left out gets its default', async () => {
    const { id, created_at } = (await add({ ...full, telegram_id: randomInt(1, 2 ** 47) })).body;
    const put = (fields: object): Promise<Answer<MemberResponse>> =>
      as(server, family.parent).put<MemberResponse>(`${MEMBERS}/${id}`, fields);

    const { status, body } = await put({ first_name: 'Leonor', role: 'child' });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        id,
        user_id: null,
        first_name: 'Leonor',
        last_name: null,
        telegram_id: null,
        role: 'child',
        age_group: 'child',
        language_preference: 'en',
        active_skills: [],
        birth_date: null,
        created_at,
        updated_at: body.updated_at,
      },
    });
    expect(Date.parse(body.updated_at)).toBeGreaterThanOrEqual(Date.parse(created_at));
    expect(await put({ first_name: 'Leonor' })).toMatchObject(problem(400, 'validation_failed', 'role'));
  });

  it('keeps role and age group together', async () => {
    const id = await newProfile(server, family, 'child');
    const patch = (fields: object): Promise<Answer<unknown>> =>
      as(server, family.parent).patch(`${MEMBERS}/${id}`, fields);
    expect(await patch({ age_group: 'elder' })).toMatchObject(problem(422, 'role_age_mismatch', 'age_group'));
    expect(await patch({ role: 'parent', age_group: 'child' })).toMatchObject(
      problem(422, 'role_age_mismatch', 'age_group'),
    );
    // Growing up: the new role brings its usual age group where the old one does not fit it.
    expect(await patch({ role: 'grandparent' })).toMatchObject({
      status: 200,
      body: { role: 'grandparent', age_group: 'elder' },
    });
    expect(await patch({ role: 'parent' })).toMatchObject({
      status: 200,
      body: { role: 'parent', age_group: 'elder' },
    });
  });

  it('takes effect at once: a role is a right of the next request with the same token', async () => {
    const person = await newMember(server, family, 'teenager');
    const setRole = (role: string): Promise<Answer<unknown>> =>
      as(server, family.parent).patch(`${MEMBERS}/${person.memberId}`, { role });
    // The hot list remembers rights for some seconds; these must not outlive the change either.
    expect(await as(server, person).get(MEMBERS)).toMatchObject({ status: 200 });
    expect(await add({ first_name: 'Ana', role: 'child' }, person)).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    await setRole('parent');
    expect(await add({ first_name: 'Ana', role: 'child' }, person)).toMatchObject({ status: 201 });
    await setRole('grandparent');
    expect(await add({ first_name: 'Eva', role: 'child' }, person)).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    expect(await as(server, person).get(MEMBERS)).toMatchObject({ status: 200 });
  });
});

describe('the list of members', () => {
  it('comes in pages, in the order of joining', async () => {
    const own = await newFamily(server);
    const made = [own.parent.memberId];
    for (let count = 0; count < 6; count += 1) made.push(await newProfile(server, own, 'child'));

    const pages = await as(server, own.parent).walk<MemberResponse>(MEMBERS, 3);
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(pages.flat().map(({ id }) => id)).toEqual(made);
    const exact = await as(server, own.parent).get<PageOf<MemberResponse>>(`${MEMBERS}?limit=7`);
    expect(exact.body).toMatchObject({ next_cursor: null });
    expect(exact.body.data).toHaveLength(7);
  });

  it('says of each the same as when it is read alone', async () => {
    const own = await newFamily(server);
    await newProfile(server, own, 'teenager', {
      last_name: 'Núñez',
      telegram_id: 2 ** 52 - 1,
      birth_date: '2012-02-29',
      active_skills: ['chess'],
    });
    const { body } = await as(server, own.parent).get<PageOf<MemberResponse>>(MEMBERS);
    expect(body.data).toHaveLength(2);
    for (const member of body.data) {
      expect((await as(server, own.parent).get(`${MEMBERS}/${member.id}`)).body).toEqual(member);
    }
  });

  it('shows a change at once to whoever reads it again and again', async () => {
    const own = await newFamily(server);
    const names = async (): Promise<string[]> =>
      (await as(server, own.parent).get<PageOf<MemberResponse>>(MEMBERS)).body.data.map(({ first_name }) => first_name);
    expect(await names()).toEqual(['María']);
    const id = await newProfile(server, own, 'child', { first_name: 'Ana' });
    expect(await names()).toEqual(['María', 'Ana']);
    await as(server, own.parent).delete(`${MEMBERS}/${id}`);
    expect(await names()).toEqual(['María']);
  });

  it.each(['cursor=x', 'cursor=', 'limit=0', 'limit=101', 'limit=x', 'role=child', 'limit=1&limit=2'])(
    'refuses the query %s',
    async (query) => {
      const [field = ''] = query.split('=');
      expect(await as(server, family.parent).get(`${MEMBERS}?${query}`)).toMatchObject(
        problem(400, 'validation_failed', field),
      );
    },
  );
});

describe('members of another family', () => {
  it('do not exist', async () => {
    const own = await newFamily(server);
    const other = await newFamily(server);
    const profile = await newProfile(server, other, 'child');
    const me = as(server, own.parent);
    for (const id of [profile, other.parent.memberId, NOBODY]) {
      for (const answer of [
        await me.get(`${MEMBERS}/${id}`),
        await me.put(`${MEMBERS}/${id}`, { first_name: 'X', role: 'child' }),
        await me.patch(`${MEMBERS}/${id}`, { first_name: 'X' }),
        await me.patch(`${MEMBERS}/${id}`, {}),
        await me.delete(`${MEMBERS}/${id}`),
      ]) {
        expect(answer).toMatchObject(problem(404, 'member_not_found'));
      }
    }
    const listed = (await me.walk<MemberResponse>(MEMBERS, 100)).flat().map(({ id }) => id);
    expect(listed).toEqual([own.parent.memberId]);
    expect(await as(server, other.parent).get(`${MEMBERS}/${profile}`)).toMatchObject({
      status: 200,
      body: { first_name: 'Leo' },
    });
  });

  it('are not reached by their cursors either', async () => {
    const other = await newFamily(server);
    await newProfile(server, other, 'child');
    const { body } = await as(server, other.parent).get<PageOf<MemberResponse>>(`${MEMBERS}?limit=1`);
    const own = await newFamily(server);
    const answer = await as(server, own.parent).get<PageOf<MemberResponse>>(
      `${MEMBERS}?cursor=${body.next_cursor ?? ''}`,
    );
    expect(answer.body.data.map(({ id }) => id)).toEqual([own.parent.memberId]);
  });

  it('have ids that must be UUIDs', async () => {
    for (const id of ['1', 'me', `${NOBODY}'--`]) {
      expect(await as(server, family.parent).get(`${MEMBERS}/${id}`)).toMatchObject(
        problem(400, 'validation_failed', 'id'),
      );
    }
  });
});
