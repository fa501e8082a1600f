import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asWorker,
  newFamily,
  newFirstAdmin,
  newMember,
  newMemory,
  newProfile,
  problem,
  type FamilyMember,
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

/** A family of the test's own, so that no test meets what another one remembers. */
async function settle(): Promise<void> {
  family = await newFamily(server);
  parent = family.parent;
}

describe('remembering', () => {
  beforeAll(settle);

  it('takes nothing but a text, and is private', async () => {
    const memory = await newMemory(server, parent, 'The spare key hangs behind the boiler');
    expect(memory).toMatchObject({
      type: 'memory',
      content: 'The spare key hangs behind the boiler',
      language: 'en',
      kind: 'note',
      subject_id: null,
      owner_id: parent.memberId,
      author_id: parent.memberId,
      predicate: null,
      object: null,
      visibility: 'private',
      audience: [],
      importance: 0.5,
      confidence: 0.9,
      evidence_count: 1,
      status: 'live',
      valid_to: null,
      supersedes: [],
      superseded_by: null,
      tags: [],
      metadata: {},
      source_turn_ids: [],
      version: 1,
      effects: [],
    });
    expect(memory.recorded_at).toBe(memory.created_at);
    const { effects, ...read } = memory;
    expect(effects).toEqual([]);
    expect((await as(server, parent).get(`/memories/${memory.id}`)).body).toEqual(read);
  });

  it('takes every field', async () => {
    const child = await newProfile(server, family, 'child', { first_name: 'Zoe' });
    const other = await newMember(server, family, 'grandparent');
    const memory = await newMemory(server, parent, 'El club de ajedrez cierra en agosto', {
      kind: 'notice',
      subject_id: child,
      visibility: 'audience',
      audience: [other.memberId],
      importance: 0.8,
      confidence: 0.35,
      valid_from: '2024-08-01T00:00:00Z',
      valid_to: '2024-09-01T00:00:00+00:00',
      tags: ['ajedrez', 'summer 2024'],
      metadata: { source: { app: 'chat', list: [1, null, true] } },
    });
    expect(memory).toMatchObject({
      language: 'es',
      kind: 'notice',
      subject_id: child,
      visibility: 'audience',
      audience: [other.memberId],
      importance: 0.8,
      confidence: 0.35,
      valid_from: '2024-08-01T00:00:00.000000Z',
      valid_to: '2024-09-01T00:00:00.000000Z',
      tags: ['ajedrez', 'summer 2024'],
      metadata: { source: { app: 'chat', list: [1, null, true] } },
    });
  });

  it('understands a plain statement about a member', async () => {
    const child = await newProfile(server, family, 'child', { first_name: 'Hugo' });
    expect(await newMemory(server, parent, 'Hugo is allergic to peanuts')).toMatchObject({
      kind: 'health',
      subject_id: child,
      predicate: 'allergy',
      object: 'peanuts',
    });
  });

  it('gives an audience of nobody else no meaning but private', async () => {
    const memory = await newMemory(server, parent, 'A present for nobody to know', { audience: [parent.memberId] });
    expect(memory).toMatchObject({ visibility: 'private', audience: [] });
  });

  it.each([
    ['nothing', {}, ['content']],
    ['an empty text', { content: '' }, ['content']],
    ['a text that nobody sees', { content: ' \u200b\u202e \n' }, ['content']],
    ['a text that is too long', { content: 'a'.repeat(10_001) }, ['content']],
    ['a field that there is not', { content: 'x', owner_id: '0' }, ['owner_id']],
    ['NUL', { content: 'x\u0000' }, ['content']],
    ['half a surrogate pair', { content: 'x', metadata: { a: '\ud800' } }, ['metadata.a']],
    ['a kind that is no word', { content: 'x', kind: 'A kind' }, ['kind']],
    ['null where a value must be', { content: 'x', importance: null }, ['importance']],
    ['an importance above 1', { content: 'x', importance: 1.01 }, ['importance']],
    ['a confidence below 0', { content: 'x', confidence: -0.01 }, ['confidence']],
    ['a member who is none', { content: 'x', subject_id: '019a9c1e-0000-7000-8000-000000000000' }, ['subject_id']],
    ['an audience of strangers', { content: 'x', audience: ['019a9c1e-0000-7000-8000-000000000000'] }, ['audience']],
    ['an audience of none', { content: 'x', visibility: 'audience' }, ['audience']],
    [
      'an audience for the family',
      { content: 'x', visibility: 'family', audience: ['019a9c1e-0000-7000-8000-000000000000'] },
      ['audience'],
    ],
    ['30 February', { content: 'x', valid_from: '2023-02-30' }, ['valid_from']],
    ['25 o’clock', { content: 'x', valid_to: '2023-02-03T25:00:00Z' }, ['valid_to']],
    ['words for a time', { content: 'x', valid_from: 'last summer' }, ['valid_from']],
    ['an end before the beginning', { content: 'x', valid_from: '2024', valid_to: '2023' }, ['valid_to']],
    ['21 tags', { content: 'x', tags: Array.from({ length: 21 }, (_, at) => `t${String(at)}`) }, ['tags']],
    ['a tag twice', { content: 'x', tags: ['a', 'a'] }, ['tags']],
    ['a tag of markup', { content: 'x', tags: ['<b>'] }, ['tags']],
    ['a tag of 65 letters', { content: 'x', tags: ['a'.repeat(65)] }, ['tags']],
    ['metadata that is a list', { content: 'x', metadata: [] }, ['metadata']],
    ['metadata above 8 KiB', { content: 'x', metadata: { a: 'a'.repeat(8192) } }, ['metadata']],
    ['metadata 6 deep', { content: 'x', metadata: { a: { b: { c: { d: { e: {} } } } } } }, ['metadata']],
    ['several faults', { content: 'x', kind: '', importance: 2, tags: [''] }, ['kind', 'importance', 'tags']],
  ])('refuses %s', async (_what, body, fields) => {
    expect(await as(server, parent).post('/memories', body)).toMatchObject(
      problem(400, 'validation_failed', ...fields),
    );
  });

  it('takes what is as long as it may be', async () => {
    const content = 'é'.repeat(10_000);
    const metadata = { a: { b: { c: { d: 'e'.repeat(8000) } } } };
    const tags = Array.from({ length: 20 }, (_, at) => `${'t'.repeat(62)}${String(at).padStart(2, '0')}`);
    const memory = await newMemory(server, parent, content, { metadata, tags });
    expect(memory).toMatchObject({ content, metadata, tags });
  });

  it('keeps words and drops what nobody sees; markup is taken off for display only', async () => {
    const memory = await newMemory(
      server,
      parent,
      '\u202eThe <b>boiler</b> code\u200b is <script>alert(1)</script>a < b\r\nand <3\ufeff',
    );
    expect(memory.content).toBe('The boiler code is a < b\nand <3');
    const [row] = await asWorker<{ content: string }>(
      server,
      family.familyId,
      'SELECT content FROM memories WHERE id = $1',
      [memory.id],
    );
    expect(row?.content).toBe('The <b>boiler</b> code is <script>alert(1)</script>a < b\nand <3');
  });

  it('asks for a right that everybody in a family has', async () => {
    const leaver = await newMember(server, family, 'grandparent');
    await as(server, leaver).delete(`/family/members/${leaver.memberId}`);
    expect(await as(server, leaver).post('/memories', { content: 'x' })).toMatchObject(
      problem(403, 'insufficient_permissions'),
    );
  });

  it('ends where an account has as many memories as it may', async () => {
    const full = await newMember(server, family, 'teenager');
    await newMemory(server, full, 'The last but one');
    await asWorker(server, family.familyId, 'UPDATE memory_usage SET memories = 199999 WHERE owner_id = $1', [
      full.memberId,
    ]);
    const last = await newMemory(server, full, 'The very last thing');
    expect(await as(server, full).post('/memories', { content: 'One more' })).toMatchObject(
      problem(422, 'memory_quota_exceeded'),
    );
    // Saying it again adds nothing, and erasing makes room.
    expect((await newMemory(server, full, 'The very last thing')).id).toBe(last.id);
    await as(server, full).delete(`/memories/${last.id}`);
    await newMemory(server, full, 'One more');
  });
});

