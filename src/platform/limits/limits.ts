import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { LimitsConfig } from '../config/index.js';
import { RedisConnection } from '../redis/redis.module.js';
import type { LimitPolicy } from './limit-policy.js';
import type { Attempt, Bucket, Count, LimitStore } from './limit-store.js';
import { ProcessLimitStore } from './process-limit-store.js';
import { RedisLimitStore } from './redis-limit-store.js';

/** Milliseconds for which a Redis that did not answer is not asked: nobody waits for it again and again. */
const ALONE = 1000;

/** Counts against limits. With Redis away the process counts by itself: nothing opens and nothing hangs. */
@Injectable()
export class Limits {
  private readonly logger = new Logger('Limits');
  private readonly local = new ProcessLimitStore();
  private readonly shared: LimitStore | undefined;
  /** Milliseconds since 1970. */
  private aloneUntil = 0;

  constructor(
    private readonly config: LimitsConfig,
    @Optional() @Inject(RedisConnection) private readonly redis?: RedisConnection,
  ) {
    this.shared = redis?.client ? new RedisLimitStore(redis.client) : undefined;
  }

  /** Whether limits are counted at all (`RATE_LIMIT_MULTIPLIER` is not 0). */
  get areOn(): boolean {
    return this.config.multiplier > 0;
  }

  /** Requests that a policy allows in its window, multiplied as configured. */
  allowance(policy: LimitPolicy): number {
    return policy.requests * this.config.multiplier;
  }

  /** Raises the counter of `who` under a policy. Answers at once where the process counts. */
  hit(policy: LimitPolicy, who: string): Promise<Count> | Count {
    return this.use((store) => store.hit(`${policy.name}:${who}`, policy.window));
  }

  /** See `LimitStore.attempt`; the free failures are multiplied as configured. */
  async attempt(buckets: readonly Bucket[], longest: number): Promise<Attempt> {
    const { multiplier } = this.config;
    if (!this.areOn) return { wait: 0, marks: [] };
    const multiplied = buckets.map((bucket) => ({ ...bucket, free: bucket.free * multiplier }));
    return this.use((store) => store.attempt(multiplied, longest));
  }

  async takeBack(key: string, mark: number): Promise<void> {
    await this.use((store) => store.takeBack(key, mark));
  }

  async forgive(key: string): Promise<void> {
    await this.use((store) => store.forgive(key));
  }

  /** In Redis while it answers; after it did not, in the process for a second before it is asked again. */
  private use<T>(work: (store: LimitStore) => Promise<T> | T): Promise<T> | T {
    if (!this.shared || !this.redis?.isReady || Date.now() < this.aloneUntil) return work(this.local);
    return Promise.resolve(work(this.shared)).catch((error: unknown) => {
      if (Date.now() >= this.aloneUntil)
        this.logger.warn({ reason: String(error) }, 'Redis does not answer; this process counts limits by itself');
      this.aloneUntil = Date.now() + ALONE;
      return work(this.local);
    });
  }
}
