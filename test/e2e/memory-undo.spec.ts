import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  found,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  problem,
  type Caller,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';
import { contentsOf, memoryOf, stepsOf, undo } from '../support/remembering.js';

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

describe('taking back', () => {
  it('what was remembered: it holds no more, and is not found', async () => {
    const { id } = await newMemory(server, parent, 'The moon is made of cheese');
    expect(await undo(me, id)).toMatchObject({ status: 200, body: { id, status: 'retracted', version: 2 } });
    expect(await contentsOf(me)).toEqual([]);
    expect(await found(server, parent, 'moon cheese')).toEqual([]);
    expect(await undo(me, id)).toMatchObject(problem(409, 'nothing_to_undo'));
    expect(await stepsOf(me, id)).toEqual(['undone', 'created']);
  });

  it('a new value, which brings back the old one', async () => {
    const madrid = await newMemory(server, parent, 'I live in Madrid');
    const oslo = await newMemory(server, parent, 'I live in Oslo');
    expect(await memoryOf(me, madrid.id)).toMatchObject({ status: 'superseded', superseded_by: oslo.id });
    await undo(me, oslo.id);
    expect(await memoryOf(me, madrid.id)).toMatchObject({ status: 'live', superseded_by: null, valid_to: null });
    expect(await contentsOf(me)).toEqual(['I live in Madrid']);
    expect((await found(server, parent, 'Where do I live?')).map(({ id }) => id)).toEqual([madrid.id]);
  });

  it('that an old value gave way: then both are there, and the new one is in doubt', async () => {
    const madrid = await newMemory(server, parent, 'I live in Madrid');
    const oslo = await newMemory(server, parent, 'I live in Oslo');
    expect(await undo(me, madrid.id)).toMatchObject({ status: 200, body: { status: 'live' } });
    expect(await memoryOf(me, oslo.id)).toMatchObject({ status: 'contested' });
    expect(await stepsOf(me, oslo.id)).toEqual(['contested', 'created']);
  });

  it('that it was said again', async () => {
    const { id } = await newMemory(server, parent, 'The shop closes at nine');
    await newMemory(server, parent, 'The shop closes at nine');
    expect(await undo(me, id)).toMatchObject({ status: 200, body: { evidence_count: 1, status: 'live' } });
  });

  it('a correction: the old words are found again', async () => {
    const { id } = await newMemory(server, parent, 'The umbrella is in the cellar', { tags: ['rain'] });
    await me.patch(`/memories/${id}`, { content: 'The lantern is in the attic', tags: [] });
    expect(await undo(me, id)).toMatchObject({
      status: 200,
      body: { content: 'The umbrella is in the cellar', tags: ['rain'], version: 3 },
    });
    expect((await found(server, parent, 'umbrella')).map((one) => one.id)).toEqual([id]);
    expect(await found(server, parent, 'lantern')).toEqual([]);
  });

  it('a doubt', async () => {
    const { id } = await newMemory(server, parent, 'The shop closes at ten');
    await me.post(`/memories/${id}/contest`, { reason: 'It closes at nine' });
    expect(await undo(me, id)).toMatchObject({ status: 200, body: { status: 'live' } });
  });

  it('sharing', async () => {
    const other = await newMember(server, family, 'grandparent');
    const { id } = await newMemory(server, parent, 'A secret about the party');
    await me.post(`/memories/${id}/share`, { visibility: 'family' });
    expect(await as(server, other).get(`/memories/${id}`)).toMatchObject({ status: 200 });
    expect(await undo(me, id)).toMatchObject({ status: 200, body: { visibility: 'private' } });
    expect(await as(server, other).get(`/memories/${id}`)).toMatchObject(problem(404, 'memory_not_found'));
    expect(await found(server, other, 'secret party')).toEqual([]);
  });

  it('step after step, to the first', async () => {
    const { id } = await newMemory(server, parent, 'One');
    await me.patch(`/memories/${id}`, { content: 'Two' });
    await me.post(`/memories/${id}/share`, {});
    await me.patch(`/memories/${id}`, { content: 'Three' });
    const seen: unknown[] = [];
    for (let round = 0; round < 5; round += 1) {
      const { status, body } = await undo(me, id);
      seen.push(status === 200 ? [body.content, body.visibility, body.status] : status);
    }
    expect(seen).toEqual([
      ['Two', 'family', 'live'],
      ['Two', 'private', 'live'],
      ['One', 'private', 'live'],
      ['One', 'private', 'retracted'],
      409,
    ]);
    expect(await stepsOf(me, id)).toEqual([
      ...Array<string>(4).fill('undone'),
      'changed',
      'shared',
      'changed',
      'created',
    ]);
  });
});
