import { EnvChoice, EnvInteger, EnvSecret } from './env.decorators.js';

export const REGISTRATION_MODES = ['invite', 'open', 'closed'] as const;

/** Sign-in: keys, lifetimes, password hashing. */
export class AuthConfig {
  @EnvSecret('JWT_SECRET_KEY', {
    description:
      'Key that signs access tokens, at least 256 bits. Required with `DATABASE_URL`; with the embedded database one is made once and kept in `DATA_DIR`.',
    optional: true,
    strong: true,
  })
  jwtSecret?: string;

  @EnvSecret('JWT_SECRET_KEY_PREVIOUS', {
    description:
      'The key before it: its tokens are still accepted, so that keys can be rotated without signing anybody out.',
    optional: true,
    strong: true,
  })
  jwtSecretPrevious?: string;

  @EnvInteger('ACCESS_TOKEN_TTL', { description: 'Life of an access token.', unit: 'seconds', min: 30, max: 3600 })
  accessTokenTtl = 600;

  @EnvInteger('REFRESH_TOKEN_TTL', {
    description: 'Life of a session that is not refreshed.',
    unit: 'seconds',
    min: 300,
    max: 31_536_000,
  })
  refreshTokenTtl = 86_400;

  @EnvInteger('REMEMBER_ME_TTL', {
    description: 'The same for "remember me".',
    unit: 'seconds',
    min: 3600,
    max: 31_536_000,
  })
  rememberMeTtl = 2_592_000;

  @EnvInteger('SESSION_MAX_AGE', {
    description: 'End of a session however often it is refreshed, counted from the sign-in.',
    unit: 'seconds',
    min: 3600,
    max: 157_680_000,
  })
  sessionMaxAge = 15_552_000;

  @EnvInteger('REFRESH_GRACE', {
    description:
      'How long the refresh token before the current one gets the same successor again (a lost answer, two tabs).',
    unit: 'seconds',
    min: 0,
    max: 60,
  })
  refreshGrace = 20;

  @EnvChoice('REGISTRATION', {
    description: 'Who may register after the first account: whoever has an invitation, anybody, or nobody.',
    choices: REGISTRATION_MODES,
  })
  registration: (typeof REGISTRATION_MODES)[number] = 'invite';

  @EnvInteger('ARGON2_MEMORY', {
    description: 'Memory of one password hash (argon2id).',
    unit: 'KiB',
    min: 19_456,
    max: 1_048_576,
  })
  argon2Memory = 19_456;

  @EnvInteger('ARGON2_PASSES', { description: 'Passes of one password hash.', min: 2, max: 16 })
  argon2Passes = 2;

  @EnvInteger('PASSWORD_HASH_CONCURRENCY', {
    description: 'Password hashes computed at once. More makes sign-ins faster and all else slower.',
    min: 1,
    max: 64,
  })
  hashConcurrency = 1;

  @EnvInteger('PASSWORD_HASH_QUEUE', {
    description: 'Password hashes that may wait; beyond that sign-ins are answered with 503.',
    min: 1,
    max: 10_000,
  })
  hashQueue = 200;

  @EnvInteger('SESSION_CACHE_TTL', {
    description:
      'How long a session is remembered in the process. Every access to data checks it again in the database, so a revoked one is never served.',
    unit: 'seconds',
    min: 0,
    max: 60,
  })
  sessionCacheTtl = 30;
}
