import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  found,
  newChild,
  newConversation,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  newTurns,
  problem,
  type FamilyMember,
  type MemoryBody,
  type PageOf,
  type TestFamily,
} from '../support/factories.js';

let server: TestApp;
let family: TestFamily;
let parent: FamilyMember;
let otherParent: FamilyMember;
let grandparent: FamilyMember;
let teenager: FamilyMember;
let child: FamilyMember;
let stranger: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  await newFirstAdmin(server);
  family = await newFamily(server);
  parent = family.parent;
  otherParent = await newMember(server, family, 'parent');
  grandparent = await newMember(server, family, 'grandparent');
  teenager = await newMember(server, family, 'teenager');
  child = await newChild(server, family);
  stranger = (await newFamily(server, 'Elsewhere')).parent;
});
afterAll(() => server.close());

const everybody = (): Record<string, FamilyMember> => ({
  parent,
  otherParent,
  grandparent,
  teenager,
  child,
  stranger,
});

/** Who sees a memory by every way there is to it; a way that differs from the others is named. */
async function readersOf(id: string, word: string): Promise<string[]> {
  const readers: string[] = [];
  for (const [name, person] of Object.entries(everybody())) {
    const caller = as(server, person);
    const listed = (await caller.get<PageOf<MemoryBody>>('/memories?limit=100&status=all')).body.data;
    const ways = {
      read: (await caller.get(`/memories/${id}`)).status === 200,
      history: (await caller.get(`/memories/${id}/history`)).status === 200,
      list: listed.some((memory) => memory.id === id),
      search: (await found(server, person, word)).some((memory) => memory.id === id),
      asOf: (await found(server, person, word, { as_of: '2100' })).some((memory) => memory.id === id),
    };
    const seen = new Set(Object.values(ways));
    if (seen.size > 1) throw new Error(`${name} sees it by some ways only: ${JSON.stringify(ways)}`);
    if (seen.has(true)) readers.push(name);
  }
  return readers;
}

describe('a memory is seen', () => {
  it.each([
    ['private of a parent', () => parent, {}, ['parent']],
    ['private of a grandparent', () => grandparent, {}, ['grandparent']],
    ['private of a teenager', () => teenager, {}, ['teenager']],
    ['private of a child', () => child, {}, ['parent', 'otherParent', 'child']],
    [
      'of the family',
      () => teenager,
      { visibility: 'family' },
      ['parent', 'otherParent', 'grandparent', 'teenager', 'child'],
    ],
  ])('%s', async (what, owner, fields, readers) => {
    const word = `Quokka${what.replaceAll(/\W/g, '')}`;
    const { id } = await newMemory(server, owner(), `${word} it is`, fields);
    expect(await readersOf(id, word)).toEqual(readers);
  });

  it('for an audience by its owner and those named', async () => {
    const { id } = await newMemory(server, teenager, 'Quokkaudience it is', { audience: [grandparent.memberId] });
    expect(await readersOf(id, 'Quokkaudience')).toEqual(['grandparent', 'teenager']);
  });

  it('for the audience of a child by its parents too', async () => {
    const { id } = await newMemory(server, child, 'Quokkachild it is', { audience: [teenager.memberId] });
    expect(await readersOf(id, 'Quokkachild')).toEqual(['parent', 'otherParent', 'teenager', 'child']);
  });

  it('not by whom it is about, unless it is theirs to see', async () => {
    const { id } = await newMemory(server, parent, 'Quokkasubject it is', { subject_id: teenager.memberId });
    expect(await readersOf(id, 'Quokkasubject')).toEqual(['parent']);
    await as(server, parent).post(`/memories/${id}/share`, { audience: [teenager.memberId] });
    expect(await readersOf(id, 'Quokkasubject')).toEqual(['parent', 'teenager']);
  });

  it('by a parent no longer once the child is a teenager, at once', async () => {
    const growing = await newChild(server, family);
    const { id } = await newMemory(server, growing, 'Quokkagrowing it is');
    expect(await as(server, parent).get(`/memories/${id}`)).toMatchObject({ status: 200 });
    await as(server, parent).patch(`/family/members/${growing.memberId}`, { role: 'teenager' });
    expect(await readersOf(id, 'Quokkagrowing')).toEqual([]);
  });

  it('by nobody once its owner has left, unless it was shared', async () => {
    const leaver = await newMember(server, family, 'grandparent');
    const kept = await newMemory(server, leaver, 'Quokkakept it is');
    const shared = await newMemory(server, leaver, 'Quokkashared it is', { visibility: 'family' });
    await as(server, leaver).delete(`/family/members/${leaver.memberId}`);
    expect(await readersOf(kept.id, 'Quokkakept')).toEqual([]);
    expect(await readersOf(shared.id, 'Quokkashared')).toEqual([
      'parent',
      'otherParent',
      'grandparent',
      'teenager',
      'child',
    ]);
  });
});

