import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  found,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  newProfile,
  problem,
  type FamilyMember,
  type MemoryBody,
  type PageOf,
  type RememberedBody,
  type TestFamily,
} from '../support/factories.js';
import { contentsOf } from '../support/remembering.js';

let server: TestApp;
let family: TestFamily;
let parent: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  await newFirstAdmin(server);
});
afterAll(() => server.close());

async function settle(): Promise<void> {
  family = await newFamily(server);
  parent = family.parent;
}

const list = (query: Record<string, string> = {}, person: FamilyMember = parent): Promise<string[]> =>
  contentsOf(as(server, person), `&${new URLSearchParams(query).toString()}`);

describe('the list of memories', () => {
  beforeAll(settle);

  it('is empty at first', async () => {
    expect(await as(server, parent).get('/memories')).toMatchObject({
      status: 200,
      body: { data: [], next_cursor: null },
    });
  });

  it('comes in pages, newest first, without gaps or repetitions, also where all came at one time', async () => {
    const memories = Array.from({ length: 23 }, (_, at) => ({ content: `Thing ${String(at)}` }));
    const { body } = await as(server, parent).post<{ data: MemoryBody[] }>('/memories/batch', { memories });
    expect(new Set(body.data.map(({ created_at }) => created_at)).size).toBe(1);
    const later = await newMemory(server, parent, 'The newest thing', { visibility: 'family' });
    const pages = await as(server, parent).walk<MemoryBody>('/memories', 5);
    expect(pages.map((page) => page.length)).toEqual([5, 5, 5, 5, 4]);
    const ids = pages.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(24);
    expect(ids[0]).toBe(later.id);
    expect(ids.slice(1)).toEqual(ids.slice(1).toSorted().toReversed());
  });

  it('has as many pages as it needs and no empty one', async () => {
    const pages = await as(server, parent).walk<MemoryBody>('/memories', 24);
    expect(pages.map((page) => page.length)).toEqual([24]);
  });

  it('neither repeats nor hides what was there when something comes meanwhile', async () => {
    const first = (await as(server, parent).get<PageOf<MemoryBody>>('/memories?limit=20')).body;
    await newMemory(server, parent, 'Something that came meanwhile');
    const second = (
      await as(server, parent).get<PageOf<MemoryBody>>(`/memories?limit=20&cursor=${first.next_cursor ?? ''}`)
    ).body;
    expect(new Set([...first.data, ...second.data].map(({ id }) => id)).size).toBe(24);
    expect(second.next_cursor).toBeNull();
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['cursor=abc', 'cursor'],
    ['status=gone', 'status'],
    ['subject_id=me', 'subject_id'],
    ['kind=A', 'kind'],
    ['predicate=A', 'predicate'],
    ['from=never', 'from'],
    ['to=2023-02-30', 'to'],
    ['from=2024&to=2023', 'to'],
    ['as_of=2023-13', 'as_of'],
    ['known_at=tomorrow', 'known_at'],
    ['colour=red', 'colour'],
  ])('refuses ?%s', async (query, field) => {
    expect(await as(server, parent).get(`/memories?${query}`)).toMatchObject(problem(400, 'validation_failed', field));
  });
});

