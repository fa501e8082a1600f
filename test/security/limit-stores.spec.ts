import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import type { LimitStore } from '../../src/platform/limits/limit-store.js';
import { ProcessLimitStore } from '../../src/platform/limits/process-limit-store.js';
import { RedisLimitStore } from '../../src/platform/limits/redis-limit-store.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

const url = process.env['TEST_REDIS_URL'] ?? '';
const onRedis = url === '' ? describe.skip : describe;
const anyKey = (): string => randomBytes(8).toString('hex');

/** What every store does, wherever it counts. */
function behavesAsAStore(store: () => LimitStore): void {
  it('counts the hits of each key by itself', async () => {
    const [one, other] = [anyKey(), anyKey()];
    expect(await store().hit(one, 60)).toEqual({ count: 1, resetIn: 60 });
    expect((await store().hit(one, 60)).count).toBe(2);
    expect((await store().hit(other, 60)).count).toBe(1);
  });

  it('loses and repeats none of many at once', async () => {
    const key = anyKey();
    const counts = await Promise.all(Array.from({ length: 200 }, async () => (await store().hit(key, 60)).count));
    expect(counts.toSorted((one, two) => one - two)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  it('makes each failure after the free ones wait twice as long, up to the longest', async () => {
    const key = anyKey();
    const waits: number[] = [];
    for (let failure = 1; failure <= 8; failure += 1) waits.push((await store().fail(key, 3, 10)).wait);
    expect(waits).toEqual([0, 0, 1, 2, 4, 8, 10, 10]);
    const { failures, wait } = await store().penalty(key);
    expect(failures).toBe(8);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(10);
  });

  it('knows nothing of a key that never failed, and forgets one that is forgiven', async () => {
    const key = anyKey();
    expect(await store().penalty(key)).toEqual({ failures: 0, wait: 0 });
    await store().fail(key, 0, 10);
    await store().forgive(key);
    expect(await store().penalty(key)).toEqual({ failures: 0, wait: 0 });
    await store().forgive(key);
  });

  it('keeps hits and failures of one key apart', async () => {
    const key = anyKey();
    await store().fail(key, 0, 10);
    expect((await store().hit(key, 60)).count).toBe(1);
    expect((await store().penalty(key)).failures).toBe(1);
  });
}

describe('ProcessLimitStore', () => {
  const store = new ProcessLimitStore();
  behavesAsAStore(() => store);
});

onRedis('RedisLimitStore', () => {
  let redis: Redis;
  beforeAll(() => {
    redis = new Redis(url);
  });
  afterAll(() => redis.quit());
  behavesAsAStore(() => new RedisLimitStore(redis));

  it('counts for all instances together', async () => {
    const second = new Redis(url);
    try {
      const key = anyKey();
      await new RedisLimitStore(redis).hit(key, 60);
      expect((await new RedisLimitStore(second).hit(key, 60)).count).toBe(2);
    } finally {
      await second.quit();
    }
  });

  it('leaves nothing behind that does not expire', async () => {
    const key = anyKey();
    const store = new RedisLimitStore(redis);
    await store.hit(key, 60);
    await store.fail(key, 0, 10);
    for (const name of await redis.keys(`*${key}`)) expect(await redis.pttl(name)).toBeGreaterThan(0);
    expect(await redis.keys(`*${key}`)).toHaveLength(2);
  });
});
