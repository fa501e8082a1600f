import { EnvInteger } from './env.decorators.js';

/** Rate limits. */
export class LimitsConfig {
  @EnvInteger('RATE_LIMIT_MULTIPLIER', {
    description: 'Multiplies every rate limit. 0 switches limits off for measurements; refused in production.',
    min: 0,
    max: 1_000_000,
  })
  multiplier = 1;

  @EnvInteger('MAX_REQUESTS_PER_DAY', {
    description:
      'Requests a signed-in person may make on one day of their family, unless an admin gave them a number of their own. 0: any number.',
    min: 0,
    max: 1_000_000_000,
  })
  requestsPerDay = 50_000;

  @EnvInteger('API_KEYS_PER_USER', { description: 'API keys that one person may have.', min: 0, max: 1000 })
  apiKeysPerUser = 20;

  @EnvInteger('SESSIONS_PER_USER', {
    description: 'Live sessions of one person; the next sign-in ends the one that was unused for longest.',
    min: 1,
    max: 1_000_000,
  })
  sessionsPerUser = 1000;

  @EnvInteger('FAMILIES_PER_USER', {
    description: 'Families of which one person may be a parent when they found another one.',
    min: 1,
    max: 1000,
  })
  familiesPerUser = 20;

  @EnvInteger('OPEN_INVITATIONS_PER_FAMILY', {
    description: 'Invitations of one family that wait to be accepted.',
    min: 1,
    max: 10_000,
  })
  openInvitations = 100;
}