describe('times', () => {
  beforeAll(async () => {
    await settle();
    await as(server, parent).patch('/family', { time_zone: 'America/New_York' });
  });

  it.each([
    ['2019', '2019-01-01T05:00:00.000000Z', '2020-01-01T05:00:00.000000Z'],
    ['2019-07', '2019-07-01T04:00:00.000000Z', '2019-08-01T04:00:00.000000Z'],
    ['May 2023', '2023-05-01T04:00:00.000000Z', '2023-06-01T04:00:00.000000Z'],
    ['mayo de 2023', '2023-05-01T04:00:00.000000Z', '2023-06-01T04:00:00.000000Z'],
    ['2023-03-12', '2023-03-12T05:00:00.000000Z', '2023-03-13T04:00:00.000000Z'],
    ['7 May 2023', '2023-05-07T04:00:00.000000Z', '2023-05-08T04:00:00.000000Z'],
  ])('"%s" is all of it, in the zone of the family', async (time, from, to) => {
    const memory = await newMemory(server, parent, `It was so in ${time}`, { valid_from: time, valid_to: time });
    expect(memory).toMatchObject({ valid_from: from, valid_to: to });
  });

  it('without a zone is a time there; with one it is that', async () => {
    const memory = await newMemory(server, parent, 'A concert', {
      valid_from: '2024-06-01T20:00',
      valid_to: '2024-06-02T03:30:00+02:00',
    });
    expect(memory).toMatchObject({
      valid_from: '2024-06-02T00:00:00.000000Z',
      valid_to: '2024-06-02T01:30:00.000000Z',
    });
  });
});
