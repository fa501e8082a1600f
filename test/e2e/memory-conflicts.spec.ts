import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  problem,
  type FamilyMember,
  type HistoryBody,
  type MemoryBody,
  type PageOf,
  type TestFamily,
} from '../support/factories.js';

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

const get = async (id: string): Promise<MemoryBody> =>
  (await as(server, parent).get<MemoryBody>(`/memories/${id}`)).body;
const SHARED = { visibility: 'family' };

describe('another value of a fact that has one', () => {
  it('takes the place of the old one, which held until then', async () => {
    const madrid = await newMemory(server, parent, 'I live in Madrid', { ...SHARED, valid_from: '2015' });
    const lisbon = await newMemory(server, parent, 'I live in Lisbon', { ...SHARED, valid_from: '2020-06' });
    expect(lisbon).toMatchObject({
      status: 'live',
      supersedes: [madrid.id],
      effects: [{ memory_id: madrid.id, effect: 'superseded', reason: 'later_wins' }],
    });
    expect(await get(madrid.id)).toMatchObject({
      status: 'superseded',
      superseded_by: lisbon.id,
      valid_from: madrid.valid_from,
      valid_to: lisbon.valid_from,
      version: 2,
    });
  });

  it('is told in the history of the old one, with its reason and its cause', async () => {
    const madrid = await newMemory(server, parent, 'I live in Madrid', { valid_from: '2015' });
    const lisbon = await newMemory(server, parent, 'I live in Lisbon');
    const { body } = await as(server, parent).get<HistoryBody>(`/memories/${madrid.id}/history`);
    expect(body.steps[0]).toMatchObject({
      step: 'superseded',
      automatic: true,
      reason: 'later_wins',
      cause_id: lisbon.id,
      actor_id: parent.memberId,
      undone: false,
    });
  });

  it('from before the present one belongs into the past', async () => {
    const lisbon = await newMemory(server, parent, 'I live in Lisbon', { valid_from: '2020-06' });
    const madrid = await newMemory(server, parent, 'I live in Madrid', { valid_from: '2015' });
    expect(madrid).toMatchObject({ status: 'superseded', valid_to: lisbon.valid_from, effects: [] });
    expect(await get(lisbon.id)).toMatchObject({ status: 'live', version: 1 });
  });

  it('corrects: two values of one moment do not both become true', async () => {
    await newMemory(server, parent, 'I live in Madrid', { valid_from: '2020' });
    const other = await newMemory(server, parent, 'I live in Toledo', { valid_from: '2020' });
    expect(other).toMatchObject({ status: 'contested', effects: [{ effect: 'contested', reason: 'same_instant' }] });
  });
});

describe('who says it', () => {
  it('about oneself weighs most: others only raise a doubt', async () => {
    const teenager = await newMember(server, family, 'teenager');
    const own = await newMemory(server, teenager, 'My favourite colour is green', SHARED);
    const others = await newMemory(server, parent, 'Their favourite colour is red', {
      ...SHARED,
      subject_id: teenager.memberId,
    });
    const claimed = others.predicate === 'favourite_colour';
    expect({ claimed, status: others.status }).toEqual({ claimed: true, status: 'contested' });
    expect(others.effects).toMatchObject([{ memory_id: own.id, effect: 'contested', reason: 'lower_authority' }]);
    // Once more by who knows it best settles it.
    const again = await newMemory(server, teenager, 'My favourite colour is green', SHARED);
    expect(again).toMatchObject({ id: own.id, status: 'live' });
    expect(await get(others.id)).not.toMatchObject({ status: 'live' });
  });

  it('a parent weighs more than others', async () => {
    const teenager = await newMember(server, family, 'teenager');
    const grandparent = await newMember(server, family, 'grandparent');
    const about = { ...SHARED, subject_id: teenager.memberId };
    const weak = await newMemory(server, grandparent, 'Their favourite colour is red', about);
    const strong = await newMemory(server, parent, 'Their favourite colour is blue', about);
    expect(strong).toMatchObject({ status: 'live', effects: [{ memory_id: weak.id, effect: 'superseded' }] });
    const weakAgain = await newMemory(server, grandparent, 'Their favourite colour is yellow', about);
    expect(weakAgain).toMatchObject({ status: 'contested', effects: [{ memory_id: strong.id, effect: 'contested' }] });
  });
});

