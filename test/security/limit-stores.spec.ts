import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Bucket, LimitStore } from '../../src/platform/limits/limit-store.js';
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

  const bucket = (key: string, free: number, holdsBack = true): Bucket => ({ key, free, holdsBack });

  it('lets the free attempts begin, and then holds back until a wait has passed', async () => {
    const key = anyKey();
    for (let count = 0; count < 3; count += 1)
      expect(await store().attempt([bucket(key, 3)], 900)).toEqual({ wait: 0, marks: [expect.any(Number)] });
    expect(await store().attempt([bucket(key, 3)], 900)).toEqual({ wait: 1, marks: [] });
  });

  it('lets no more begin when a thousand come at once', async () => {
    const key = anyKey();
    // Without free ones the first failure makes the second one wait for two seconds, and so on: as long as a slow machine takes.
    const attempts = await Promise.all(
      Array.from({ length: 1000 }, async () => store().attempt([bucket(key, 5), bucket(anyKey(), 1000)], 900)),
    );
    const begun = attempts.filter(({ wait }) => wait === 0).length;
    expect(begun).toBeGreaterThanOrEqual(5);
    expect(begun).toBeLessThanOrEqual(8);
  });

  it('holds back where any bucket does, counts in all, and in none when it holds back', async () => {
    const [both, account] = [anyKey(), anyKey()];
    await store().attempt([bucket(both, 0)], 900);
    expect((await store().attempt([bucket(both, 0), bucket(account, 1)], 900)).wait).toBeGreaterThan(0);
    // Nothing was counted there: the first one is free.
    expect(await store().attempt([bucket(account, 2)], 900)).toMatchObject({ wait: 0 });
    expect(await store().attempt([bucket(account, 2)], 900)).toMatchObject({ wait: 0 });
    expect((await store().attempt([bucket(account, 2)], 900)).wait).toBeGreaterThan(0);
    // Where it does not hold back it counts all the same.
    expect(await store().attempt([bucket(account, 2, false)], 900)).toMatchObject({ wait: 0 });
  });

  it('takes back what succeeded: its failure, and the wait that it began', async () => {
    const key = anyKey();
    for (let count = 0; count < 50; count += 1) {
      const { wait, marks } = await store().attempt([bucket(key, 1)], 900);
      expect(wait).toBe(0);
      await store().takeBack(key, marks[0] ?? 0);
    }
  });

  it('leaves the wait that another attempt began', async () => {
    const key = anyKey();
    const first = await store().attempt([bucket(key, 2)], 900);
    await store().attempt([bucket(key, 2)], 900);
    await store().takeBack(key, (first.marks[0] ?? 0) - 1);
    expect((await store().attempt([bucket(key, 2)], 900)).wait).toBeGreaterThan(0);
  });

  it('forgets a key that is forgiven, and takes nothing back from one it does not know', async () => {
    const key = anyKey();
    await store().attempt([bucket(key, 0)], 900);
    await store().forgive(key);
    await store().forgive(key);
    await store().takeBack(key, 0);
    expect(await store().attempt([bucket(key, 1)], 900)).toMatchObject({ wait: 0 });
  });

  it('keeps hits and failures of one key apart', async () => {
    const key = anyKey();
    await store().attempt([bucket(key, 0)], 900);
    expect((await store().hit(key, 60)).count).toBe(1);
    expect((await store().attempt([bucket(key, 0)], 900)).wait).toBeGreaterThan(0);
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

  it('lets exactly five of 1,000 at once through over two instances, and no attempt twice', async () => {
    const second = new Redis(url);
    try {
      const stores = [new RedisLimitStore(redis), new RedisLimitStore(second)];
      const [key, account] = [anyKey(), anyKey()];
      const of = (index: number): RedisLimitStore => stores[index % 2] ?? new RedisLimitStore(redis);
      const counts = await Promise.all(Array.from({ length: 1000 }, (_none, index) => of(index).hit(key, 60)));
      expect(counts.filter(({ count }) => count <= 5)).toHaveLength(5);
      const buckets = [{ key: account, free: 0, holdsBack: true }];
      const attempts = await Promise.all(
        Array.from({ length: 100 }, (_none, index) => of(index).attempt(buckets, 900)),
      );
      expect(attempts.filter(({ wait }) => wait === 0)).toHaveLength(1);
    } finally {
      await second.quit();
    }
  });

  it('leaves nothing behind that does not expire', async () => {
    const key = anyKey();
    const store = new RedisLimitStore(redis);
    await store.hit(key, 60);
    await store.attempt([{ key, free: 0, holdsBack: true }], 10);
    for (const name of await redis.keys(`*${key}`)) expect(await redis.pttl(name)).toBeGreaterThan(0);
    expect(await redis.keys(`*${key}`)).toHaveLength(2);
  });
});
