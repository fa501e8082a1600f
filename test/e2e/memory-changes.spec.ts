import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asWorker,
  found,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  newProfile,
  problem,
  type Caller,
  type FamilyMember,
  type HistoryBody,
  type MemoryBody,
  type PageOf,
  type RememberedBody,
  type TestFamily,
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

const get = async (id: string): Promise<MemoryBody> => (await me.get<MemoryBody>(`/memories/${id}`)).body;
const undo = (id: string) => me.post<MemoryBody>(`/memories/${id}/undo`);
const steps = async (id: string): Promise<string[]> =>
  (await me.get<HistoryBody>(`/memories/${id}/history`)).body.steps.map(({ step }) => step);
const contents = async (query = ''): Promise<string[]> =>
  (await me.get<PageOf<MemoryBody>>(`/memories?limit=100${query}`)).body.data.map(({ content }) => content);

describe('correcting', () => {
  it('makes a new version of what is given, and leaves the rest', async () => {
    const before = await newMemory(server, parent, 'The dentist is in Calle Mayor 3', {
      kind: 'contact',
      tags: ['health'],
      metadata: { phone: '1' },
      importance: 0.9,
      valid_from: '2020',
    });
    const { status, body } = await me.patch<RememberedBody>(`/memories/${before.id}`, {
      content: 'The dentist is in Calle Mayor 5',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: before.id,
      content: 'The dentist is in Calle Mayor 5',
      kind: 'contact',
      tags: ['health'],
      metadata: { phone: '1' },
      importance: 0.9,
      valid_from: before.valid_from,
      version: 2,
      status: 'live',
      created_at: before.created_at,
      effects: [],
    });
    expect(body.recorded_at > before.recorded_at).toBe(true);
  });

  it('is found by its new words at once, and by the old ones no longer', async () => {
    const { id } = await newMemory(server, parent, 'The umbrella is in the cellar');
    await me.patch(`/memories/${id}`, { content: 'The lantern is in the attic' });
    expect((await found(server, parent, 'lantern')).map((one) => one.id)).toEqual([id]);
    expect(await found(server, parent, 'umbrella')).toEqual([]);
  });

  it('takes every field, one by one, and null where a field can be empty', async () => {
    const child = await newProfile(server, family, 'child');
    const { id } = await newMemory(server, parent, 'Something');
    for (const change of [
      { kind: 'plan' },
      { subject_id: child },
      { importance: 0.1 },
      { confidence: 0.2 },
      { valid_from: '2024-01-01T00:00:00Z' },
      { valid_to: '2024-02-01T00:00:00Z' },
      { tags: ['a', 'b'] },
      { metadata: { a: 1 } },
      { subject_id: null },
      { valid_to: null },
      { tags: [] },
      { metadata: {} },
    ]) {
      const { status, body } = await me.patch<MemoryBody>(`/memories/${id}`, change);
      const told = JSON.parse(JSON.stringify(change).replace(/(\d\dT\d\d:\d\d:\d\d)Z/, '$1.000000Z')) as object;
      expect({ status, body }).toMatchObject({ status: 200, body: told });
    }
    expect((await get(id)).version).toBe(13);
  });

  it('understands the new words', async () => {
    const { id } = await newMemory(server, parent, 'I live in Madrid');
    expect((await me.patch(`/memories/${id}`, { content: 'I live in Porto' })).body).toMatchObject({
      predicate: 'home_location',
      object: 'Porto',
    });
    expect((await me.patch(`/memories/${id}`, { content: 'Porto has nice weather' })).body).toMatchObject({
      predicate: null,
      object: null,
    });
  });

  it.each([
    ['visibility', { visibility: 'family' }],
    ['content', { content: '' }],
    ['content', { content: null }],
    ['valid_from', { valid_from: '30 February 2020' }],
    ['subject_id', { subject_id: '019a9c1e-0000-7000-8000-000000000000' }],
    ['metadata', { metadata: { a: { b: { c: { d: { e: {} } } } } } }],
  ])('refuses a bad %s and changes nothing', async (field, change) => {
    const { id } = await newMemory(server, parent, 'Something');
    expect(await me.patch(`/memories/${id}`, change)).toMatchObject(problem(400, 'validation_failed', field));
    expect((await get(id)).version).toBe(1);
  });

  it('keeps every version in the history, newest first, with who did what', async () => {
    const { id } = await newMemory(server, parent, 'One');
    await me.patch(`/memories/${id}`, { content: 'Two' });
    await newMemory(server, parent, 'two');
    const { status, body } = await me.get<HistoryBody>(`/memories/${id}/history`);
    expect(status).toBe(200);
    expect(body.versions.map(({ version, content, evidence_count }) => [version, content, evidence_count])).toEqual([
      [3, 'Two', 2],
      [2, 'Two', 1],
      [1, 'One', 1],
    ]);
    expect(body.steps).toMatchObject([
      { step: 'confirmed', reason: 'said_again', version: 3, actor_id: parent.memberId, undone: false },
      { step: 'changed', reason: 'by_hand', automatic: false, version: 2, actor_id: parent.memberId, cause_id: null },
      { step: 'created', automatic: false, version: 1, actor_id: parent.memberId },
    ]);
  });

  it('of two at once, both come to be versions', async () => {
    const { id } = await newMemory(server, parent, 'Zero');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) => me.patch(`/memories/${id}`, { content: `Version ${String(at)}` })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect((await get(id)).version).toBe(9);
  });

  it('meets new values at the same time without a fault', async () => {
    const { id } = await newMemory(server, parent, 'I live in Madrid');
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        at % 2 === 0
          ? me.post('/memories', { content: `I live in ${['Oslo', 'Lima', 'Rome', 'Bonn', 'Cork', 'Bath'][at / 2] ?? ''}` })
          : me.patch(`/memories/${id}`, { importance: at / 12 }),
      ),
    );
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect((await contents('&predicate=home_location&status=live')).length).toBeLessThanOrEqual(1);
  });
});

