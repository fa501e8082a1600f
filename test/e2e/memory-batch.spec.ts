import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asWorker,
  found,
  newConversation,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  newProfile,
  problem,
  type Answer,
  type FamilyMember,
  type MemoryBody,
  type PageOf,
  type RememberedBody,
  type TestFamily,
} from '../support/factories.js';

interface Many {
  readonly data: readonly RememberedBody[];
}

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

const listed = async (person: FamilyMember = parent): Promise<readonly MemoryBody[]> =>
  (await as(server, person).get<PageOf<MemoryBody>>('/memories?limit=100')).body.data;

/** How many memories the family has in the database, whatever their state. */
async function stored(): Promise<number> {
  const [row] = await asWorker<{ n: number }>(
    server,
    family.familyId,
    'SELECT count(DISTINCT id)::int AS n FROM memories WHERE family_id = $1',
    [family.familyId],
  );
  return row?.n ?? -1;
}

const times = <T>(count: number, work: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => work(at)));

describe('a batch', () => {
  it('remembers 500 things of full length in one request, in their order', async () => {
    const memories = Array.from({ length: 500 }, (_, at) => ({
      content: `${String(at)} ${'word '.repeat(1990)}`.trim(),
      tags: ['bulk'],
    }));
    const { status, body } = await as(server, parent).post<Many>('/memories/batch', { memories });
    expect(status).toBe(201);
    expect(body.data.map(({ content }) => content)).toEqual(memories.map(({ content }) => content));
    expect(await stored()).toBe(500);
  });

  it('takes no more than 500, and at least one', async () => {
    const memories = Array.from({ length: 501 }, (_, at) => ({ content: `Thing ${String(at)}` }));
    const ask = (list: object[]): Promise<Answer<Many>> =>
      as(server, parent).post('/memories/batch', { memories: list });
    expect(await ask(memories)).toMatchObject(problem(400, 'validation_failed', 'memories'));
    expect(await ask([])).toMatchObject(problem(400, 'validation_failed', 'memories'));
    expect(await stored()).toBe(0);
  });

  it.each([
    ['a field', { content: 'x', importance: 7 }, 'memories[1].importance'],
    ['a time', { content: 'x', valid_from: '2023-02-30' }, 'memories[1].valid_from'],
    ['a subject', { content: 'x', subject_id: '019a9c1e-0000-7000-8000-000000000000' }, 'memories[1].subject_id'],
    ['an audience', { content: 'x', visibility: 'audience' }, 'memories[1].audience'],
    ['the metadata', { content: 'x', metadata: { a: { b: { c: { d: { e: {} } } } } } }, 'memories[1].metadata'],
    ['a text', { content: '\u200b' }, 'memories[1].content'],
  ])('is kept in full or not at all: %s names its place', async (_what, bad, field) => {
    const memories = [{ content: 'A good one' }, bad, { content: 'Another good one' }];
    expect(await as(server, parent).post('/memories/batch', { memories })).toMatchObject(
      problem(400, 'validation_failed', field),
    );
    expect(await stored()).toBe(0);
  });

  it.each([[[[]]], [['text']], [[null]], [[1]]])('names entries that are no objects: %j', async (entries) => {
    const { id } = await newConversation(server, parent);
    for (const [path, body] of [
      ['/memories/batch', { memories: entries }],
      [`/conversations/${id}/turns`, { turns: entries }],
    ] as const)
      expect(await as(server, parent).post(path, body)).toMatchObject(problem(400, 'validation_failed'));
    expect(await stored()).toBe(0);
  });

  it('takes as much as 8 MiB, others as much as BODY_LIMIT', async () => {
    const size = (bytes: number): object => ({ memories: [{ content: 'a'.repeat(bytes) }] });
    expect(await as(server, parent).post('/memories/batch', size(300_000))).toMatchObject(
      problem(400, 'validation_failed', 'memories[0].content'),
    );
    expect(await as(server, parent).post('/memories/batch', size(8_388_608))).toMatchObject(
      problem(413, 'payload_too_large'),
    );
    expect(await as(server, parent).post('/memories', { content: 'a'.repeat(300_000) })).toMatchObject(
      problem(413, 'payload_too_large'),
    );
  });

  it('meets itself as if one came after the other', async () => {
    const memories = [
      { content: 'We live in Madrid' },
      { content: 'I am allergic to kiwi' },
      { content: 'I am allergic to kiwi' },
    ];
    const { body } = await as(server, parent).post<Many>('/memories/batch', { memories });
    const [, first, second] = body.data;
    expect(second).toMatchObject({ id: first?.id, evidence_count: 2 });
    expect(second?.effects).toMatchObject([{ memory_id: first?.id, effect: 'confirmed' }]);
    expect(await stored()).toBe(2);
  });

  it('lets its later values win: only those are found', async () => {
    const memories = ['Madrid', 'Lisbon', 'Oslo'].map((town) => ({ content: `I live in ${town}` }));
    const { body } = await as(server, parent).post<Many>('/memories/batch', { memories });
    expect((await listed()).map(({ content }) => content)).toEqual(['I live in Oslo']);
    expect((await found(server, parent, 'Where do I live?')).map(({ id }) => id)).toEqual([body.data[2]?.id]);
  });
});

