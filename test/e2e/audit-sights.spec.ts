import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { components } from '../contract/client.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
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
  type PageOf,
  type TestFamily,
} from '../support/factories.js';

jest.setTimeout(120_000);

type Event = components['schemas']['AuditEventResponse'];

/** Everybody can see who saw what they keep to themselves; and what is one's own is read without a trace. */
describe('who saw my data', () => {
  let server: TestApp;
  let admin: FamilyMember;
  let family: TestFamily;
  let other: FamilyMember;
  let child: FamilyMember;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    admin = await newFirstAdmin(server);
    family = await newFamily(server);
    other = await newMember(server, family, 'parent');
  });
  beforeEach(async () => {
    child = await newChild(server, family);
  });
  afterAll(() => server.close());

  async function seenOf(person: FamilyMember): Promise<readonly Event[]> {
    const { body } = await as(server, person).get<PageOf<Event>>('/audit/me?limit=100');
    return body.data.filter(({ actor_user_id }) => actor_user_id !== person.userId && actor_user_id !== null);
  }
  const sights = async (person: FamilyMember): Promise<string[]> =>
    (await seenOf(person))
      .map(({ action }) => action)
      .filter((action) => /read|list|search/.test(action))
      .toReversed();
  const events = async (): Promise<number> => {
    const [row] = await asIdentity<{ n: number }>(server, 'SELECT count(*)::int AS n FROM audit_events', []);
    return row?.n ?? 0;
  };

  test('a child sees that a parent read a memory, its history, a conversation, its turns and the profile', async () => {
    const { id } = await newMemory(server, child, 'I am afraid of the dark');
    const conversation = await newConversation(server, child);
    await newTurns(server, child, conversation.id, 'Nobody knows this');
    const asParent = as(server, family.parent);
    await asParent.get(`/memories/${id}`);
    await asParent.get(`/memories/${id}/history`);
    await asParent.get(`/conversations/${conversation.id}`);
    await asParent.get(`/conversations/${conversation.id}/turns`);
    await asParent.get(`/users/${child.userId}/profile`);
    await asParent.get(`/users/${child.memberId}/profile`); // from the cache, which is no excuse
    await asParent.get(`/users/${child.memberId}/profile`);
    expect(await sights(child)).toEqual([
      'memory.read',
      'memory.read',
      'conversation.read',
      'conversation.read',
      'profile.read',
      'profile.read',
      'profile.read',
    ]);
    expect((await seenOf(child)).find(({ action }) => action === 'memory.read')).toMatchObject({
      target_type: 'memory',
      target_id: id,
    });
    expect(JSON.stringify(await seenOf(child))).not.toMatch(/afraid|Nobody knows/);
  });

  test('a list or a search that shows much of somebody is one event, also when the answer is remembered', async () => {
    for (const place of ['den', 'attic', 'shed']) await newMemory(server, child, `My hideout is in the ${place}`);
    const asParent = as(server, family.parent);
    await asParent.get('/memories?limit=100');
    await asParent.get('/conversations');
    for (let times = 0; times < 2; times += 1)
      expect((await found(server, family.parent, 'hideout')).length).toBeGreaterThanOrEqual(3);
    expect(await sights(child)).toEqual(['memory.list', 'memory.search', 'memory.search']);
    expect((await seenOf(child)).find(({ action }) => action === 'memory.search')).toMatchObject({
      actor_user_id: family.parent.userId,
      target_id: child.memberId,
      details: { items: 3 },
    });
  });

  test('two children each see their own part', async () => {
    const sibling = await newChild(server, family);
    await newMemory(server, child, 'The treasure is under the oak');
    await newMemory(server, sibling, 'The treasure is a bag of marbles');
    await found(server, other, 'treasure');
    for (const each of [child, sibling])
      expect((await seenOf(each)).filter(({ action }) => action === 'memory.search')).toMatchObject([
        { actor_user_id: other.userId, details: { items: 1 } },
      ]);
  });

  test('a teenager and another parent see who read their profile', async () => {
    const teenager = await newMember(server, family, 'teenager');
    for (const person of [teenager, other]) {
      await as(server, family.parent).get(`/users/${person.userId}/profile`);
      expect(await sights(person)).toEqual(['profile.read']);
    }
  });

  test('what a parent changes for a child is known to the child', async () => {
    const { id } = await newMemory(server, child, 'I want to be a diver');
    await as(server, family.parent).patch(`/memories/${id}`, { importance: 1 });
    await as(server, family.parent).delete(`/memories/${id}`);
    const changes = (await seenOf(child)).map(({ action }) => action).filter((action) => action.startsWith('memory.'));
    expect(changes.toReversed()).toEqual(['memory.update', 'memory.delete']);
  });

  test('reading what is one’s own, shown to one or to the family writes nothing', async () => {
    const mine = await newMemory(server, family.parent, 'My own lighthouse');
    const shared = await newMemory(server, child, 'Our lighthouse', { visibility: 'family' });
    const shown = await newMemory(server, child, 'A lighthouse for two', { audience: [family.parent.memberId] });
    const talk = await newConversation(server, family.parent);
    await newTurns(server, family.parent, talk.id, 'A lighthouse again');
    const before = await events();
    const asParent = as(server, family.parent);
    for (const path of [
      ...[mine, shared, shown].flatMap(({ id }) => [`/memories/${id}`, `/memories/${id}/history`]),
      `/conversations/${talk.id}`,
      `/conversations/${talk.id}/turns`,
      `/users/${family.parent.userId}/profile`,
      `/users/${family.parent.memberId}/profile`,
      '/family/members',
      '/auth/me',
      '/users/me',
      '/audit/me',
    ])
      expect([path, (await asParent.get(path)).status]).toEqual([path, 200]);
    expect((await found(server, family.parent, 'lighthouse')).map(({ content }) => content)).toContain(
      'Our lighthouse',
    );
    expect((await found(server, child, 'lighthouse')).length).toBeGreaterThan(0);
    expect(await events()).toBe(before);
  });

  test('what is refused as not there is no sight', async () => {
    const teenager = await newMember(server, family, 'teenager');
    const { id } = await newMemory(server, teenager, 'Not for parents');
    expect(await as(server, family.parent).get(`/memories/${id}`)).toMatchObject(problem(404, 'memory_not_found'));
    expect(await sights(teenager)).toEqual([]);
  });

  test('an admin’s look at the account is seen, but not where the admin was', async () => {
    await as(server, admin).with({ 'user-agent': 'Admin console' }).get(`/users/${child.userId}`);
    const [event] = (await seenOf(child)).filter(({ action }) => action === 'user.read');
    expect(event).toMatchObject({ actor_user_id: admin.userId, address: null, user_agent: null, request_id: null });
    const own = await as(server, child).get<PageOf<Event>>('/audit/me?action=auth.login');
    expect(own.body.data[0]).toMatchObject({ address: '127.0.0.1' });
  });

  test('nobody sees what does not concern them', async () => {
    const before = await as(server, other).get<PageOf<Event>>(`/audit/me?subject=${child.userId}`);
    await newMemory(server, child, 'A quiet thing');
    await as(server, family.parent).get(`/users/${child.userId}/profile`);
    const after = await as(server, other).get<PageOf<Event>>(`/audit/me?subject=${child.userId}`);
    expect(after.body).toEqual(before.body);
    expect((await as(server, other).get<PageOf<Event>>(`/audit/me?actor=${child.userId}`)).body.data).toEqual([]);
  });

  test('one’s own view comes in pages, both sides in one order', async () => {
    for (let times = 0; times < 3; times += 1) await as(server, family.parent).get(`/users/${child.userId}/profile`);
    for (let times = 0; times < 2; times += 1) await newMemory(server, child, `Something new ${String(Math.random())}`);
    const whole = await as(server, child).get<PageOf<Event>>('/audit/me?limit=100');
    const pages = await as(server, child).walk<Event>('/audit/me', 2);
    expect(pages.flat()).toEqual(whole.body.data);
    expect(pages.length).toBeGreaterThan(3);
  });
});
