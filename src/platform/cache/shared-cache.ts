import { Injectable, Logger } from '@nestjs/common';
import { Metrics, type CacheCounters } from '../observability/index.js';
import { RedisConnection } from '../redis/redis.module.js';

const PREFIX = 'family-assistant:cache:';
/** Longest wait for Redis, in milliseconds: a hit saves tens of them, so more is not worth waiting. */
const PATIENCE = 100;
/** Milliseconds for which a Redis that failed is not asked. */
const REST = 5000;
/** Entries of one group; the next one throws the others away. */
const GROUP_SIZE = 500;

/** One hash per group holds the entries of one version only: the first entry of another version throws them away. */
const PUT = `
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] or redis.call('HLEN', KEYS[1]) > ${String(GROUP_SIZE)} then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'version', ARGV[1])
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])`;

/** Entries that several processes share, in Redis. Without one, and while it is away or slow, there are none. */
@Injectable()
export class SharedCache {
  private readonly logger = new Logger('Cache');
  private readonly counters: CacheCounters;
  private restsUntil = 0;
  private isKnown = false;

  constructor(
    private readonly redis: RedisConnection,
    metrics: Metrics,
  ) {
    this.counters = metrics.cache('redis');
  }

  async get(group: string, field: string): Promise<Buffer | undefined> {
    const found = await this.ask((client) => client.hgetBuffer(PREFIX + group, field));
    if (found === undefined) return undefined;
    if (found) this.counters.hit();
    else this.counters.miss();
    return found ?? undefined;
  }

  /** @param ttl milliseconds, of the whole group */
  async put(group: string, version: string, field: string, value: Buffer, ttl: number): Promise<void> {
    await this.ask((client) => client.eval(PUT, 1, PREFIX + group, version, field, value, ttl));
  }

  async drop(group: string): Promise<void> {
    await this.ask((client) => client.del(PREFIX + group));
  }

  /** Undefined where Redis does not answer; then it is left alone for a while. */
  private async ask<T>(work: (client: NonNullable<RedisConnection['client']>) => Promise<T>): Promise<T | undefined> {
    const { client, isReady } = this.redis;
    if (!client || !isReady || performance.now() < this.restsUntil) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no answer within ${String(PATIENCE)} ms`));
      }, PATIENCE);
    });
    try {
      const answer = await Promise.race([work(client), tooLate]);
      this.isKnown = false;
      return answer;
    } catch (error) {
      this.restsUntil = performance.now() + REST;
      if (!this.isKnown) this.logger.warn({ reason: String(error) }, 'Redis is not used as a cache for now');
      this.isKnown = true;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
