import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  newConversation,
  newFamily,
  newFirstAdmin,
  newMember,
  problem,
  type Answer,
  type FamilyMember,
} from '../support/factories.js';

let server: TestApp;
let parent: FamilyMember;
let teenager: FamilyMember;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open', RATE_LIMIT_MULTIPLIER: '1' } });
  await newFirstAdmin(server);
  const family = await newFamily(server);
  parent = family.parent;
  teenager = await newMember(server, family, 'teenager');
});
afterAll(() => server.close());

/** Asks until it is refused. @returns how often it was answered, and the refusal */
async function exhaust(ask: () => Promise<Answer<unknown>>): Promise<{ answered: number; refusal: Answer<unknown> }> {
  for (let answered = 0; answered < 200; answered += 1) {
    const answer = await ask();
    if (answer.status >= 400) return { answered, refusal: answer };
  }
  throw new Error('it was never refused');
}

describe('in a minute a person may', () => {
  it('search 30 times', async () => {
    const { answered, refusal } = await exhaust(() => as(server, parent).post('/memories/search', { query: 'x' }));
    expect(answered).toBe(30);
    expect(refusal).toMatchObject(problem(429, 'rate_limit_exceeded'));
    expect(refusal.headers['ratelimit-policy']).toBe('"memory_search";q=30;w=60');
    expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0);
    // Others are not held back, and neither is anything else.
    expect(await as(server, teenager).post('/memories/search', { query: 'x' })).toMatchObject({ status: 200 });
    expect(await as(server, parent).get('/memories')).toMatchObject({ status: 200 });
  });

  it('remember 60 times, one by one or by the batch', async () => {
    let turn = 0;
    const { answered, refusal } = await exhaust(() => {
      turn += 1;
      return turn % 2 === 0
        ? as(server, parent).post('/memories', { content: 'The same again' })
        : as(server, parent).post('/memories/batch', { memories: [{ content: 'The same again' }] });
    });
    expect(answered).toBe(60);
    expect(refusal).toMatchObject(problem(429, 'rate_limit_exceeded'));
    expect(refusal.headers['ratelimit-policy']).toBe('"memory_create";q=60;w=60');
  });

  it('add turns 120 times', async () => {
    const { id } = await newConversation(server, parent);
    const turns = [{ role: 'user', content: 'Hi' }];
    const { answered, refusal } = await exhaust(() => as(server, parent).post(`/conversations/${id}/turns`, { turns }));
    expect(answered).toBe(120);
    expect(refusal.headers['ratelimit-policy']).toBe('"turn_create";q=120;w=60');
  });
});