describe('erasing', () => {
  it('leaves nothing anywhere', async () => {
    const { id } = await newMemory(server, parent, 'Zanzibar sentinel one', { visibility: 'family' });
    await me.patch(`/memories/${id}`, { content: 'Zanzibar sentinel two', metadata: { zanzibar: true } });
    expect(await me.delete(`/memories/${id}`)).toMatchObject({ status: 204 });
    for (const path of [`/memories/${id}`, `/memories/${id}/history`])
      expect(await me.get(path)).toMatchObject(problem(404, 'memory_not_found'));
    for (const action of ['undo', 'share', 'unshare', 'contest'])
      expect(await me.post(`/memories/${id}/${action}`, {})).toMatchObject(problem(404, 'memory_not_found'));
    expect(await me.patch(`/memories/${id}`, {})).toMatchObject(problem(404, 'memory_not_found'));
    expect(await me.delete(`/memories/${id}`)).toMatchObject(problem(404, 'memory_not_found'));
    expect(await contents('&status=all')).toEqual([]);
    expect(await found(server, parent, 'Zanzibar sentinel')).toEqual([]);
    expect(await found(server, parent, 'Zanzibar', { as_of: '2026' })).toEqual([]);
    const traces = await asWorker<{ found: string }>(
      server,
      family.familyId,
      `SELECT 'memories' AS found FROM memories WHERE family_id = $1
       UNION ALL SELECT 'steps' FROM memory_steps WHERE family_id = $1
       UNION ALL SELECT 'documents' FROM documents WHERE family_id = $1
       UNION ALL SELECT 'postings' FROM postings WHERE term LIKE '%zanzibar%'
       UNION ALL SELECT 'vectors' FROM embeddings e WHERE NOT EXISTS (SELECT FROM documents d WHERE d.id = e.document_id)
       UNION ALL SELECT 'keys' FROM idempotency_keys k WHERE k.result::text ILIKE '%zanzibar%'`,
      [family.familyId],
    );
    expect(traces).toEqual([]);
  });

  it('takes with it what was read from the same words', async () => {
    const { id } = await newMemory(server, parent, 'I am allergic to kiwi and I live in Oslo');
    expect((await contents()).length).toBeGreaterThanOrEqual(1);
    await me.delete(`/memories/${id}`);
    expect(await contents('&status=all')).toEqual([]);
  });

  it('frees others from pointing to it', async () => {
    const old = await newMemory(server, parent, 'I live in Madrid');
    const next = await newMemory(server, parent, 'I live in Oslo');
    await me.delete(`/memories/${next.id}`);
    expect(await get(old.id)).toMatchObject({ superseded_by: null });
  });
});

