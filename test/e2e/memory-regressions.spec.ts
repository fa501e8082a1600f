import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newFamily,
  newFirstAdmin,
  newMember,
  problem,
  type FamilyMember,
  type PageOf,
  type TestFamily,
} from '../support/factories.js';
import { until } from '../support/process.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

interface Item {
  readonly id: string;
  readonly content: string;
  readonly status: string;
  readonly predicate: string | null;
  readonly object: string | null;
  readonly source_turn_ids: readonly string[];
}

let server: TestApp;
let family: TestFamily;
let parent: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', EMBEDDINGS: 'none' } });
  await newFirstAdmin(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  family = await newFamily(server);
  parent = family.parent;
});

const say = async (who: FamilyMember, content: string, fields: object = {}): Promise<Item> =>
  (await as(server, who).post<Item>('/memories', { content, ...fields })).body;
const listed = async (who: FamilyMember, query: string): Promise<Item[]> => [
  ...(await as(server, who).get<PageOf<Item>>(`/memories?limit=100&${query}`)).body.data,
];
const valueOf = async (who: FamilyMember, field: string): Promise<unknown> =>
  (await as(server, who).get<Record<string, { value: unknown }>>(`/users/${who.userId}/profile`)).body[field]?.value;
const tell = async (who: FamilyMember, turn: object): Promise<void> => {
  const caller = as(server, who);
  const { body } = await caller.post<{ id: string }>('/conversations', { visibility: 'family' });
  expect(await caller.post(`/conversations/${body.id}/turns`, { turns: [turn] })).toMatchObject({ status: 201 });
};

/** What a review by fresh eyes found; each of these was wrong once. */
describe('what was wrong once', () => {
  it('an old conversation does not override the present', async () => {
    await say(parent, 'I live in Lisbon');
    await tell(parent, { role: 'user', content: 'I live in Madrid', occurred_at: '2019-03-01T10:00:00Z' });
    await until('the turn is read', async () => (await listed(parent, 'status=all')).length > 1);
    expect(await valueOf(parent, 'home_location')).toBe('Lisbon');
    expect((await listed(parent, 'predicate=home_location')).map(({ object }) => object)).toEqual(['Lisbon']);
  });

  it('a tag changes nothing of what a memory says or how it stands', async () => {
    const first = await say(parent, 'I am allergic to walnuts');
    const denial = await say(parent, 'I am not allergic to walnuts after all');
    await say(parent, 'I am allergic to walnuts, the doctor confirmed it');
    for (const { id } of [first, denial])
      expect(await as(server, parent).patch(`/memories/${id}`, { tags: ['health'], importance: 0.9 })).toMatchObject({
        status: 200,
        body: { effects: [], tags: ['health'] },
      });
    expect(await valueOf(parent, 'allergies')).toEqual(['walnuts']);
  });

  it('a value to come leaves the present one in force', async () => {
    await say(parent, 'I live in London');
    const next = new Date().getFullYear() + 2;
    await say(parent, 'I live in Paris', { valid_from: String(next) });
    expect(await valueOf(parent, 'home_location')).toBe('London');
    const places = async (query: string): Promise<unknown[]> =>
      (await listed(parent, `predicate=home_location&${query}`)).map(({ object }) => object);
    expect((await places('status=live')).toSorted()).toEqual(['London', 'Paris']);
    expect(await places(`as_of=${String(next)}-06`)).toEqual(['Paris']);
  });

  it('erasing a wrong value brings back the one that gave way to it', async () => {
    await say(parent, 'I live in Oslo');
    const { id } = await say(parent, 'I live in Rome');
    expect(await valueOf(parent, 'home_location')).toBe('Rome');
    expect(await as(server, parent).delete(`/memories/${id}`)).toMatchObject({ status: 204 });
    expect(await valueOf(parent, 'home_location')).toBe('Oslo');
  });

  it('of what one request says, the later is said later', async () => {
    const memories = ['Town One', 'Town Two', 'Town Three'].map((town) => ({ content: `I live in ${town}` }));
    await as(server, parent).post('/memories/batch', { memories });
    expect((await listed(parent, 'predicate=home_location')).map(({ object }) => object)).toEqual(['Town Three']);
    expect(await listed(parent, 'predicate=home_location&status=contested')).toEqual([]);
  });

  it('nobody writes into the memory of another by speaking as that member', async () => {
    const teenager = await newMember(server, family, 'teenager');
    await say(parent, 'I live in Lisbon');
    await tell(teenager, { role: 'user', content: 'I live in Paris now', speaker: parent.memberId });
    await tell(teenager, { role: 'user', content: 'I live in Porto' });
    await until('the second turn is read', async () => (await listed(teenager, 'predicate=home_location')).length > 0);
    expect(
      (await listed(parent, 'predicate=home_location&status=all')).map(({ object, status }) => [object, status]),
    ).toEqual([['Lisbon', 'live']]);
  });

  it('a private nickname tells nothing to a background job that works for somebody else', async () => {
    const gran = await newMember(server, family, 'grandparent');
    const leo = await newMember(server, family, 'teenager');
    await say(parent, "Leo's nickname is Pulga");
    await tell(gran, { role: 'user', content: 'Pulga lives in Toledo. I live in Soria.' });
    await until('the turn is read', async () => (await listed(gran, 'predicate=home_location')).length > 0);
    expect(await listed(gran, `subject_id=${leo.memberId}&status=all`)).toEqual([]);
  });

  it('who is contradicted does not settle it alone', async () => {
    const teenager = await newMember(server, family, 'teenager');
    const gran = await newMember(server, family, 'grandparent');
    const { id } = await say(teenager, 'Rosa is allergic to gluten', {
      visibility: 'family',
      subject_id: gran.memberId,
    });
    expect(await as(server, gran).post(`/memories/${id}/contest`, {})).toMatchObject({ status: 200 });
    expect(await as(server, teenager).post(`/memories/${id}/undo`)).toMatchObject(
      problem(403, 'not_allowed_for_memory'),
    );
  });

  it('what shows nothing is refused', async () => {
    const caller = as(server, parent);
    expect(await caller.post('/memories', { content: '<img src=x onerror=alert(1)>' })).toMatchObject(
      problem(400, 'validation_failed', 'content'),
    );
  });
});
