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
    const waits = [];
    for (let failure = 1; failure <= 5; failure += 1) waits.push((await limits.fail('k', 2, 60)).wait);
    expect(waits).toEqual([0, 0, 0, 1, 2]);
  });

  it('punishes nobody when limits are off', async () => {
    const limits = limitsWith(0);
    expect(limits.areOn).toBe(false);
    for (let failure = 0; failure < 10; failure += 1) await limits.fail('k', 0, 60);
    expect(await limits.penalty('k')).toEqual({ failures: 0, wait: 0 });
  });

  it.each([true, false])(
    'counts in the process while Redis is away (thought ready: %s): nothing opens',
    async (isReady) => {
      const limits = limitsWith(1, broken(isReady));
      await limits.hit(invitation, 'somebody');
      expect(await limits.hit(invitation, 'somebody')).toMatchObject({ count: 2 });
      await limits.fail('k', 0, 60);
      expect((await limits.penalty('k')).failures).toBe(1);
      await limits.forgive('k');
      expect((await limits.penalty('k')).failures).toBe(0);
    },
  );
});
