import { describe, expect, it } from '@jest/globals';
import { ATTEMPTS, StaleViewerError, type TransactionRunner } from '../../platform/database/index.js';
import type { FamilyService } from '../family/index.js';
import type { AccountsService } from '../users/index.js';
import { MeService } from './me.service.js';
import type { SessionPrincipals } from './session-principals.js';

/** A service whose rights are old so many times; `reads` counts how often the person was looked up by the token. */
function serviceWithStale(times: number): { me: MeService; reads: () => number } {
  let reads = 0;
  const runner = {
    run: (): Promise<unknown> =>
      reads <= times ? Promise.reject(new StaleViewerError()) : Promise.resolve({ id: 'maria', name: 'Maria' }),
  };
  const principals = {
    authenticate: (): Promise<unknown> => {
      reads += 1;
      return Promise.resolve({ userId: 'maria', permissions: new Set(), serverRoles: [] });
    },
  };
  const me = new MeService(
    runner as unknown as TransactionRunner,
    {} as AccountsService,
    {} as FamilyService,
    principals as unknown as SessionPrincipals,
  );
  return { me, reads: () => reads };
}

describe('the answer of a sign-in', () => {
  it('reads rights again that have changed since the tokens were made', async () => {
    const { me, reads } = serviceWithStale(ATTEMPTS - 1);
    expect(await me.ofToken('token')).toMatchObject({ id: 'maria' });
    expect(reads()).toBe(ATTEMPTS);
  });

  it('does not do so for ever', async () => {
    const { me, reads } = serviceWithStale(ATTEMPTS);
    await expect(me.ofToken('token')).rejects.toBeInstanceOf(StaleViewerError);
    expect(reads()).toBe(ATTEMPTS);
  });
});
