import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ConversationResponse, TurnsResponse } from '../../src/modules/memory/dto/conversation.response.js';
import type { RememberedManyResponse, RememberedResponse } from '../../src/modules/memory/dto/memory.response.js';
import type { SearchResponse } from '../../src/modules/memory/dto/search.response.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { as, newFamily, newFirstAdmin, newMember, type TestFamily } from '../support/factories.js';
import { beneath, tracesOf } from './memory-traces.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

let counter = 0;
/** A word that stands nowhere else, which no stemmer changes. */
const sentinel = (): string => `sentinel${String(Date.now())}x${String((counter += 1))}`;

describe('what is erased leaves no trace', () => {
  let server: TestApp;
  let family: TestFamily;
  let written = '';

  beforeAll(async () => {
    const logs = new PassThrough();
    logs.setEncoding('utf8').on('data', (text: string) => (written += text));
    server = await startApp({ env: { REGISTRATION: 'open' }, logs });
    await newFirstAdmin(server);
    family = await newFamily(server);
  });
  afterAll(() => server.close());

  /** Plants words in every field of a memory and in all that can be done to it. */
  async function plant(words: readonly string[]): Promise<RememberedResponse> {
    const [content, other, tag, mark, reason, extra] = words;
    const caller = as(server, family.parent).with({ 'Idempotency-Key': `key-${String((counter += 1))}` });
    const { body, status } = await caller.post<RememberedResponse>('/memories', {
      content: `I live in ${String(content)}`,
      tags: [tag],
      metadata: { [String(mark)]: [mark] },
    });
    expect(status).toBe(201);
    await as(server, family.parent).patch(`/memories/${body.id}`, { content: `I live in ${String(other)}` });
    await as(server, family.parent).post(`/memories/${body.id}/share`, { visibility: 'family' });
    await as(server, family.parent).post(`/memories/${body.id}/contest`, { reason });
    await as(server, family.parent).post('/memories/search', { query: words.join(' '), explain: true });
    await as(server, family.parent).post(`/memories/${body.id}/undo`);
    await as(server, family.parent).patch(`/memories/${body.id}`, { content: `I live in ${String(extra)}, I think` });
    return body;
  }

  it('of a memory with its versions, steps, lexemes and vectors', async () => {
    const words = Array.from({ length: 6 }, sentinel);
    const memory = await plant(words);
    const before = await tracesOf(server, words);
    // It has been there: in the versions, in the steps, in the index.
    for (const place of ['public.memories', 'public.memory_steps', 'public.postings'])
      expect(before.some((trace) => trace.endsWith(place))).toBe(true);
    expect(new Set(before.map((trace) => trace.split(' ')[0]))).toEqual(new Set(words));
    const documents = await beneath<{ id: string }>(server, 'SELECT id FROM documents WHERE item_id = $1', [memory.id]);
    expect(documents.length).toBeGreaterThan(1);
    expect(await as(server, family.parent).delete(`/memories/${memory.id}`)).toMatchObject({ status: 204 });
    expect(await tracesOf(server, words)).toEqual([]);
    const [left] = await beneath<{ n: number }>(
      server,
      `SELECT ((SELECT count(*) FROM postings WHERE document_id = ANY ($1::bigint[]))
        + (SELECT count(*) FROM embeddings WHERE document_id = ANY ($1::bigint[])))::int AS n`,
      [documents.map(({ id }) => id)],
    );
    expect(left).toEqual({ n: 0 });
    const { body } = await as(server, family.parent).post<SearchResponse>('/memories/search', {
      query: words.join(' '),
    });
    expect(JSON.stringify(body)).not.toMatch(new RegExp(words.join('|')));
  });

  it('of what was made beside it from the same words', async () => {
    const [first, second] = [sentinel(), sentinel()];
    const { body } = await as(server, family.parent).post<RememberedManyResponse>('/memories/batch', {
      memories: [{ content: `My name is ${first} and I live in ${second}.` }],
    });
    await as(server, family.parent).delete(`/memories/${body.data[0]?.id ?? ''}`);
    expect(await tracesOf(server, [first, second])).toEqual([]);
  });

  it('of a conversation with its title, its turns and who spoke in them', async () => {
    const [title, content, speaker, mark] = [sentinel(), sentinel(), sentinel(), sentinel()];
    const caller = as(server, family.parent).with({ 'Idempotency-Key': `key-${String((counter += 1))}` });
    const { body: talk } = await caller.post<ConversationResponse>('/conversations', { title: `About ${title}` });
    const turns = [{ role: 'user', speaker, content: `Have you seen ${content}?`, metadata: { mark } }];
    const said = await caller.post<TurnsResponse>(`/conversations/${talk.id}/turns`, { turns });
    expect(said.status).toBe(201);
    expect((await tracesOf(server, [title, content, speaker, mark])).length).toBeGreaterThan(4);
    expect(await caller.delete(`/conversations/${talk.id}`)).toMatchObject({ status: 204 });
    expect(await tracesOf(server, [title, content, speaker, mark])).toEqual([]);
  });

  it('of a family that is no more', async () => {
    const ended = await newFamily(server);
    const other = await newMember(server, ended, 'teenager');
    const words = [sentinel(), sentinel(), sentinel()];
    await as(server, ended.parent).post('/memories', {
      content: `I live in ${String(words[0])}`,
      visibility: 'family',
    });
    await as(server, other).post('/memories', { content: String(words[1]), audience: [ended.parent.memberId] });
    const { body: talk } = await as(server, other).post<ConversationResponse>('/conversations', { title: words[2] });
    await as(server, other).post(`/conversations/${talk.id}/turns`, { turns: [{ role: 'user', content: words[1] }] });
    await beneath(server, 'DELETE FROM families WHERE id = $1', [ended.familyId]);
    expect(await tracesOf(server, words)).toEqual([]);
  });

  it('nor does the log have any of it', () => {
    expect(written).toContain('/api/v1/memories');
    expect(written).not.toContain('sentinel');
  });
});