describe('the same fact', () => {
  it('in other words is more evidence', async () => {
    const first = await newMemory(server, parent, 'I am allergic to peanuts', SHARED);
    const again = await newMemory(server, parent, "I'm allergic to peanuts", SHARED);
    expect(again).toMatchObject({ id: first.id, evidence_count: 2, effects: [{ effect: 'confirmed' }] });
  });

  it('of several values side by side contradicts nothing', async () => {
    const first = await newMemory(server, parent, 'I am allergic to peanuts');
    const second = await newMemory(server, parent, 'I am allergic to kiwi');
    expect(second).toMatchObject({ status: 'live', effects: [] });
    expect(await get(first.id)).toMatchObject({ status: 'live' });
  });

  it('denied is true no longer', async () => {
    const first = await newMemory(server, parent, 'I am allergic to peanuts');
    const denial = await newMemory(server, parent, "I'm no longer allergic to peanuts");
    expect(denial.effects).toMatchObject([{ memory_id: first.id, effect: 'superseded' }]);
    expect((await get(first.id)).status).not.toBe('live');
  });

  it('told to the family takes the place of what its owner alone knew', async () => {
    const kept = await newMemory(server, parent, 'I live in Madrid');
    const told = await newMemory(server, parent, 'I live in Lisbon', SHARED);
    expect(told.effects).toMatchObject([{ memory_id: kept.id, effect: 'superseded' }]);
  });
});

describe('what is nothing of the kind', () => {
  it.each([
    'Do I live in Madrid?',
    'If I lived in Madrid, I would be happy',
    'I wish I lived in Madrid',
    'Our neighbour Paul lives in Madrid',
    '"I live in Madrid", he said',
  ])('stays a note: %s', async (content) => {
    const here = await newMemory(server, parent, 'I live in Lisbon');
    const note = await newMemory(server, parent, content);
    expect(note).toMatchObject({ status: 'live', effects: [] });
    expect(await get(here.id)).toMatchObject({ status: 'live', version: 1 });
  });
});

describe('values of other times', () => {
  it('hold each until the next begins, in whatever order they are told', async () => {
    const told: readonly [string, string][] = [
      ['Oslo', '2020'],
      ['Madrid', '2010'],
      ['Lisbon', '2015'],
      ['Rome', '2005'],
    ];
    for (const [town, valid_from] of told) await newMemory(server, parent, `I live in ${town}`, { valid_from });
    const { body } = await as(server, parent).get<PageOf<MemoryBody>>('/memories?status=all');
    const history = body.data
      .map(({ object, status, valid_from, valid_to }) => [
        valid_from?.slice(0, 7),
        valid_to?.slice(0, 7),
        object,
        status,
      ])
      .sort();
    expect(history).toEqual([
      ['2005-01', '2010-01', 'Rome', 'superseded'],
      ['2010-01', '2015-01', 'Madrid', 'superseded'],
      ['2015-01', '2020-01', 'Lisbon', 'superseded'],
      ['2020-01', undefined, 'Oslo', 'live'],
    ]);
  });

  it('that begin on a day to come leave the present to what is said of it now', async () => {
    await newMemory(server, parent, 'I live in Madrid', { valid_from: '2090' });
    const now = await newMemory(server, parent, 'I live in Lisbon');
    expect(await get(now.id)).toMatchObject({ status: 'live', valid_to: expect.stringMatching(/^(2089-12|2090)/) });
  });
});

describe('a correction by hand', () => {
  it('meets what is known as a new memory would', async () => {
    const madrid = await newMemory(server, parent, 'I live in Madrid', { valid_from: '2015' });
    const note = await newMemory(server, parent, 'Something about Lisbon', { valid_from: '2020' });
    const { status, body } = await as(server, parent).patch(`/memories/${note.id}`, { content: 'I live in Lisbon' });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { predicate: 'home_location', effects: [{ memory_id: madrid.id, effect: 'superseded' }] },
    });
    expect(await get(madrid.id)).toMatchObject({ status: 'superseded', superseded_by: note.id });
  });

  it('that leaves two values at one time is answered, not crashed upon', async () => {
    await newMemory(server, parent, 'I live in Madrid', { valid_from: '2015' });
    const lisbon = await newMemory(server, parent, 'I live in Lisbon', { valid_from: '2020' });
    const answer = await as(server, parent).patch<MemoryBody>(`/memories/${lisbon.id}`, { valid_from: '2010' });
    expect([200, 409]).toContain(answer.status);
    if (answer.status === 409) expect(answer).toMatchObject(problem(409, 'memory_conflict'));
  });
});