describe('what one may not see', () => {
  it('is answered like what was never there, whatever is asked of it', async () => {
    const { id } = await newMemory(server, teenager, 'Mine alone');
    const nothing = '019a9c1e-0000-7000-8000-000000000000';
    const shape = ({ status, body }: { status: number; body: unknown }): object => ({
      status,
      body: { ...(body as object), request_id: '' },
    });
    for (const person of [parent, grandparent, stranger]) {
      const caller = as(server, person);
      for (const [method, suffix] of [
        ['get', ''],
        ['get', '/history'],
        ['patch', ''],
        ['delete', ''],
        ['post', '/undo'],
        ['post', '/share'],
        ['post', '/unshare'],
        ['post', '/contest'],
      ] as const) {
        const [theirs, none] = [
          await caller[method](`/memories/${id}${suffix}`, {}),
          await caller[method](`/memories/${nothing}${suffix}`, {}),
        ];
        expect(theirs).toMatchObject(problem(404, 'memory_not_found'));
        expect(shape(theirs)).toEqual(shape(none));
      }
    }
  });

  it('is not confirmed, changed or mentioned by what others remember', async () => {
    const secret = await newMemory(server, teenager, 'I live in Reykjavik');
    const said = await newMemory(server, parent, 'Quiet fact', { subject_id: teenager.memberId });
    const public_ = await newMemory(server, parent, 'I live in Oslo', { visibility: 'family' });
    expect([said.effects, public_.effects]).toEqual([[], []]);
    expect(await as(server, teenager).get(`/memories/${secret.id}`)).toMatchObject({
      body: { status: 'live', evidence_count: 1, version: 1 },
    });
  });
});

describe('a parent, for a child', () => {
  it('corrects, shares, takes back and erases', async () => {
    const { id, owner_id } = await newMemory(server, child, 'My bike is blu');
    const caller = as(server, parent);
    expect(await caller.patch(`/memories/${id}`, { content: 'My bike is blue' })).toMatchObject({
      status: 200,
      body: { owner_id, author_id: child.memberId, content: 'My bike is blue' },
    });
    expect(await caller.post(`/memories/${id}/share`, { audience: [grandparent.memberId] })).toMatchObject({
      status: 200,
      body: { visibility: 'audience', audience: [grandparent.memberId], owner_id },
    });
    expect(await as(server, child).get(`/memories/${id}`)).toMatchObject({ status: 200 });
    expect(await caller.post(`/memories/${id}/unshare`)).toMatchObject({ status: 200 });
    expect(await caller.post(`/memories/${id}/undo`)).toMatchObject({ status: 200, body: { visibility: 'audience' } });
    expect(await caller.delete(`/memories/${id}`)).toMatchObject({ status: 204 });
    expect(await as(server, child).get(`/memories/${id}`)).toMatchObject(problem(404, 'memory_not_found'));
  });

  it('does not, for a teenager, what only the owner may', async () => {
    const { id } = await newMemory(server, teenager, 'My room', { visibility: 'family' });
    expect(await as(server, parent).delete(`/memories/${id}`)).toMatchObject(problem(403, 'not_allowed_for_memory'));
  });
});

describe('a conversation', () => {
  it('is seen like a memory, with its turns, and answered like one', async () => {
    const { id } = await newConversation(server, teenager, { title: 'Mine' });
    await newTurns(server, teenager, id, 'The wombat sleeps under the porch');
    const see = async (person: FamilyMember): Promise<unknown[]> => [
      (await as(server, person).get(`/conversations/${id}`)).status,
      (await as(server, person).get(`/conversations/${id}/turns`)).status,
      (await as(server, person).get<PageOf<MemoryBody>>('/conversations?limit=100')).body.data.some(
        (one) => one.id === id,
      ),
      (await found(server, person, 'wombat')).length,
    ];
    expect(await see(teenager)).toEqual([200, 200, true, 1]);
    for (const person of [parent, grandparent, stranger]) expect(await see(person)).toEqual([404, 404, false, 0]);
    await as(server, teenager).patch(`/conversations/${id}`, {
      visibility: 'audience',
      audience: [grandparent.memberId],
    });
    expect(await see(grandparent)).toEqual([200, 200, true, 1]);
    expect(await see(parent)).toEqual([404, 404, false, 0]);
    // Who sees a shared one may speak in it, and changes nothing else.
    await newTurns(server, grandparent, id, 'And what does it eat?');
    const refused = problem(403, 'not_allowed_for_memory');
    expect(await as(server, grandparent).patch(`/conversations/${id}`, { title: 'Ours' })).toMatchObject(refused);
    expect(await as(server, grandparent).delete(`/conversations/${id}`)).toMatchObject(refused);
    await as(server, teenager).patch(`/conversations/${id}`, { visibility: 'private' });
    expect(await see(grandparent)).toEqual([404, 404, false, 0]);
    expect(
      await as(server, parent).post(`/conversations/${id}/turns`, { turns: [{ role: 'user', content: 'x' }] }),
    ).toMatchObject(problem(404, 'conversation_not_found'));
  });
});
