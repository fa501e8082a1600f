import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { LimitsConfig } from '../config/index.js';
import { RedisConnection } from '../redis/redis.module.js';
import type { LimitPolicy } from './limit-policy.js';
import type { Count, LimitStore, Penalty } from './limit-store.js';
import { ProcessLimitStore } from './process-limit-store.js';
import { RedisLimitStore } from './redis-limit-store.js';

/** Counts against limits. With Redis away the process counts by itself: nothing opens and nothing hangs. */
@Injectable()
export class Limits {
  private readonly logger = new Logger('Limits');
  private readonly local = new ProcessLimitStore();
  private readonly shared: LimitStore | undefined;

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

  async penalty(key: string): Promise<Penalty> {
    return this.areOn ? this.use((store) => store.penalty(key)) : { failures: 0, wait: 0 };
  }

  async fail(key: string, free: number, longest: number): Promise<Penalty> {
    return this.areOn
      ? this.use((store) => store.fail(key, free * this.config.multiplier, longest))
      : { failures: 0, wait: 0 };
  }

  async forgive(key: string): Promise<void> {
    await this.use((store) => store.forgive(key));
  }

  private use<T>(work: (store: LimitStore) => Promise<T> | T): Promise<T> | T {
    if (!this.shared || !this.redis?.isReady) return work(this.local);
    return Promise.resolve(work(this.shared)).catch((error: unknown) => {
      this.logger.warn({ reason: String(error) }, 'Redis does not answer; this process counts limits by itself');
      return work(this.local);
    });
  }
}
