import { beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { LimitsConfig } from '../config/index.js';
import type { RedisConnection } from '../redis/redis.module.js';
import { LIMIT_POLICIES } from './limit-policy.js';
import { Limits } from './limits.js';

const { invitation } = LIMIT_POLICIES;

/** A connection whose commands all fail, as with a Redis that has just gone. */
const broken = (isReady: boolean): RedisConnection =>
  ({
    isReady,
    client: { eval: () => Promise.reject(new Error('gone')), del: () => Promise.reject(new Error('gone')) },
  }) as unknown as RedisConnection;

const limitsWith = (multiplier: number, redis?: RedisConnection): Limits =>
  new Limits(Object.assign(new LimitsConfig(), { multiplier }), redis);

// It says that Redis is away, which is known here.
beforeAll(() => {
  Logger.overrideLogger(false);
});

describe('Limits', () => {
  it('answers at once where the process counts', () => {
    expect(limitsWith(1).hit(invitation, 'somebody')).toEqual({ count: 1, resetIn: 60 });
  });

  it('counts policies apart', async () => {
    const limits = limitsWith(1);
    await limits.hit(invitation, 'somebody');
    expect(await limits.hit(LIMIT_POLICIES.login, 'somebody')).toMatchObject({ count: 1 });
    expect(await limits.hit(invitation, 'somebody')).toMatchObject({ count: 2 });
  });

  it('multiplies what is allowed, and what is free', async () => {
    const limits = limitsWith(2);
    expect(limits.allowance(invitation)).toBe(2 * invitation.requests);
    expect(await attemptsThatBegin(limits, 2)).toBe(4);
  });

  it('holds nobody back when limits are off', async () => {
    const limits = limitsWith(0);
    expect(limits.areOn).toBe(false);
    expect(await attemptsThatBegin(limits, 0)).toBe(10);
  });

  it.each([true, false])(
    'counts in the process while Redis is away (thought ready: %s): nothing opens',
    async (isReady) => {
      const limits = limitsWith(1, broken(isReady));
      await limits.hit(invitation, 'somebody');
      expect(await limits.hit(invitation, 'somebody')).toMatchObject({ count: 2 });
      expect(await attemptsThatBegin(limits, 3)).toBe(3);
      await limits.forgive('k');
      expect(await attemptsThatBegin(limits, 3)).toBe(3);
    },
  );

  it('does not wait for a Redis that did not answer a moment ago', async () => {
    let asked = 0;
    const client = {
      eval: () => {
        asked += 1;
        return Promise.reject(new Error('no answer'));
      },
    };
    const limits = limitsWith(1, { isReady: true, client } as unknown as RedisConnection);
    for (let count = 1; count <= 20; count += 1) expect(await limits.hit(invitation, 'x')).toMatchObject({ count });
    expect(asked).toBe(1);
  });
});

/** Of ten attempts, one after the other. */
async function attemptsThatBegin(limits: Limits, free: number): Promise<number> {
  let begun = 0;
  for (let count = 0; count < 10; count += 1)
    if ((await limits.attempt([{ key: 'k', free, holdsBack: true }], 900)).wait === 0) begun += 1;
  return begun;
}
