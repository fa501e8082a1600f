import type { Redis } from 'ioredis';
import { FAILURE_MEMORY, type Attempt, type Bucket, type Count, type LimitStore } from './limit-store.js';

const PREFIX = 'family-assistant:limit:';

const HIT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`;

/** Keys: the buckets. Arguments: the longest wait, the memory, and of each bucket `free` and whether it holds back. */
const ATTEMPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local longest, memory = tonumber(ARGV[1]), ARGV[2]
local wait = 0
for i, key in ipairs(KEYS) do
  if ARGV[2 * i + 2] == '1' then wait = math.max(wait, tonumber(redis.call('HGET', key, 'until') or 0) - now) end
end
local answer = {wait}
if wait > 0 then return answer end
for i, key in ipairs(KEYS) do
  local failures, free = redis.call('HINCRBY', key, 'failures', 1), tonumber(ARGV[2 * i + 1])
  local ends = now
  if failures >= free then ends = now + 1000 * math.min(longest, 2 ^ math.min(failures - free, 30)) end
  redis.call('HSET', key, 'until', string.format('%.0f', ends))
  redis.call('EXPIRE', key, memory)
  answer[i + 1] = ends
end
return answer`;

const TAKE_BACK = `
local entry = redis.call('HMGET', KEYS[1], 'failures', 'until')
if not entry[1] then return 0 end
if tonumber(entry[1]) > 0 then redis.call('HINCRBY', KEYS[1], 'failures', -1) end
if entry[2] == ARGV[1] then redis.call('HSET', KEYS[1], 'until', 0) end
return 1`;

/** Counts in Redis, shared by all instances; each step is one atomic script, timed by the clock of Redis. */
export class RedisLimitStore implements LimitStore {
  constructor(private readonly redis: Redis) {}

  async hit(key: string, window: number): Promise<Count> {
    const [count = 0, left = 0] = await this.run(HIT, [key], [window * 1000]);
    return { count, resetIn: Math.ceil(left / 1000) };
  }

  async attempt(buckets: readonly Bucket[], longest: number): Promise<Attempt> {
    const [wait = 0, ...marks] = await this.run(
      ATTEMPT,
      buckets.map(({ key }) => `failures:${key}`),
      [longest, FAILURE_MEMORY, ...buckets.flatMap(({ free, holdsBack }) => [free, holdsBack ? 1 : 0])],
    );
    return { wait: Math.ceil(wait / 1000), marks };
  }

  async takeBack(key: string, mark: number): Promise<void> {
    await this.run(TAKE_BACK, [`failures:${key}`], [mark]);
  }

  async forgive(key: string): Promise<void> {
    await this.redis.del(`${PREFIX}failures:${key}`);
  }

  private async run(script: string, keys: readonly string[], args: readonly number[]): Promise<number[]> {
    return (await this.redis.eval(script, keys.length, ...keys.map((key) => PREFIX + key), ...args)) as number[];
  }
}
