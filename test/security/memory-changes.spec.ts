import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TransactionRunner } from '../../src/platform/database/index.js';
import type { ConversationResponse, TurnsResponse } from '../../src/modules/memory/dto/conversation.response.js';
import type { HistoryResponse, MemoryResponse } from '../../src/modules/memory/dto/memory.response.js';
import type { SearchResponse } from '../../src/modules/memory/dto/search.response.js';
import { MemoriesRepository } from '../../src/modules/memory/memories/memories.repository.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newChild,
  newFamily,
  newFirstAdmin,
  newMember,
  problem,
  type FamilyMember,
  type PageOf,
  type TestFamily,
} from '../support/factories.js';
import { principalOf } from './memory-world.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

/** Who sees what follows the family at once: the next request knows. */
describe('when rights change', () => {
  let server: TestApp;
  let family: TestFamily;
  let parent: FamilyMember;
  let child: FamilyMember;
  let teenager: FamilyMember;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    await newFirstAdmin(server);
  });
  beforeEach(async () => {
    family = await newFamily(server);
    parent = family.parent;
    child = await newChild(server, family);
    teenager = await newMember(server, family, 'teenager');
  });
  afterAll(() => server.close());

  const tell = async (who: FamilyMember, content: string, more: object = {}): Promise<MemoryResponse> => {
    const { status, body } = await as(server, who).post<MemoryResponse>('/memories', { content, ...more });
    expect(status).toBe(201);
    return body;
  };
  /** Every way to come by a memory: read, history, list, search. */
  async function sees(who: FamilyMember, { id }: { id: string }, query = 'zeppelin'): Promise<boolean[]> {
    const caller = as(server, who);
    const [read, history] = [await caller.get(`/memories/${id}`), await caller.get(`/memories/${id}/history`)];
    const list = await caller.get<PageOf<MemoryResponse>>('/memories?status=all&limit=100');
    const found = await caller.post<SearchResponse>('/memories/search', { query });
    return [
      read.status === 200,
      history.status === 200,
      list.body.data.some((one) => one.id === id),
      found.body.results.some((one) => one.id === id),
    ];
  }
  const YES = [true, true, true, true];
  const NO = [false, false, false, false];

  it('a child that becomes a teenager has secrets from then on, which stay closed when it is made a child again', async () => {
    const secret = await tell(child, 'I buried a zeppelin under the oak');
    const shown = await tell(child, 'The zeppelin is red', { audience: [teenager.memberId] });
    expect([await sees(parent, secret), await sees(parent, shown)]).toEqual([YES, YES]);
    expect([await sees(teenager, secret), await sees(teenager, shown)]).toEqual([NO, YES]);
    const become = (role: string) => as(server, parent).patch(`/family/members/${child.memberId}`, { role });
    expect(await become('teenager')).toMatchObject({ status: 200 });
    expect([await sees(parent, secret), await sees(parent, shown)]).toEqual([NO, NO]);
    expect(await as(server, parent).delete(`/memories/${secret.id}`)).toMatchObject(problem(404, 'memory_not_found'));
    expect([await sees(child, secret), await sees(teenager, shown)]).toEqual([YES, YES]);
    // A role that was changed by mistake and back closes nothing.
    expect(await become('child')).toMatchObject({ status: 200 });
    expect([await sees(parent, secret), await sees(parent, shown)]).toEqual([YES, YES]);
    expect(await become('teenager')).toMatchObject({ status: 200 });
    const grown = await tell(child, 'I fly the zeppelin at night');
    expect(await become('child')).toMatchObject({ status: 200 });
    expect([await sees(parent, secret), await sees(parent, shown), await sees(parent, grown)]).toEqual([NO, NO, NO]);
  });

  it('somebody who has left sees nothing more, and nobody sees what they kept to themselves', async () => {
    const [secret, shown] = [
      await tell(teenager, 'My zeppelin diary'),
      await tell(teenager, 'The zeppelin flies on Friday', { visibility: 'family' }),
    ];
    const told = await tell(parent, 'Ask the zeppelin pilot', { audience: [teenager.memberId] });
    expect(await sees(teenager, told)).toEqual(YES);
    expect(await as(server, parent).delete(`/family/members/${teenager.memberId}`)).toMatchObject({ status: 204 });
    for (const one of [secret, shown, told])
      expect(await as(server, teenager).get(`/memories/${one.id}`)).not.toMatchObject({ status: 200 });
    expect([await sees(parent, secret), await sees(parent, shown)]).toEqual([NO, YES]);
  });

  it('who is no longer of the audience sees nothing of it, nor of its past', async () => {
    const told = await tell(parent, 'The zeppelin comes at noon', { audience: [teenager.memberId, child.memberId] });
    expect([await sees(teenager, told), await sees(child, told)]).toEqual([YES, YES]);
    await as(server, parent).post(`/memories/${told.id}/share`, { audience: [child.memberId] });
    expect([await sees(teenager, told), await sees(child, told)]).toEqual([NO, YES]);
    await as(server, parent).post(`/memories/${told.id}/unshare`);
    expect([await sees(teenager, told), await sees(child, told)]).toEqual([NO, NO]);
    // Two steps back: first to the child, then to both.
    await as(server, parent).post(`/memories/${told.id}/undo`);
    expect([await sees(teenager, told), await sees(child, told)]).toEqual([NO, YES]);
    await as(server, parent).post(`/memories/${told.id}/undo`);
    expect([await sees(teenager, told), await sees(child, told)]).toEqual([YES, YES]);
  });

  it('a parent shows what a child has to an audience of the child', async () => {
    const secret = await tell(child, 'I dream of a zeppelin');
    const shared = await as(server, parent).post<MemoryResponse>(`/memories/${secret.id}/share`, {
      audience: [teenager.memberId],
    });
    expect(shared).toMatchObject({ status: 200, body: { visibility: 'audience', audience: [teenager.memberId] } });
    expect([await sees(child, secret), await sees(parent, secret), await sees(teenager, secret)]).toEqual([
      YES,
      YES,
      YES,
    ]);
  });

  it('what is no longer shown is not named by what it has changed', async () => {
    const old = await tell(parent, 'I live in Porto', { visibility: 'family' });
    const now = await tell(parent, 'I live in Lisbon', { visibility: 'family' });
    const read = async (who: FamilyMember): Promise<MemoryResponse> =>
      (await as(server, who).get<MemoryResponse>(`/memories/${old.id}`)).body;
    expect(await read(teenager)).toMatchObject({ status: 'superseded', superseded_by: now.id });
    await as(server, parent).post(`/memories/${now.id}/unshare`);
    expect(await read(teenager)).toMatchObject({ status: 'superseded', superseded_by: null });
    const { body } = await as(server, teenager).get<HistoryResponse>(`/memories/${old.id}/history`);
    expect(JSON.stringify(body)).not.toContain(now.id);
    expect(await read(parent)).toMatchObject({ superseded_by: now.id });
  });

  it('a conversation takes its turns along, to others and back', async () => {
    const caller = as(server, parent);
    const { body: talk } = await caller.post<ConversationResponse>('/conversations', { extract: false });
    const turns = [{ role: 'user', content: 'Did you see the zeppelin?' }];
    const { body: said } = await caller.post<TurnsResponse>(`/conversations/${talk.id}/turns`, { turns });
    const finds = async (): Promise<boolean[]> => {
      const found = await as(server, teenager).post<SearchResponse>('/memories/search', { query: 'zeppelin' });
      const read = await as(server, teenager).get(`/conversations/${talk.id}/turns`);
      return [read.status === 200, found.body.results.some(({ id }) => id === said.data[0]?.id)];
    };
    expect(await finds()).toEqual([false, false]);
    await caller.patch(`/conversations/${talk.id}`, { visibility: 'family' });
    expect(await finds()).toEqual([true, true]);
    await caller.patch(`/conversations/${talk.id}`, { visibility: 'private' });
    expect(await finds()).toEqual([false, false]);
  });

  it('nothing is found with parameters of another family', async () => {
    const other = await newFamily(server);
    const theirs = await tell(other.parent, 'I live in Porto', { visibility: 'family' });
    const memories = server.app.get(MemoriesRepository);
    const principal = await principalOf(server, parent);
    const found = await server.app
      .get(TransactionRunner)
      .run(principal, async (tx) => [
        await memories.find(tx, theirs.id),
        await memories.findSame(tx, [other.familyId], []),
        await memories.findFacts(
          tx,
          [other.familyId],
          [{ subjectId: other.parent.memberId, predicate: 'home_location' }],
        ),
        await memories.factsAbout(tx, other.parent.memberId),
        await memories.liveObjects(tx, other.familyId, ['home_location']),
      ]);
    expect(found).toEqual([undefined, [], [], [], []]);
  });
});
