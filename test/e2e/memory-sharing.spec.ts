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
  type HistoryBody,
  type TestFamily,
} from '../support/factories.js';
import { memoryOf, stepsOf, undo } from '../support/remembering.js';

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

describe('sharing', () => {
  it('shows it to the family, and unsharing hides it with its history', async () => {
    const other = await newMember(server, family, 'teenager');
    const { id } = await newMemory(server, parent, 'The wifi password is tulip');
    expect(await as(server, other).get(`/memories/${id}`)).toMatchObject(problem(404, 'memory_not_found'));
    expect(await me.post(`/memories/${id}/share`, {})).toMatchObject({
      status: 200,
      body: { visibility: 'family', audience: [], version: 2 },
    });
    expect(await as(server, other).get<HistoryBody>(`/memories/${id}/history`)).toMatchObject({ status: 200 });
    expect((await found(server, other, 'wifi')).map((one) => one.id)).toEqual([id]);
    expect(await me.post(`/memories/${id}/unshare`)).toMatchObject({ status: 200, body: { visibility: 'private' } });
    expect(await as(server, other).get(`/memories/${id}/history`)).toMatchObject(problem(404, 'memory_not_found'));
    expect(await found(server, other, 'wifi')).toEqual([]);
    expect(await stepsOf(me, id)).toEqual(['unshared', 'shared', 'created']);
  });

  it('shows it to an audience and to nobody else', async () => {
    const [one, two] = [await newMember(server, family, 'grandparent'), await newMember(server, family, 'teenager')];
    const { id } = await newMemory(server, parent, 'The present is in the shed');
    expect(await me.post(`/memories/${id}/share`, { audience: [one.memberId] })).toMatchObject({
      status: 200,
      body: { visibility: 'audience', audience: [one.memberId] },
    });
    expect(await as(server, one).get(`/memories/${id}`)).toMatchObject({ status: 200 });
    expect(await as(server, two).get(`/memories/${id}`)).toMatchObject(problem(404, 'memory_not_found'));
    await me.post(`/memories/${id}/share`, { audience: [two.memberId] });
    expect(await as(server, one).get(`/memories/${id}`)).toMatchObject(problem(404, 'memory_not_found'));
    expect(await as(server, two).get(`/memories/${id}`)).toMatchObject({ status: 200 });
  });

  it('with those who see it already is no step', async () => {
    const { id } = await newMemory(server, parent, 'Something', { visibility: 'family' });
    expect(await me.post(`/memories/${id}/share`, { visibility: 'family' })).toMatchObject({
      status: 200,
      body: { version: 1 },
    });
  });

  it.each([
    [{ visibility: 'private' }, 'visibility'],
    [{ visibility: 'audience' }, 'audience'],
    [{ audience: [] }, 'audience'],
    [{ audience: ['019a9c1e-0000-7000-8000-000000000000'] }, 'audience'],
    [{ visibility: 'everybody' }, 'visibility'],
  ])('refuses %j', async (body, field) => {
    const { id } = await newMemory(server, parent, 'Something');
    expect(await me.post(`/memories/${id}/share`, body)).toMatchObject(problem(400, 'validation_failed', field));
  });

  it('where another value holds puts both side by side, this one in doubt', async () => {
    const shared = await newMemory(server, parent, 'I live in Oslo', { visibility: 'family', valid_from: '2020' });
    const kept = await newMemory(server, parent, 'I live in Lima', { valid_from: '2021' });
    expect(await me.post(`/memories/${kept.id}/share`, {})).toMatchObject({
      status: 200,
      body: { visibility: 'family', status: 'contested' },
    });
    expect(await memoryOf(me, shared.id)).toMatchObject({ status: 'live' });
    expect(await undo(me, kept.id)).toMatchObject({ status: 200, body: { visibility: 'private', status: 'live' } });
  });
});

describe('contesting', () => {
  it('marks it, says why, and leaves it to be found', async () => {
    const { id } = await newMemory(server, parent, 'The shop closes at ten');
    expect(await me.post(`/memories/${id}/contest`, { reason: 'It closes at <b>nine</b>\u202e' })).toMatchObject({
      status: 200,
      body: { status: 'contested', content: 'The shop closes at ten' },
    });
    expect((await me.get<HistoryBody>(`/memories/${id}/history`)).body.steps[0]).toMatchObject({
      step: 'contested',
      automatic: false,
      reason: 'It closes at nine',
    });
    expect((await found(server, parent, 'shop')).map((one) => [one.id, one.status])).toEqual([[id, 'contested']]);
    expect(await me.post(`/memories/${id}/contest`, {})).toMatchObject(problem(409, 'cannot_contest'));
  });

  it('is for whoever it is about, who cannot change it otherwise', async () => {
    const teenager = await newMember(server, family, 'teenager');
    const stranger = await newMember(server, family, 'grandparent');
    const { id } = await newMemory(server, parent, 'Needs to practise more', {
      subject_id: teenager.memberId,
      visibility: 'family',
    });
    const refused = problem(403, 'not_allowed_for_memory');
    expect(await as(server, stranger).post(`/memories/${id}/contest`, {})).toMatchObject(refused);
    for (const person of [teenager, stranger]) {
      const caller = as(server, person);
      expect(await caller.patch(`/memories/${id}`, { content: 'Better now' })).toMatchObject(refused);
      expect(await caller.delete(`/memories/${id}`)).toMatchObject(refused);
      for (const action of ['undo', 'share', 'unshare'])
        expect(await caller.post(`/memories/${id}/${action}`, {})).toMatchObject(refused);
    }
    expect(await as(server, teenager).post(`/memories/${id}/contest`, {})).toMatchObject({
      status: 200,
      body: { status: 'contested' },
    });
  });

  it('takes a reason of at most 500 characters', async () => {
    const { id } = await newMemory(server, parent, 'Something');
    expect(await me.post(`/memories/${id}/contest`, { reason: 'a'.repeat(501) })).toMatchObject(
      problem(400, 'validation_failed', 'reason'),
    );
  });
});
