import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newChild,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  newProfile,
  problem,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';

interface Field {
  readonly value: string | readonly string[] | null;
  readonly confidence: number | null;
  readonly source_memory_id: string | null;
  readonly updated_at: string | null;
}
type Profile = Readonly<Record<string, Field>>;

const FIELDS =
  'full_name preferred_name birth_date pronouns languages home_location time_zone occupation employer_or_school education ' +
  'relationship_status family_relations pets dietary_preferences allergies health_notes hobbies favourite_foods favourite_media ' +
  'sports skills goals routines important_dates communication_style contact_preferences travel';
const NOTHING: Field = { value: null, confidence: null, source_memory_id: null, updated_at: null };

let server: TestApp;
let family: TestFamily;
let parent: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  await newFirstAdmin(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  family = await newFamily(server);
  parent = family.parent;
});

const profileOf = async (id: string, reader: FamilyMember = parent): Promise<Profile> =>
  (await as(server, reader).get<Profile>(`/users/${id}/profile`)).body;

describe('a profile', () => {
  it('has 27 fields, each with nothing where nothing is known', async () => {
    const teenager = await newMember(server, family, 'teenager');
    const profile = await profileOf(teenager.userId, teenager);
    const { user_id, member_id, name, language, role, ...fields } = profile;
    expect([user_id, member_id, role]).toEqual([teenager.userId, teenager.memberId, 'teenager']);
    expect([name, language]).toEqual(['Leo', expect.any(String)]);
    expect(Object.keys(fields).toSorted()).toEqual(FIELDS.split(' ').toSorted());
    expect(Object.keys(fields)).toHaveLength(27);
    const { full_name, time_zone, ...others } = fields;
    expect(full_name).toMatchObject({ value: 'Leo', confidence: 1, source_memory_id: null });
    expect(time_zone?.value).toEqual(expect.any(String));
    expect(Object.values(others)).toEqual(Object.values(others).map(() => NOTHING));
  });

  it('shows what is remembered, with confidence and source', async () => {
    const home = await newMemory(server, parent, 'I live in Madrid');
    await newMemory(server, parent, 'I am allergic to peanuts');
    const kiwi = await newMemory(server, parent, 'I am allergic to kiwi');
    const profile = await profileOf(parent.memberId);
    expect(profile['home_location']).toEqual({
      value: 'Madrid',
      confidence: home.confidence,
      source_memory_id: home.id,
      updated_at: expect.any(String),
    });
    expect(profile['allergies']).toMatchObject({ source_memory_id: kiwi.id });
    expect([...(profile['allergies']?.value ?? [])].toSorted()).toEqual(['kiwi', 'peanuts']);
  });

  it('follows corrections, doubts, what is taken back and what is erased', async () => {
    const place = async (): Promise<Field['value']> =>
      (await profileOf(parent.memberId))['home_location']?.value ?? null;
    const me = as(server, parent);
    await newMemory(server, parent, 'I live in Madrid', { valid_from: '2015' });
    const oslo = await newMemory(server, parent, 'I live in Oslo', { valid_from: '2020' });
    expect(await place()).toBe('Oslo');
    await me.patch(`/memories/${oslo.id}`, { content: 'I live in Bergen' });
    expect(await place()).toBe('Bergen');
    const sure = (await profileOf(parent.memberId))['home_location']?.confidence ?? 0;
    await me.post(`/memories/${oslo.id}/contest`, {});
    expect((await profileOf(parent.memberId))['home_location']?.confidence).toBeLessThan(sure);
    await me.post(`/memories/${oslo.id}/undo`);
    await me.post(`/memories/${oslo.id}/undo`);
    expect(await place()).toBe('Oslo');
    await me.post(`/memories/${oslo.id}/undo`);
    expect(await place()).toBe('Madrid');
    const lima = await newMemory(server, parent, 'I live in Lima');
    expect(await place()).toBe('Lima');
    await me.delete(`/memories/${lima.id}`);
    expect(await place()).not.toBe('Lima');
  });

  it('shows each reader what they may see', async () => {
    const teenager = await newMember(server, family, 'teenager');
    await newMemory(server, teenager, 'I am allergic to peanuts', { visibility: 'family' });
    await newMemory(server, teenager, 'I live in Narnia');
    expect((await profileOf(teenager.memberId, teenager))['home_location']?.value).toBe('Narnia');
    const seen = await profileOf(teenager.memberId);
    expect(seen['home_location']).toEqual(NOTHING);
    expect(seen['allergies']?.value).toEqual(['peanuts']);
  });

  it('of a child shows its parents what it keeps to itself', async () => {
    const child = await newChild(server, family);
    await newMemory(server, child, 'I am allergic to kiwi');
    expect((await profileOf(child.memberId))['allergies']?.value).toEqual(['kiwi']);
  });

  it('holds what the family has noted in so many words above what was picked up', async () => {
    const child = await newProfile(server, family, 'child', { first_name: 'Hugo', birth_date: '2015-02-28' });
    await newMemory(server, parent, 'Hugo was born on 3 May 2014', { subject_id: child });
    expect((await profileOf(child))['birth_date']).toMatchObject({ value: '2015-02-28', confidence: 1 });
  });

  it('is for oneself and for parents', async () => {
    const teenager = await newMember(server, family, 'teenager');
    const grandparent = await newMember(server, family, 'grandparent');
    const outsider = (await newFamily(server)).parent;
    for (const reader of [grandparent, outsider])
      expect(await as(server, reader).get(`/users/${teenager.userId}/profile`)).toMatchObject(
        problem(404, 'profile_not_found'),
      );
  });
});