describe('its filters', () => {
  let child: string;

  beforeAll(async () => {
    await settle();
    child = await newProfile(server, family, 'child', { first_name: 'Hugo' });
    await newMemory(server, parent, 'Hugo is allergic to peanuts', { tags: ['health', 'Hugo'] });
    await newMemory(server, parent, 'Hugo has swimming on Mondays', {
      kind: 'plan',
      subject_id: child,
      tags: ['sport'],
    });
    await newMemory(server, parent, 'I live in Madrid', { valid_from: '2015' });
    await newMemory(server, parent, 'I live in Lisbon', { valid_from: '2020-06' });
    const wrong = await newMemory(server, parent, 'The pool opens at six', { tags: ['sport'] });
    await as(server, parent).post(`/memories/${wrong.id}/contest`, {});
    const undone = await newMemory(server, parent, 'A slip of the pen');
    await as(server, parent).post(`/memories/${undone.id}/undo`);
  });

  it.each<[Record<string, string>, string[]]>([
    [{}, ['I live in Lisbon', 'Hugo has swimming on Mondays', 'Hugo is allergic to peanuts']],
    [{ status: 'live' }, ['I live in Lisbon', 'Hugo has swimming on Mondays', 'Hugo is allergic to peanuts']],
    [{ status: 'superseded' }, ['I live in Madrid']],
    [{ status: 'contested' }, ['The pool opens at six']],
    [{ status: 'retracted' }, ['A slip of the pen']],
    [{ kind: 'plan' }, ['Hugo has swimming on Mondays']],
    [{ predicate: 'home_location' }, ['I live in Lisbon']],
    [{ predicate: 'home_location', status: 'all' }, ['I live in Lisbon', 'I live in Madrid']],
    [{ tag: 'Hugo' }, ['Hugo is allergic to peanuts']],
    [{ tag: 'sport', status: 'all' }, ['The pool opens at six', 'Hugo has swimming on Mondays']],
    [{ tag: 'nothing' }, []],
    [{ status: 'all', to: '2019' }, ['I live in Madrid']],
    [{ from: '2016', to: '2019', status: 'superseded' }, ['I live in Madrid']],
    [{ as_of: '2018' }, ['I live in Madrid']],
    [{ as_of: '2020-05-31' }, ['I live in Madrid']],
    [{ as_of: '2020-06-01' }, ['I live in Lisbon']],
    [{ as_of: '2014' }, []],
    [{ as_of: '2020' }, ['I live in Lisbon', 'I live in Madrid']],
  ])('%j', async (query, contents) => {
    expect(await list(query)).toEqual(contents);
  });

  it('by the subject', async () => {
    expect(await list({ subject_id: child })).toEqual(['Hugo has swimming on Mondays', 'Hugo is allergic to peanuts']);
    expect(await list({ subject_id: parent.memberId })).toEqual(['I live in Lisbon']);
  });

  it('all of them', async () => {
    expect(await list({ status: 'all' })).toHaveLength(6);
  });

  it('hold over pages', async () => {
    const pages = await as(server, parent).walk<MemoryBody>('/memories?status=all&tag=sport', 1);
    expect(pages.flat().map(({ content }) => content)).toEqual([
      'The pool opens at six',
      'Hugo has swimming on Mondays',
    ]);
  });

  it('show nobody else anything', async () => {
    const other = await newMember(server, family, 'grandparent');
    expect(await list({ status: 'all' }, other)).toEqual([]);
    expect(await list({ as_of: '2018' }, other)).toEqual([]);
  });
});

describe('two times', () => {
  let madrid: RememberedBody;
  let lisbon: RememberedBody;

  beforeAll(async () => {
    await settle();
    madrid = await newMemory(server, parent, 'We live in Madrid', { valid_from: '2015', visibility: 'family' });
    lisbon = await newMemory(server, parent, 'We live in Lisbon', { valid_from: '2020-06', visibility: 'family' });
  });

  const read = (id: string, query: object) =>
    as(server, parent).get<MemoryBody>(`/memories/${id}?${new URLSearchParams({ ...query }).toString()}`);

  it('what was true then, of one memory', async () => {
    expect(await read(madrid.id, { as_of: '2018' })).toMatchObject({ status: 200, body: { id: madrid.id } });
    expect(await read(madrid.id, { as_of: '2021' })).toMatchObject(problem(404, 'memory_not_found'));
    expect(await read(madrid.id, { as_of: '2020-06-01T00:00:00Z' })).toMatchObject(problem(404, 'memory_not_found'));
    expect(await read(lisbon.id, { as_of: '2018' })).toMatchObject(problem(404, 'memory_not_found'));
    expect(await read(lisbon.id, { as_of: '2019' })).toMatchObject(problem(404, 'memory_not_found'));
    expect(await read(lisbon.id, { as_of: '2020' })).toMatchObject({ status: 200 });
  });

  it('what we knew then: before the second one came, the first held', async () => {
    const knownAt = madrid.recorded_at;
    expect(await read(madrid.id, { known_at: knownAt })).toMatchObject({
      status: 200,
      body: { status: 'live', valid_to: null, superseded_by: null, version: 1, supersedes: [] },
    });
    expect(await read(madrid.id, {})).toMatchObject({ body: { status: 'superseded', superseded_by: lisbon.id } });
    expect(await read(lisbon.id, {})).toMatchObject({ body: { supersedes: [madrid.id] } });
    expect(await read(lisbon.id, { known_at: knownAt })).toMatchObject(problem(404, 'memory_not_found'));
    expect(await read(madrid.id, { known_at: '2020' })).toMatchObject(problem(404, 'memory_not_found'));
    expect(await read(madrid.id, { known_at: 'soon' })).toMatchObject(problem(400, 'validation_failed', 'known_at'));
    expect(await read(madrid.id, { as_of: '32 May 2020' })).toMatchObject(problem(400, 'validation_failed', 'as_of'));
  });

  it('in the list', async () => {
    expect(await list({ known_at: madrid.recorded_at })).toEqual(['We live in Madrid']);
    expect(await list({ known_at: '2020-01-01' })).toEqual([]);
    expect(await list({ known_at: madrid.recorded_at, as_of: '2023' })).toEqual(['We live in Madrid']);
    expect(await list({ known_at: lisbon.recorded_at, as_of: '2023' })).toEqual(['We live in Lisbon']);
  });

  it('in search', async () => {
    const contents = async (fields: object): Promise<string[]> =>
      (await found(server, parent, 'Where do we live?', fields)).map(({ content }) => content);
    expect(await contents({})).toEqual(['We live in Lisbon']);
    expect(await contents({ as_of: '2018' })).toEqual(['We live in Madrid']);
    expect(await contents({ known_at: madrid.recorded_at })).toEqual(['We live in Madrid']);
    expect(await contents({ known_at: '2020-01-01' })).toEqual([]);
    expect(await contents({ known_at: madrid.recorded_at, as_of: '2023' })).toEqual(['We live in Madrid']);
  });
});

