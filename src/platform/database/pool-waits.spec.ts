import { describe, expect, it } from '@jest/globals';
import { PoolWaits } from './pool-waits.js';

describe('the waits of a pool', () => {
  it('have a 95th percentile by nearest rank, which is 0 without any', () => {
    const waits = new PoolWaits();
    expect(waits.p95()).toBe(0);
    for (let index = 100; index >= 1; index -= 1) waits.record('immediate', index);
    expect(waits.p95()).toBe(95);
  });

  it('are forgotten after five minutes', () => {
    const waits = new PoolWaits();
    waits.record('waited', 7, 0);
    expect(waits.p95(300_000)).toBe(7);
    expect(waits.p95(300_001)).toBe(0);
  });

  it('are the newest 1024 at most', () => {
    const waits = new PoolWaits();
    for (let index = 0; index < 2000; index += 1) waits.record('immediate', 9);
    for (let index = 0; index < 1024; index += 1) waits.record('immediate', 1);
    expect(waits.p95()).toBe(1);
  });

  it('know when somebody last got a connection', () => {
    const waits = new PoolWaits();
    waits.record('waited', 1, 5000);
    waits.record('exhausted', 1, 9000);
    expect([waits.hasMovedWithin(1000, 6000), waits.hasMovedWithin(1000, 6001)]).toEqual([true, false]);
  });

  it('count who went away without a connection, and tell of everybody', () => {
    const waits = new PoolWaits();
    const told: unknown[] = [];
    waits.onAcquisition((...all) => told.push(all));
    waits.record('waited', 0.5);
    waits.record('exhausted', 5);
    expect(waits.exhausted).toBe(1);
    expect(told).toEqual([
      ['waited', 0.5],
      ['exhausted', 5],
    ]);
  });
});
