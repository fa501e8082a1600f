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
  newProfile,
  newTurns,
  problem,
  type Caller,
  type ConversationBody,
  type FamilyMember,
  type PageOf,
  type TestFamily,
  type TurnBody,
} from '../support/factories.js';

let server: TestApp;
let family: TestFamily;
let parent: FamilyMember;
let me: Caller;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  await newFirstAdmin(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  family = await newFamily(server);
  parent = family.parent;
  me = as(server, parent);
});

const turns = async (id: string, query = 'limit=100'): Promise<PageOf<TurnBody>> =>
  (await me.get<PageOf<TurnBody>>(`/conversations/${id}/turns?${query}`)).body;

describe('a conversation', () => {
  it('needs nothing, and is private', async () => {
    const conversation = await newConversation(server, parent);
    expect(conversation).toEqual({
      id: expect.any(String),
      title: null,
      owner_id: parent.memberId,
      visibility: 'private',
      audience: [],
      extract: null,
      turn_count: 0,
      created_at: expect.any(String),
      updated_at: conversation.created_at,
    });
    expect((await me.get(`/conversations/${conversation.id}`)).body).toEqual(conversation);
  });

  it('takes every field, and changes of each', async () => {
    const other = await newMember(server, family, 'grandparent');
    const { id } = await newConversation(server, parent, {
      title: 'Holiday <i>plans</i>',
      audience: [other.memberId],
      extract: false,
    });
    const change = async (fields: object): Promise<ConversationBody> =>
      (await me.patch<ConversationBody>(`/conversations/${id}`, fields)).body;
    expect(await change({})).toMatchObject({
      title: 'Holiday plans',
      visibility: 'audience',
      audience: [other.memberId],
      extract: false,
    });
    expect(await change({ title: 'Plans' })).toMatchObject({ title: 'Plans', extract: false, visibility: 'audience' });
    expect(await change({ title: null, extract: true })).toMatchObject({ title: null, extract: true });
    expect(await change({ extract: null, visibility: 'family' })).toMatchObject({
      extract: null,
      visibility: 'family',
    });
  });

  it.each([
    [{ title: '' }, 'title'],
    [{ title: 'a'.repeat(201) }, 'title'],
    [{ extract: 'yes' }, 'extract'],
    [{ visibility: 'audience' }, 'audience'],
    [{ turns: [] }, 'turns'],
  ])('refuses %j', async (body, field) => {
    expect(await me.post('/conversations', body)).toMatchObject(problem(400, 'validation_failed', field));
  });

  it('is listed with the others, newest first, page by page', async () => {
    expect((await me.get('/conversations')).body).toEqual({ data: [], next_cursor: null });
    const ids: string[] = [];
    for (let at = 0; at < 5; at += 1) ids.unshift((await newConversation(server, parent)).id);
    const pages = await me.walk<ConversationBody>('/conversations', 2);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat().map(({ id }) => id)).toEqual(ids.toSorted().toReversed());
  });

  it('is erased with its turns', async () => {
    const { id } = await newConversation(server, parent);
    await newTurns(server, parent, id, 'The narwhal swims');
    expect(await found(server, parent, 'narwhal')).toHaveLength(1);
    expect(await me.delete(`/conversations/${id}`)).toMatchObject({ status: 204 });
    for (const path of [`/conversations/${id}`, `/conversations/${id}/turns`])
      expect(await me.get(path)).toMatchObject(problem(404, 'conversation_not_found'));
    expect(await me.delete(`/conversations/${id}`)).toMatchObject(problem(404, 'conversation_not_found'));
    expect(await found(server, parent, 'narwhal')).toEqual([]);
    const traces = await asWorker(
      server,
      family.familyId,
      `SELECT id::text FROM turns WHERE family_id = $1 UNION ALL SELECT id::text FROM documents WHERE family_id = $1`,
      [family.familyId],
    );
    expect(traces).toEqual([]);
  });
});