describe('a search', () => {
  beforeAll(async () => {
    await settle();
    await newMemory(server, parent, 'The <i>router</i> password is on the shelf', { tags: ['it'], kind: 'howto' });
    await newMemory(server, parent, 'The boat is in the harbour', { valid_from: '2021', valid_to: '2021' });
  });

  it('answers with what was found and how long it took', async () => {
    const { status, body } = await as(server, parent).post('/memories/search', { query: 'router', explain: true });
    expect(status).toBe(200);
    expect(body).toEqual({
      took_ms: expect.any(Number),
      results: [
        {
          id: expect.any(String),
          type: 'memory',
          content: 'The router password is on the shelf',
          score: expect.any(Number),
          scores: expect.any(Object),
          occurred_at: expect.any(String),
          subject_id: null,
          owner_id: parent.memberId,
          visibility: 'private',
          metadata: {},
          kind: 'howto',
          status: 'live',
          valid_from: expect.any(String),
          valid_to: null,
          tags: ['it'],
        },
      ],
    });
  });

  it.each([
    [{}, []],
    [{ types: ['turn'] }, []],
    [{ types: ['memory'], from: '2020', to: '2022' }, ['The boat is in the harbour']],
    [{ from: '2022', to: '2023' }, []],
    [{ kinds: ['howto'] }, []],
    [{ kinds: ['note'], as_of: '2021-06' }, ['The boat is in the harbour']],
  ])('narrowed by %j', async (fields, contents) => {
    const results = await found(server, parent, 'Where is the boat?', fields);
    const boats = results.map(({ content }) => content).filter((content) => content.includes('boat'));
    expect(boats).toEqual(Object.keys(fields).length === 0 ? ['The boat is in the harbour'] : contents);
  });

  it.each([
    ['nothing', {}, 'query'],
    ['a query that is too long', { query: 'a'.repeat(1001) }, 'query'],
    ['a limit above 100', { query: 'x', limit: 101 }, 'limit'],
    ['a type that there is not', { query: 'x', types: ['film'] }, 'types'],
    ['a time that there is not', { query: 'x', as_of: '2023-02-29' }, 'as_of'],
    ['an end before the beginning', { query: 'x', from: '2023', to: '2022' }, 'to'],
    ['null', { query: 'x', from: null }, 'from'],
    ['a field that there is not', { query: 'x', owner: 'me' }, 'owner'],
  ])('refuses %s', async (_what, body, field) => {
    expect(await as(server, parent).post('/memories/search', body)).toMatchObject(
      problem(400, 'validation_failed', field),
    );
  });

  it.each(['???', ' ', "'; DROP TABLE memories; --", '(((', '&|!:*', '\u202e\u200b', '🙂', '%_\\'])(
    'survives %j',
    async (query) => {
      expect(await as(server, parent).post('/memories/search', { query })).toMatchObject({ status: 200 });
    },
  );
});
