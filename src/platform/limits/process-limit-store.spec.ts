import { describe, expect, it } from '@jest/globals';
import { waitAfter } from './limit-store.js';
import { ProcessLimitStore } from './process-limit-store.js';

// What it shares with the store in Redis is in test/security/limit-stores.spec.ts.

describe('waitAfter', () => {
  it.each([
    [0, 0],
    [4, 0],
    [5, 1],
    [6, 2],
    [7, 4],
    [14, 512],
    [15, 900],
    [10_000, 900],
  ])('of %d failures, 5 of them free, is %d s', (failures, wait) => {
    expect(waitAfter(failures, 5, 900)).toBe(wait);
  });
});

describe('ProcessLimitStore', () => {
  it('begins a new window when one has ended, and not before', () => {
    let now = 1_000_000;
    const timed = new ProcessLimitStore(() => now);
    timed.hit('k', 60);
    now += 59_999;
    expect(timed.hit('k', 60)).toEqual({ count: 2, resetIn: 1 });
    now += 1;
    expect(timed.hit('k', 60)).toEqual({ count: 1, resetIn: 60 });
  });

  it('lets a wait pass, and forgets failures after a day', () => {
    let now = 1_000_000;
    const timed = new ProcessLimitStore(() => now);
    const attempt = (): number => timed.attempt([{ key: 'k', free: 0, holdsBack: true }], 900).wait;
    expect(attempt()).toBe(0);
    expect(attempt()).toBe(2);
    now += 1_999;
    expect(attempt()).toBe(1);
    now += 1;
    expect(attempt()).toBe(0);
    expect(attempt()).toBe(4);
    now += 86_400_000;
    expect(attempt()).toBe(0);
    expect(attempt()).toBe(2);
  });

  it('cannot be filled: the oldest keys make room', () => {
    const bounded = new ProcessLimitStore();
    for (let index = 0; index <= 100_000; index += 1) bounded.hit(String(index), 60);
    expect(bounded.hit('0', 60).count).toBe(1);
    expect(bounded.hit('100000', 60).count).toBe(2);
  });
});
