import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asWorker,
  found,
  newFamily,
  newFirstAdmin,
  newMemory,
  newProfile,
  problem,
  type Caller,
  type FamilyMember,
  type HistoryBody,
  type MemoryBody,
  type RememberedBody,
  type TestFamily,
} from '../support/factories.js';
import { contentsOf, memoryOf } from '../support/remembering.js';

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
    expect((await memoryOf(me, id)).version).toBe(13);
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
    expect((await memoryOf(me, id)).version).toBe(1);
  });

  it('lets no memory end before it began, unless nobody said when it began', async () => {
    const stated = await newMemory(server, parent, 'The lease', { valid_from: '2020', valid_to: '2022' });
    const refused = (field: string): object => problem(400, 'validation_failed', field);
    expect(await me.patch(`/memories/${stated.id}`, { valid_from: '2023' })).toMatchObject(refused('valid_from'));
    expect(await me.patch(`/memories/${stated.id}`, { valid_to: '2019' })).toMatchObject(refused('valid_to'));
    const plain = await newMemory(server, parent, 'The old lease');
    expect(await me.patch(`/memories/${plain.id}`, { valid_to: '2019-12-31T00:00:00Z' })).toMatchObject({
      status: 200,
      body: { valid_from: null, valid_to: '2019-12-31T00:00:00.000000Z' },
    });
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
    expect((await memoryOf(me, id)).version).toBe(9);
  });

  it('meets new values at the same time without a fault', async () => {
    const { id } = await newMemory(server, parent, 'I live in Madrid');
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        at % 2 === 0
          ? me.post('/memories', {
              content: `I live in ${['Oslo', 'Lima', 'Rome', 'Bonn', 'Cork', 'Bath'][at / 2] ?? ''}`,
            })
          : me.patch(`/memories/${id}`, { importance: at / 12 }),
      ),
    );
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect((await contentsOf(me, '&predicate=home_location&status=live')).length).toBeLessThanOrEqual(1);
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
    expect(await contentsOf(me, '&status=all')).toEqual([]);
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
    expect((await contentsOf(me)).length).toBeGreaterThanOrEqual(1);
    await me.delete(`/memories/${id}`);
    expect(await contentsOf(me, '&status=all')).toEqual([]);
  });

  it('frees others from pointing to it', async () => {
    const old = await newMemory(server, parent, 'I live in Madrid');
    const next = await newMemory(server, parent, 'I live in Oslo');
    await me.delete(`/memories/${next.id}`);
    expect(await memoryOf(me, old.id)).toMatchObject({ superseded_by: null });
  });
});