describe('taking back', () => {
  it('what was remembered: it holds no more, and is not found', async () => {
    const { id } = await newMemory(server, parent, 'The moon is made of cheese');
    expect(await undo(id)).toMatchObject({ status: 200, body: { id, status: 'retracted', version: 2 } });
    expect(await contents()).toEqual([]);
    expect(await found(server, parent, 'moon cheese')).toEqual([]);
    expect(await undo(id)).toMatchObject(problem(409, 'nothing_to_undo'));
    expect(await steps(id)).toEqual(['undone', 'created']);
  });

  it('a new value, which brings back the old one', async () => {
    const madrid = await newMemory(server, parent, 'I live in Madrid');
    const oslo = await newMemory(server, parent, 'I live in Oslo');
    expect(await get(madrid.id)).toMatchObject({ status: 'superseded', superseded_by: oslo.id });
    await undo(oslo.id);
    expect(await get(madrid.id)).toMatchObject({ status: 'live', superseded_by: null, valid_to: null });
    expect(await contents()).toEqual(['I live in Madrid']);
    expect((await found(server, parent, 'Where do I live?')).map(({ id }) => id)).toEqual([madrid.id]);
  });

  it('that an old value gave way: then both are there, and the new one is in doubt', async () => {
    const madrid = await newMemory(server, parent, 'I live in Madrid');
    const oslo = await newMemory(server, parent, 'I live in Oslo');
    expect(await undo(madrid.id)).toMatchObject({ status: 200, body: { status: 'live' } });
    expect(await get(oslo.id)).toMatchObject({ status: 'contested' });
    expect(await steps(oslo.id)).toEqual(['contested', 'created']);
  });

  it('that it was said again', async () => {
    const { id } = await newMemory(server, parent, 'The shop closes at nine');
    await newMemory(server, parent, 'The shop closes at nine');
    expect(await undo(id)).toMatchObject({ status: 200, body: { evidence_count: 1, status: 'live' } });
  });

  it('a correction: the old words are found again', async () => {
    const { id } = await newMemory(server, parent, 'The umbrella is in the cellar', { tags: ['rain'] });
    await me.patch(`/memories/${id}`, { content: 'The lantern is in the attic', tags: [] });
    expect(await undo(id)).toMatchObject({
      status: 200,
      body: { content: 'The umbrella is in the cellar', tags: ['rain'], version: 3 },
    });
    expect((await found(server, parent, 'umbrella')).map((one) => one.id)).toEqual([id]);
    expect(await found(server, parent, 'lantern')).toEqual([]);
  });

  it('a doubt', async () => {
    const { id } = await newMemory(server, parent, 'The shop closes at ten');
    await me.post(`/memories/${id}/contest`, { reason: 'It closes at nine' });
    expect(await undo(id)).toMatchObject({ status: 200, body: { status: 'live' } });
  });

  it('sharing', async () => {
    const other = await newMember(server, family, 'grandparent');
    const { id } = await newMemory(server, parent, 'A secret about the party');
    await me.post(`/memories/${id}/share`, { visibility: 'family' });
    expect(await as(server, other).get(`/memories/${id}`)).toMatchObject({ status: 200 });
    expect(await undo(id)).toMatchObject({ status: 200, body: { visibility: 'private' } });
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
      const { status, body } = await undo(id);
      seen.push(status === 200 ? [body.content, body.visibility, body.status] : status);
    }
    expect(seen).toEqual([
      ['Two', 'family', 'live'],
      ['Two', 'private', 'live'],
      ['One', 'private', 'live'],
      ['One', 'private', 'retracted'],
      409,
    ]);
    expect(await steps(id)).toEqual([...Array<string>(4).fill('undone'), 'changed', 'shared', 'changed', 'created']);
  });
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
    expect(await steps(id)).toEqual(['unshared', 'shared', 'created']);
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
    expect(await get(shared.id)).toMatchObject({ status: 'live' });
    expect(await undo(kept.id)).toMatchObject({ status: 200, body: { visibility: 'private', status: 'live' } });
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
