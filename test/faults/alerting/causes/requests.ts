import { asOwner } from '../../../support/database.js';
import type { Cause, CauseWorld } from '../../../support/alerting/cause-world.js';

const STRANGER = { email: 'nobody@example.org', password: 'not-the-password-of-anybody' };
/** Requests of one visit: with one password hash that may wait, most of them are answered with 503. */
const AT_ONCE = 24;

const signIns = (world: CauseWorld, count: number): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, () => world.server.call('POST', '/auth/login', { body: STRANGER })));

const BURNS = ['ErrorBudgetBurnsFast', 'ErrorBudgetBurns', 'ErrorBudgetBurnsSlowly', 'ErrorBudgetUsed'];

/** What requests meet. */
export const REQUEST_CAUSES: readonly Cause[] = [
  {
    name: 'more sign-ins than the server can check, which it answers with 503',
    rules: ['ErrorRateHigh', ...BURNS],
    prove: async (world) => {
      await world.start({ PASSWORD_HASH_QUEUE: '1' });
      await world.repeat(() => signIns(world, AT_ONCE), 'ErrorRateHigh', ...BURNS);
      await world.end('ErrorRateHigh', ...BURNS);
    },
  },
  {
    name: 'a table that somebody has locked for longer than a second, again and again',
    rules: ['LatencyHigh'],
    needs: 'postgresql',
    prove: async (world) => {
      const server = await world.start({ DATABASE_POOL_SIZE: '50' });
      const { token } = await world.moveIn();
      const owner = world.setting('DATABASE_OWNER_URL');
      await world.repeat(async () => {
        const locked = asOwner(
          owner,
          'BEGIN; LOCK TABLE memories IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1.5); COMMIT',
        );
        await Promise.all(Array.from({ length: 20 }, () => server.call('GET', '/memories', { token })));
        await locked;
      }, 'LatencyHigh');
      await world.end('LatencyHigh');
    },
  },
  {
    name: 'wrong passwords, one after another',
    rules: ['AuthenticationFailures'],
    prove: async (world) => {
      await world.start();
      await world.repeat(() => signIns(world, AT_ONCE), 'AuthenticationFailures');
      await world.end('AuthenticationFailures');
    },
  },
  {
    name: 'far more requests than one address may make',
    rules: ['RateLimitHits'],
    prove: async (world) => {
      const server = await world.start({ RATE_LIMIT_MULTIPLIER: '1' });
      const body = { refresh_token: 'x'.repeat(43) };
      const many = (): Promise<unknown> =>
        Promise.all(Array.from({ length: 60 }, () => server.call('POST', '/auth/refresh', { body })));
      await world.repeat(many, 'RateLimitHits');
      await world.end('RateLimitHits');
    },
  },
];
