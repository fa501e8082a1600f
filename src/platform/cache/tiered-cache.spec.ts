import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Metrics } from '../observability/index.js';
import { RedisConnection } from '../redis/redis.module.js';
import { open, seal } from './seal.js';
import { SharedCache } from './shared-cache.js';
import { TieredCache, type Loaded, type Slot } from './tiered-cache.js';

const slot: Slot = { group: 'family', version: 'one', key: 'question', now: 1_000_000 };
const answer = (text: string, until: number | undefined = slot.now + 60_000): Promise<Loaded> =>
  Promise.resolve({ text, until });

describe('a cache in the process', () => {
  let cache: TieredCache;
  let seen: string[];
  const counters = {
    hit: () => seen.push('hit'),
    miss: () => seen.push('miss'),
    shared: () => seen.push('shared'),
  };

  beforeEach(() => {
    seen = [];
    cache = new TieredCache(new SharedCache(new RedisConnection({ timeout: 250 }), new Metrics()));
  });
  afterEach(() => {
    cache.onModuleDestroy();
  });
  const ask = (asked: Slot, text: string, until?: number | null): Promise<string> =>
    cache.through(asked, counters, () =>
      until === null ? Promise.resolve({ text, until: undefined }) : answer(text, until),
    );

  test('answers the same question once', async () => {
    expect([await ask(slot, 'a'), await ask(slot, 'b')]).toEqual(['a', 'a']);
    expect(seen).toEqual(['miss', 'hit']);
  });

  test.each([
    ['another version', { version: 'two' }],
    ['another group', { group: 'other' }],
    ['another key', { key: 'other' }],
  ])('knows nothing of %s', async (_, change) => {
    await ask(slot, 'a');
    expect(await ask({ ...slot, ...change }, 'b')).toBe('b');
  });

  test('keeps an answer until its time, by the clock that is asked with', async () => {
    await ask(slot, 'a', slot.now + 1000);
    expect(await ask({ ...slot, now: slot.now + 999 }, 'b')).toBe('a');
    expect(await ask({ ...slot, now: slot.now + 1000 }, 'b')).toBe('b');
  });

  test('keeps nothing that is over already, or is not to be kept', async () => {
    await ask(slot, 'a', slot.now);
    await ask(slot, 'b', null);
    expect(await ask(slot, 'c')).toBe('c');
  });

  test('computes once for all who ask at the same time', async () => {
    const gate = Promise.withResolvers<Loaded>();
    const first = cache.through(slot, counters, () => gate.promise);
    const others = [1, 2, 3].map(() => ask(slot, 'never'));
    gate.resolve({ text: 'a', until: slot.now + 1000 });
    expect(await Promise.all([first, ...others])).toEqual(['a', 'a', 'a', 'a']);
    expect(seen.sort()).toEqual(['miss', 'shared', 'shared', 'shared']);
  });

  test('lets nobody fail for somebody else', async () => {
    const gate = Promise.withResolvers<Loaded>();
    const first = cache.through(slot, counters, () => gate.promise);
    const other = ask(slot, 'mine');
    gate.reject(new Error('session ended'));
    await expect(first).rejects.toThrow('session ended');
    expect(await other).toBe('mine');
  });

  test('forgets a group, also what is being computed for it', async () => {
    await ask({ ...slot, key: 'kept' }, 'a');
    await ask({ ...slot, group: 'other' }, 'a');
    const gate = Promise.withResolvers<Loaded>();
    const running = cache.through(slot, counters, () => gate.promise);
    await cache.forget('family');
    gate.resolve({ text: 'late', until: slot.now + 1000 });
    expect(await running).toBe('late');
    expect(await ask(slot, 'b')).toBe('b');
    expect(await ask({ ...slot, key: 'kept' }, 'b')).toBe('b');
    expect(await ask({ ...slot, group: 'other' }, 'b')).toBe('a');
  });
});

describe('a seal', () => {
  const sealed = seal('Leo is allergic to nuts', 'secret', 'place');

  test('opens with its secret at its place', () => {
    expect(open(sealed, 'secret', 'place')).toBe('Leo is allergic to nuts');
    expect(sealed.toString('latin1')).not.toContain('nuts');
  });

  test.each([
    ['another secret', sealed, 'other', 'place'],
    ['another place', sealed, 'secret', 'other'],
    ['another byte', Buffer.from(sealed).fill(0, 30, 31), 'secret', 'place'],
    ['nothing in it', Buffer.alloc(0), 'secret', 'place'],
  ])('stays shut with %s', (_, box, secret, place) => {
    expect(open(box, secret, place)).toBeUndefined();
  });
});