describe('turns', () => {
  it('are answered in full and kept word by word', async () => {
    const { id } = await newConversation(server, parent);
    const [user, assistant] = await newTurns(
      server,
      parent,
      id,
      {
        role: 'user',
        content: '¿Dónde <b>está</b> el faro?',
        metadata: { mood: 'curious' },
        occurred_at: '2024-05-07T10:00:00Z',
      },
      { role: 'assistant', content: 'By the sea.\u200b', occurred_at: '2024-05-07T10:00:05.25Z' },
    );
    expect(user).toEqual({
      id: expect.any(String),
      type: 'turn',
      conversation_id: id,
      turn_number: 1,
      session_number: 1,
      role: 'user',
      speaker_id: parent.memberId,
      speaker: null,
      content: '¿Dónde está el faro?',
      language: 'es',
      metadata: { mood: 'curious' },
      occurred_at: '2024-05-07T10:00:00.000000Z',
      created_at: expect.any(String),
    });
    expect(assistant).toMatchObject({
      turn_number: 2,
      role: 'assistant',
      speaker_id: null,
      speaker: null,
      content: 'By the sea.',
      occurred_at: '2024-05-07T10:00:05.250000Z',
    });
    expect((await turns(id)).data).toEqual([user, assistant]);
  });

  it('are of whoever is named: by id, by the name of one member, by any other name', async () => {
    const lola = await newProfile(server, family, 'grandparent', { first_name: 'Lola', last_name: 'Ruiz' });
    await newProfile(server, family, 'child', { first_name: 'Leo' });
    await newProfile(server, family, 'teenager', { first_name: 'Leo' });
    const { id } = await newConversation(server, parent);
    const say = (speaker?: string | null) => ({
      role: 'user',
      content: 'Hi',
      ...(speaker === undefined ? {} : { speaker }),
    });
    const said = await newTurns(
      server,
      parent,
      id,
      say(),
      say(null),
      say(lola),
      say('lola'),
      say('LÓLA ruiz'),
      say('Leo'),
      say('The plumber'),
      { role: 'assistant', content: 'Hi', speaker: 'Claude' },
    );
    expect(said.map(({ speaker_id, speaker }) => [speaker_id, speaker])).toEqual([
      [parent.memberId, null],
      [parent.memberId, null],
      [lola, null],
      [lola, null],
      [lola, null],
      [null, 'Leo'],
      [null, 'The plumber'],
      [null, 'Claude'],
    ]);
  });

  it('come in sittings: a pause of more than six hours begins a new one', async () => {
    const { id } = await newConversation(server, parent);
    const at = (time: string): object => ({ role: 'user', content: 'Hi', occurred_at: `2024-05-${time}Z` });
    const said = [
      ...(await newTurns(server, parent, id, at('07T10:00'), at('07T16:00'), at('07T22:00:01'))),
      ...(await newTurns(server, parent, id, at('07T23:00'), at('09T08:00'))),
    ];
    expect(said.map(({ session_number }) => session_number)).toEqual([1, 1, 2, 2, 3]);
    expect(said.map(({ turn_number }) => turn_number)).toEqual([1, 2, 3, 4, 5]);
  });

  it('are numbered without gaps by 50 who write at once', async () => {
    const { id } = await newConversation(server, parent, { extract: false });
    const sizes = Array.from({ length: 50 }, (_, at) => (at % 3) + 1);
    const answers = await Promise.all(
      sizes.map((size, at) =>
        me.post<{ data: TurnBody[] }>(`/conversations/${id}/turns`, {
          turns: Array.from({ length: size }, (__, n) => ({ role: 'user', content: `${String(at)} ${String(n)}` })),
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const pages = await me.walk<TurnBody>(`/conversations/${id}/turns`, 30);
    expect(pages.flat().map(({ turn_number }) => turn_number)).toEqual(
      Array.from({ length: total }, (_, at) => at + 1),
    );
    // What one request brought stays together, in its order.
    for (const { body } of answers) {
      const [first] = body.data;
      expect(body.data.map(({ turn_number }) => turn_number)).toEqual(
        body.data.map((_, at) => (first?.turn_number ?? 0) + at),
      );
    }
    expect((await me.get(`/conversations/${id}`)).body).toMatchObject({ turn_count: total });
  });

  it('may be 500 at once, of full length', async () => {
    const { id } = await newConversation(server, parent, { extract: false });
    const batch = Array.from({ length: 500 }, (_, at) => ({
      role: at % 2 === 0 ? 'user' : 'assistant',
      content: `${String(at)} ${'word '.repeat(1990)}`.trim(),
    }));
    const { status, body } = await me.post<{ data: TurnBody[] }>(`/conversations/${id}/turns`, { turns: batch });
    expect(status).toBe(201);
    expect(body.data.map(({ content }) => content)).toEqual(batch.map(({ content }) => content));
    expect(await me.post(`/conversations/${id}/turns`, { turns: [...batch, batch[0]] })).toMatchObject(
      problem(400, 'validation_failed', 'turns'),
    );
  });

  it('come in pages, in the order of their numbers', async () => {
    const { id } = await newConversation(server, parent);
    expect(await turns(id)).toEqual({ data: [], next_cursor: null });
    await newTurns(server, parent, id, 'One', 'Two', 'Three', 'Four');
    const first = await turns(id, 'limit=2');
    await newTurns(server, parent, id, 'Five');
    const second = await turns(id, `limit=2&cursor=${first.next_cursor ?? ''}`);
    const third = await turns(id, `limit=2&cursor=${second.next_cursor ?? ''}`);
    expect([first, second, third].map(({ data }) => data.map(({ content }) => content))).toEqual([
      ['One', 'Two'],
      ['Three', 'Four'],
      ['Five'],
    ]);
    expect(third.next_cursor).toBeNull();
    for (const bad of ['cursor=x', 'limit=0', 'limit=101', 'colour=red'])
      expect(await me.get(`/conversations/${id}/turns?${bad}`)).toMatchObject(
        problem(400, 'validation_failed', bad.split('=')[0] ?? ''),
      );
  });

  it.each([
    ['none', [], 'turns'],
    ['no content', [{ role: 'user' }], 'turns[0].content'],
    [
      'nothing to read',
      [
        { role: 'user', content: 'x' },
        { role: 'user', content: '\u200b' },
      ],
      'turns[1].content',
    ],
    ['too much', [{ role: 'user', content: 'a'.repeat(10_001) }], 'turns[0].content'],
    ['a role that there is not', [{ role: 'system', content: 'x' }], 'turns[0].role'],
    ['a day that there is not', [{ role: 'user', content: 'x', occurred_at: '2023-02-30' }], 'turns[0].occurred_at'],
    ['a speaker without a name', [{ role: 'user', content: 'x', speaker: ' ' }], 'turns[0].speaker'],
    [
      'deep metadata',
      [{ role: 'user', content: 'x', metadata: { a: { b: { c: { d: { e: {} } } } } } }],
      'turns[0].metadata',
    ],
    ['a number', [{ role: 'user', content: 'x', turn_number: 7 }], 'turns[0].turn_number'],
  ])('refuses %s, and adds none', async (_what, list, field) => {
    const { id } = await newConversation(server, parent);
    expect(await me.post(`/conversations/${id}/turns`, { turns: list })).toMatchObject(
      problem(400, 'validation_failed', field),
    );
    expect((await turns(id)).data).toEqual([]);
  });

  it('are found by what they say, with where they stand', async () => {
    const { id } = await newConversation(server, parent);
    await newTurns(server, parent, id, 'Good morning', 'The narwhal is in the fjord', {
      role: 'user',
      speaker: 'The plumber',
      content: 'I saw the narwhal as well',
    });
    const results = await found(server, parent, 'narwhal', { types: ['turn'], conversation_id: id });
    expect(results.map(({ turn_number }) => turn_number)).toEqual(expect.arrayContaining([2, 3]));
    expect(results.find(({ turn_number }) => turn_number === 2)).toMatchObject({
      type: 'turn',
      conversation_id: id,
      role: 'user',
      subject_id: parent.memberId,
      owner_id: parent.memberId,
      visibility: 'private',
      speaker: null,
    });
    const other = await newConversation(server, parent);
    expect(await found(server, parent, 'narwhal', { conversation_id: other.id })).toEqual([]);
  });
});
