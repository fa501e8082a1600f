import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newConversation,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  newProfile,
  newTurns,
  pendingJobs,
  problem,
  type FamilyMember,
  type HistoryBody,
  type MemoryBody,
  type PageOf,
  type TestFamily,
} from '../support/factories.js';
import { until } from '../support/process.js';

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

/** What somebody has in memory once all that was said has been read. */
async function learned(person: FamilyMember = parent): Promise<readonly MemoryBody[]> {
  await until(
    'the turns have been read',
    async () => (await pendingJobs(server, family.familyId, 'memory.extract')) === 0,
  );
  return (await as(server, person).get<PageOf<MemoryBody>>('/memories?limit=100&status=all')).body.data;
}

describe('what a member says in a conversation', () => {
  it('becomes a private memory of theirs, with the turn as its source', async () => {
    const { id } = await newConversation(server, parent, { visibility: 'family' });
    const [, turn] = await newTurns(
      server,
      parent,
      id,
      { role: 'user', content: 'Hello!' },
      { role: 'user', content: 'By the way, I am allergic to peanuts.', occurred_at: '2024-05-07T10:00:00Z' },
    );
    const [memory, ...others] = await learned();
    expect(others).toEqual([]);
    expect(memory).toMatchObject({
      predicate: 'allergy',
      object: 'peanuts',
      visibility: 'private',
      owner_id: parent.memberId,
      author_id: parent.memberId,
      subject_id: parent.memberId,
      source_turn_ids: [turn?.id],
      status: 'live',
    });
    const { body } = await as(server, parent).get<HistoryBody>(`/memories/${memory?.id ?? ''}/history`);
    expect(body.steps).toMatchObject([{ step: 'extracted', automatic: true, actor_id: null }]);
    expect(await as(server, parent).post(`/memories/${memory?.id ?? ''}/undo`)).toMatchObject({
      status: 200,
      body: { status: 'retracted' },
    });
  });

  it('said again is more evidence, from both turns', async () => {
    const { id } = await newConversation(server, parent);
    await newTurns(server, parent, id, 'I am allergic to peanuts.');
    await learned();
    await newTurns(server, parent, id, "Remember, I'm allergic to peanuts.");
    const memories = await learned();
    expect(memories).toHaveLength(1);
    expect(memories[0]).toMatchObject({ evidence_count: 2 });
    expect(memories[0]?.source_turn_ids).toHaveLength(2);
  });

  it('takes the place of what held before', async () => {
    const { id } = await newConversation(server, parent);
    const before = await newMemory(server, parent, 'I live in Madrid', { valid_from: '2015' });
    await newTurns(server, parent, id, 'I live in Lisbon now.');
    const memories = await learned();
    expect(memories.find((memory) => memory.id === before.id)).toMatchObject({ status: 'superseded' });
    expect(memories.find(({ status }) => status === 'live')).toMatchObject({ object: 'Lisbon' });
  });

  it('in the name of another member is theirs alone', async () => {
    const lola = await newMember(server, family, 'grandparent');
    const { id } = await newConversation(server, parent, { visibility: 'family' });
    await newTurns(server, parent, id, { role: 'user', content: 'I am allergic to kiwi.', speaker: lola.memberId });
    expect(await learned()).toEqual([]);
    expect(await learned(lola)).toMatchObject([
      { owner_id: lola.memberId, author_id: parent.memberId, object: 'kiwi' },
    ]);
  });

  it('is left alone from assistants, from strangers, and where it is no plain fact', async () => {
    await newProfile(server, family, 'child', { first_name: 'Hugo' });
    const { id } = await newConversation(server, parent);
    await newTurns(
      server,
      parent,
      id,
      { role: 'assistant', content: 'I am allergic to peanuts.' },
      { role: 'user', speaker: 'The plumber', content: 'I am allergic to kiwi.' },
      'Am I allergic to latex?',
      'I wish I lived in Paris.',
      'If I were allergic to fish, I would know.',
      'Our neighbour Paul is allergic to cats.',
      'She said: "I am allergic to dogs."',
    );
    expect(await learned()).toEqual([]);
  });

  it('is not read where the conversation says so, nor where the family says so and the conversation nothing', async () => {
    const off = await newConversation(server, parent, { extract: false });
    await newTurns(server, parent, off.id, 'I am allergic to peanuts.');
    const settings = as(server, parent);
    expect(await settings.get('/family/memory-settings')).toMatchObject({
      status: 200,
      body: { extract: true, turn_retention_days: 90 },
    });
    expect(await settings.patch('/family/memory-settings', { extract: false })).toMatchObject({
      status: 200,
      body: { extract: false, turn_retention_days: 90 },
    });
    const plain = await newConversation(server, parent);
    await newTurns(server, parent, plain.id, 'I am allergic to kiwi.');
    expect(await learned()).toEqual([]);
    const on = await newConversation(server, parent, { extract: true });
    await newTurns(server, parent, on.id, 'I am allergic to latex.');
    expect(await learned()).toMatchObject([{ object: 'latex' }]);
  });

  it('outlives its conversation, until it is erased itself', async () => {
    const { id } = await newConversation(server, parent);
    await newTurns(server, parent, id, 'I am allergic to peanuts.');
    const [memory] = await learned();
    await as(server, parent).delete(`/conversations/${id}`);
    expect(await as(server, parent).get(`/memories/${memory?.id ?? ''}`)).toMatchObject({ status: 200 });
  });
});

describe('the settings of the memory', () => {
  it('are for parents to change, and for everybody to see', async () => {
    const teenager = await newMember(server, family, 'teenager');
    expect(await as(server, teenager).get('/family/memory-settings')).toMatchObject({ status: 200 });
    expect(await as(server, teenager).patch('/family/memory-settings', { extract: false })).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
    const mine = as(server, parent);
    expect(await mine.patch('/family/memory-settings', { turn_retention_days: null })).toMatchObject({
      body: { extract: true, turn_retention_days: null },
    });
    expect(await mine.patch('/family/memory-settings', { turn_retention_days: 30 })).toMatchObject({
      body: { extract: true, turn_retention_days: 30 },
    });
    expect((await as(server, teenager).get('/family/memory-settings')).body).toEqual({
      extract: true,
      turn_retention_days: 30,
    });
    for (const bad of [{ turn_retention_days: 0 }, { turn_retention_days: 1.5 }, { turn_retention_days: 36_501 }])
      expect(await mine.patch('/family/memory-settings', bad)).toMatchObject(
        problem(400, 'validation_failed', 'turn_retention_days'),
      );
    expect(await mine.patch('/family/memory-settings', { extract: null })).toMatchObject(
      problem(400, 'validation_failed', 'extract'),
    );
  });
});
