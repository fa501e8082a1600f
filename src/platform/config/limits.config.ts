import { EnvInteger } from './env.decorators.js';

/** Rate limits. */
export class LimitsConfig {
  @EnvInteger('RATE_LIMIT_MULTIPLIER', {
    description: 'Multiplies every rate limit. 0 switches limits off for measurements; refused in production.',
    min: 0,
    max: 1_000_000,
  })
  multiplier = 1;
}