describe('an Idempotency-Key', () => {
  const withKey = (key: string, person: FamilyMember = parent) => as(server, person).with({ 'Idempotency-Key': key });

  it('makes a repeated request answer the same and do nothing', async () => {
    const ask = () => withKey('one').post<RememberedBody>('/memories', { content: 'The bin goes out on Tuesdays' });
    const first = await ask();
    expect(first.status).toBe(201);
    expect(await ask()).toMatchObject({ status: 201, body: first.body });
    expect(await stored()).toBe(1);
  });

  it('does so 20 times at once', async () => {
    const answers = await times(20, () =>
      withKey('race').post<RememberedBody>('/memories', { content: 'The bin goes out on Fridays' }),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers[0]?.body.evidence_count).toBe(1);
    expect(await stored()).toBe(1);
  });

  it('holds for batches and turns', async () => {
    const { id } = await newConversation(server, parent);
    for (const [path, body] of [
      ['/memories/batch', { memories: [{ content: 'One' }, { content: 'Two' }] }],
      [`/conversations/${id}/turns`, { turns: [{ role: 'user', content: 'Hello' }] }],
    ] as const) {
      const answers = await times(5, () => withKey(path).post<Many>(path, body));
      expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(201));
      expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    }
    expect(await stored()).toBe(2);
    expect((await as(server, parent).get(`/conversations/${id}`)).body).toMatchObject({ turn_count: 1 });
  });

  it('is refused for another request, also of another kind', async () => {
    await withKey('used').post('/memories', { content: 'One thing' });
    const refused = problem(422, 'idempotency_key_reused');
    expect(await withKey('used').post('/memories', { content: 'Another thing' })).toMatchObject(refused);
    expect(await withKey('used').post('/memories/batch', { memories: [{ content: 'One thing' }] })).toMatchObject(
      refused,
    );
    expect(await stored()).toBe(1);
  });

  it('belongs to the member who used it', async () => {
    const other = await newMember(server, family, 'grandparent');
    await withKey('mine').post('/memories', { content: 'What I keep' });
    expect(await withKey('mine', other).post('/memories', { content: 'What they keep' })).toMatchObject({
      status: 201,
    });
  });

  it('that a failed request had is still free', async () => {
    await withKey('free').post('/memories', { content: 'x', valid_from: '2023-02-30' });
    expect(await withKey('free').post('/memories', { content: 'x', valid_from: '2023-02-28' })).toMatchObject({
      status: 201,
    });
  });

  it('does not bring back what was erased', async () => {
    const ask = () => withKey('gone').post<RememberedBody>('/memories', { content: 'Forget me' });
    const { body } = await ask();
    await as(server, parent).delete(`/memories/${body.id}`);
    expect(await ask()).toMatchObject(problem(404, 'memory_not_found'));
    expect(await stored()).toBe(0);
  });

  it.each([['a key'], ['é'], ['k'.repeat(256)]])('that is no key is named: %s', async (key) => {
    expect(await withKey(encodeURI(key) === key ? key : 'a b').post('/memories', { content: 'x' })).toMatchObject(
      problem(400, 'validation_failed', 'Idempotency-Key'),
    );
  });
});

