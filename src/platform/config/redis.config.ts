import { EnvInteger, EnvUrl } from './env.decorators.js';

/** Redis, shared by several instances. Everything works without it. */
export class RedisConfig {
  @EnvUrl('REDIS_URL', {
    description: 'Redis that holds the rate limits of several instances, and encrypted answers that they share.',
    optional: true,
    protocols: ['redis:', 'rediss:'],
    example: 'redis://:password@127.0.0.1:6379/0',
  })
  url?: string;

  @EnvInteger('REDIS_TIMEOUT', {
    description:
      'Longest wait for an answer of Redis; after it the process counts by itself. A cached answer is waited for 0.1 s.',
    unit: 'milliseconds',
    min: 10,
    max: 10_000,
  })
  timeout = 250;
}
