import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ConversationResponse, TurnsResponse } from '../../src/modules/memory/dto/conversation.response.js';
import type { MemoryResponse } from '../../src/modules/memory/dto/memory.response.js';
import { RetentionService } from '../../src/modules/memory/retention/retention.service.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { as, newFamily, newFirstAdmin, newMember, type FamilyMember, type TestFamily } from '../support/factories.js';
import { beneath, tracesOf } from './memory-traces.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

let counter = 0;
const sentinel = (): string => `sentinel${String(Date.now())}y${String((counter += 1))}`;

describe('what is past its time', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp({ env: { REGISTRATION: 'open' } });
    await newFirstAdmin(server);
  });
  afterAll(() => server.close());

  const run = (): Promise<void> => server.app.get(RetentionService).run();

  /** Turns that were stored so many days ago. */
  async function said(who: FamilyMember, days: number, count = 1): Promise<string[]> {
    const words = Array.from({ length: count }, sentinel);
    const caller = as(server, who);
    const { body: talk } = await caller.post<ConversationResponse>('/conversations', { extract: false });
    const turns = words.map((word) => ({ role: 'user', content: `About ${word}`, speaker: word, metadata: { word } }));
    const { body, status } = await caller.post<TurnsResponse>(`/conversations/${talk.id}/turns`, { turns });
    expect(status).toBe(201);
    await beneath(
      server,
      'UPDATE turns SET created_at = now() - make_interval(days => $2) WHERE id = ANY ($1::uuid[])',
      [body.data.map(({ id }) => id), days],
    );
    return words;
  }

  const keep = async ({ parent }: TestFamily, days: number | null): Promise<void> => {
    const answer = await as(server, parent).patch('/family/memory-settings', { turn_retention_days: days });
    expect(answer.status).toBe(200);
  };

  it('goes after 90 days, after the days that a family has set, or never', async () => {
    const [usual, short, long] = [await newFamily(server), await newFamily(server), await newFamily(server)];
    await keep(short, 7);
    await keep(long, null);
    const gone = [...(await said(usual.parent, 91)), ...(await said(short.parent, 8))];
    const there = [
      ...(await said(usual.parent, 89)),
      ...(await said(short.parent, 6)),
      ...(await said(long.parent, 4000)),
    ];
    await run();
    expect(await tracesOf(server, gone)).toEqual([]);
    const left = await tracesOf(server, there);
    for (const word of there) {
      expect(left).toContain(`${word} in public.turns`);
      expect(left).toContain(`${word} in public.postings`);
    }
  });

  it('goes however much it is', async () => {
    const family = await newFamily(server);
    const words = [...(await said(family.parent, 100, 500)), ...(await said(family.parent, 100, 500))];
    words.push(...(await said(family.parent, 100, 300)));
    await run();
    const [row] = await beneath(server, 'SELECT count(*)::int AS n FROM turns WHERE family_id = $1', [family.familyId]);
    expect(row).toEqual({ n: 0 });
    expect(await tracesOf(server, words.slice(0, 20))).toEqual([]);
  });

  it('goes with those who have left, as far as nobody else knew it', async () => {
    const family = await newFamily(server);
    const [leaver, friend] = [await newMember(server, family, 'teenager'), await newMember(server, family, 'teenager')];
    const tell = async (content: string, more: object): Promise<string> => {
      const { body, status } = await as(server, leaver).post<MemoryResponse>('/memories', { content, ...more });
      expect(status).toBe(201);
      return body.id;
    };
    const words = Array.from({ length: 5 }, sentinel);
    const [secret, between, shared, recent, title] = words as [string, string, string, string, string];
    const old = [
      await tell(`My diary: ${secret}`, { tags: [secret] }),
      await tell(`Just us: ${between}`, { audience: [friend.memberId] }),
      await tell(`For all: ${shared}`, { visibility: 'family' }),
    ];
    await tell(`Today: ${recent}`, {});
    const { body: talk } = await as(server, leaver).post<ConversationResponse>('/conversations', { title });
    const turns = [{ role: 'user', content: `Hush, ${title}` }];
    await as(server, leaver).post(`/conversations/${talk.id}/turns`, { turns });
    const age = async (): Promise<void> => {
      await beneath(
        server,
        `UPDATE memories SET recorded = tstzrange(lower(recorded) - interval '31 days', NULL) WHERE id = ANY ($1::uuid[])`,
        [old],
      );
      await beneath(server, `UPDATE conversations SET updated_at = now() - interval '31 days' WHERE id = $1`, [
        talk.id,
      ]);
    };
    await age();
    await run();
    const known = async (): Promise<string[]> => {
      const traces = await tracesOf(server, words);
      return words.filter((word) => traces.some((trace) => trace.startsWith(`${word} `)));
    };
    expect(await known()).toEqual(words);
    await as(server, family.parent).delete(`/family/members/${leaver.memberId}`);
    await run();
    expect(await known()).toEqual([between, shared, recent]);
    await as(server, family.parent).delete(`/family/members/${friend.memberId}`);
    await run();
    expect(await known()).toEqual([shared, recent]);
  });

  it('goes with the keys of repeated requests after a week', async () => {
    const { parent } = await newFamily(server);
    const key = sentinel();
    const caller = as(server, parent).with({ 'Idempotency-Key': key });
    await caller.post('/memories', { content: 'Once' });
    await run();
    expect(await tracesOf(server, [key])).toEqual([`${key} in public.idempotency_keys`]);
    await beneath(server, `UPDATE idempotency_keys SET created_at = now() - interval '8 days' WHERE key = $1`, [key]);
    await run();
    expect(await tracesOf(server, [key])).toEqual([]);
  });
});