describe('the same again', () => {
  it('is more evidence, whatever capitals and spaces, and no second memory', async () => {
    const first = await newMemory(server, parent, 'The alarm code is on the fridge');
    const again = await newMemory(server, parent, '  the ALARM code  is on the fridge ');
    expect(again).toMatchObject({
      id: first.id,
      content: first.content,
      evidence_count: 2,
      version: 2,
      effects: [{ memory_id: first.id, effect: 'confirmed', reason: 'said_again' }],
    });
    expect(await listed()).toHaveLength(1);
  });

  it('20 times at once is one memory with 20 pieces of evidence', async () => {
    for (const content of ['The alarm code is under the mat', 'I am allergic to latex']) {
      const answers = await times(20, () => as(server, parent).post<RememberedBody>('/memories', { content }));
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      const [one] = answers;
      expect((await as(server, parent).get(`/memories/${one?.body.id ?? ''}`)).body).toMatchObject({
        evidence_count: 20,
        status: 'live',
      });
    }
    expect(await stored()).toBe(2);
  });

  it('by somebody else is theirs, and a memory of its own', async () => {
    const other = await newMember(server, family, 'grandparent');
    const mine = await newMemory(server, parent, 'The alarm code is in the book');
    const theirs = await newMemory(server, other, 'The alarm code is in the book');
    expect(theirs.id).not.toBe(mine.id);
    expect(theirs.evidence_count).toBe(1);
  });

  it('about somebody else is another memory', async () => {
    const [one, two] = await Promise.all([newProfile(server, family, 'child'), newProfile(server, family, 'child')]);
    const first = await newMemory(server, parent, 'Has the blue cup', { subject_id: one });
    expect((await newMemory(server, parent, 'Has the blue cup', { subject_id: two })).id).not.toBe(first.id);
  });

  it('while it is erased does not bring back what is gone', async () => {
    for (let round = 0; round < 10; round += 1) {
      const content = `The safe says ${String(round)}`;
      const { id } = await newMemory(server, parent, content);
      const me = as(server, parent);
      const [{ status }, again] = await Promise.all([
        me.delete(`/memories/${id}`),
        me.post<RememberedBody>('/memories', { content }),
        me.post<RememberedBody>('/memories', { content }),
      ]);
      expect([status, again.status]).toEqual([204, 201]);
    }
    // All versions are there of each, and its words are found.
    const broken = await asWorker(
      server,
      family.familyId,
      `SELECT m.id FROM memories m WHERE m.family_id = $1 GROUP BY m.id
       HAVING count(*) <> max(m.version) OR NOT EXISTS (SELECT FROM documents d WHERE d.item_id = m.id)`,
      [family.familyId],
    );
    expect(broken).toEqual([]);
  });

  it('different things at once about one subject leave one value of a fact', async () => {
    const cities = ['Oslo', 'Lima', 'Rome', 'Bonn', 'Cork', 'Bath', 'York', 'Nice'];
    const answers = await times(cities.length, (at) =>
      as(server, parent).post<RememberedBody>('/memories', { content: `I live in ${cities[at] ?? ''}` }),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(cities.length).fill(201));
    const values = (await listed()).filter(({ predicate }) => predicate === 'home_location');
    expect(values).toHaveLength(1);
  });
});
