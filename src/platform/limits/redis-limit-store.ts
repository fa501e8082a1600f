import type { Redis } from 'ioredis';
import { PENALTY_MEMORY, type Count, type LimitStore, type Penalty } from './limit-store.js';

const PREFIX = 'family-assistant:limit:';

const HIT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`;

const PENALTY = `
local entry = redis.call('HMGET', KEYS[1], 'failures', 'until')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return {tonumber(entry[1] or 0), math.max(0, tonumber(entry[2] or 0) - now)}`;

const FAIL = `
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
local free, longest = tonumber(ARGV[1]), tonumber(ARGV[2])
local wait = 0
if failures >= free then wait = math.min(longest, 2 ^ math.min(failures - free, 30)) end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'until', time[1] * 1000 + math.floor(time[2] / 1000) + wait * 1000)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {failures, wait * 1000}`;

/** Counts in Redis, shared by all instances; each step is one atomic script, timed by the clock of Redis. */
export class RedisLimitStore implements LimitStore {
  constructor(private readonly redis: Redis) {}

  async hit(key: string, window: number): Promise<Count> {
    const [count, left] = await this.run(HIT, key, window * 1000);
    return { count, resetIn: Math.ceil(left / 1000) };
  }

  async penalty(key: string): Promise<Penalty> {
    const [failures, wait] = await this.run(PENALTY, `failures:${key}`);
    return { failures, wait: Math.ceil(wait / 1000) };
  }

  async fail(key: string, free: number, longest: number): Promise<Penalty> {
    const [failures, wait] = await this.run(FAIL, `failures:${key}`, free, longest, PENALTY_MEMORY);
    return { failures, wait: Math.ceil(wait / 1000) };
  }

  async forgive(key: string): Promise<void> {
    await this.redis.del(`${PREFIX}failures:${key}`);
  }

  private async run(script: string, key: string, ...args: number[]): Promise<[number, number]> {
    return (await this.redis.eval(script, 1, PREFIX + key, ...args)) as [number, number];
  }
}
