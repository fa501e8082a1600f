import { describe, expect, it } from '@jest/globals';
import { SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { LimitsConfig } from '../config/index.js';
import { Metrics } from '../observability/metrics.js';
import { DailyQuota } from './daily-quota.js';
import { LimitGuard } from './limit.guard.js';
import { Limit, LIMIT_POLICY, LIMIT_POLICIES, NoLimit } from './limit-policy.js';
import { Limits } from './limits.js';
import type { QuotaStore } from './quota-store.js';

class Handlers {
  @Limit('invitation')
  special(): void {
    this.ordinary();
  }

  @NoLimit()
  probe(): void {
    this.ordinary();
  }

  ordinary(): void {
    // Nothing is called.
  }
}

interface FakeRequest {
  readonly ip?: string;
  readonly principal?: { readonly userId: string };
}

/** Stands in for the database, where quotas are: see test/security/quota.spec.ts. */
const NO_QUOTAS = { lease: () => Promise.resolve(undefined) } as unknown as QuotaStore;

function newGuard(multiplier = 1): { guard: LimitGuard; metrics: Metrics } {
  const metrics = new Metrics();
  const config = Object.assign(new LimitsConfig(), { multiplier });
  return {
    guard: new LimitGuard(new Limits(config), new DailyQuota(NO_QUOTAS, config), new Reflector(), metrics),
    metrics,
  };
}

/** Asks so many times; the code of the refusal, or what the last answer said of the limit. */
async function ask(
  guard: LimitGuard,
  times: number,
  method: keyof Handlers,
  fake: FakeRequest = {},
): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  const reply = { header: (name: string, value: string) => (said[name] = value) };
  const context = new ExecutionContextHost([{ ip: '192.0.2.1', ...fake }, reply], Handlers, Handlers.prototype[method]);
  for (let count = 0; count < times; count += 1) await guard.canActivate(context);
  return said;
}

const REFUSED = { code: 'rate_limit_exceeded' };
const { requests: ALLOWED } = LIMIT_POLICIES.invitation;

class Narrow {
  /** Five in a minute. */
  @SetMetadata(LIMIT_POLICY, { name: 'five', requests: 5, window: 60 })
  five(): void {
    // Nothing is called.
  }
}

describe('LimitGuard', () => {
  it('21: lets exactly 5 of 1,000 at once through where 5 are allowed (security.md)', async () => {
    const { guard } = newGuard();
    const reply = { header: () => undefined };
    const context = new ExecutionContextHost([{ ip: '192.0.2.1' }, reply], Narrow, Narrow.prototype.five);
    const outcomes = await Promise.allSettled(Array.from({ length: 1_000 }, async () => guard.canActivate(context)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  });

  it('lets as many through as the policy says, and then none', async () => {
    const { guard, metrics } = newGuard();
    await ask(guard, ALLOWED, 'special');
    const refusal: unknown = await ask(guard, 1, 'special').catch((error: unknown) => error);
    expect(refusal).toMatchObject(REFUSED);
    expect((refusal as { retryAfter: number }).retryAfter).toBeGreaterThan(0);
    expect(await metrics.registry.metrics()).toContain('family_assistant_rate_limit_hits_total{policy="invitation"} 1');
  });

  it('lets exactly as many of 1,000 at once through', async () => {
    const { guard } = newGuard();
    const outcomes = await Promise.allSettled(Array.from({ length: 1_000 }, () => ask(guard, 1, 'special')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(ALLOWED);
  });

  it('tells what is left', async () => {
    const { guard } = newGuard();
    expect(await ask(guard, 3, 'special')).toEqual({
      'ratelimit-policy': '"invitation";q=30;w=60',
      ratelimit: '"invitation";r=27;t=60',
    });
    expect((await ask(guard, 1, 'ordinary'))['ratelimit']).toMatch(/^"anonymous";r=299;/);
  });

  it('counts people by themselves wherever they are, and others by address', async () => {
    const { guard } = newGuard();
    const maria = { principal: { userId: 'maria' } };
    await ask(guard, ALLOWED, 'special', { ...maria, ip: '192.0.2.1' });
    await expect(ask(guard, 1, 'special', { ...maria, ip: '192.0.2.99' })).rejects.toMatchObject(REFUSED);
    await ask(guard, 1, 'special', { principal: { userId: 'leo' }, ip: '192.0.2.1' });
    await ask(guard, ALLOWED, 'special', { ip: '192.0.2.1' });
    await expect(ask(guard, 1, 'special', { ip: '192.0.2.1' })).rejects.toMatchObject(REFUSED);
    await ask(guard, 1, 'special', { ip: '192.0.2.2' });
  });

  it('counts a network of IPv6 as one address', async () => {
    const { guard } = newGuard();
    await ask(guard, ALLOWED, 'special', { ip: '2001:db8::1' });
    await expect(ask(guard, 1, 'special', { ip: '2001:db8::ffff' })).rejects.toMatchObject(REFUSED);
    await ask(guard, 1, 'special', { ip: '2001:db8:0:1::1' });
  });

  it('multiplies what is allowed', async () => {
    const { guard } = newGuard(3);
    await ask(guard, 3 * ALLOWED, 'special');
    await expect(ask(guard, 1, 'special')).rejects.toMatchObject(REFUSED);
  });

  it('counts nothing for probes, and nothing at all when limits are off', async () => {
    expect(await ask(newGuard().guard, 2_000, 'probe')).toEqual({});
    expect(await ask(newGuard(0).guard, 2_000, 'special')).toEqual({});
  });
});
