import { describe, expect, it } from '@jest/globals';
import { Clocks, EvaluationClock } from './evaluation-clock.js';

class GivenClocks extends Clocks {
  constructor(
    public now = 1_000_000,
    public passed = 0,
  ) {
    super();
  }
  wall(): number {
    return this.now;
  }
  steady(): number {
    return this.passed;
  }
  pass(milliseconds: number, drift = 0): void {
    this.now += milliseconds + drift;
    this.passed += milliseconds;
  }
}

describe('the clock of evaluations', () => {
  it('tells by how much the time was set', () => {
    const clocks = new GivenClocks();
    const clock = new EvaluationClock(clocks);
    expect(clock.read()).toEqual({ now: 1_000_000, jump: 0 });
    clocks.pass(15_000, -600_000);
    expect(clock.read()).toEqual({ now: 415_000, jump: -600_000 });
    clocks.pass(15_000, 3_600_000);
    expect(clock.read()).toEqual({ now: 4_030_000, jump: 3_600_000 });
    clocks.pass(15_000);
    expect(clock.read()).toEqual({ now: 4_045_000, jump: 0 });
  });

  it('follows drift, and never stands still or goes back', () => {
    const clocks = new GivenClocks();
    const clock = new EvaluationClock(clocks);
    let last = clock.read().now;
    for (let times = 0; times < 100; times += 1) {
      clocks.pass(times % 3, times % 2 === 0 ? -3 : 2);
      const { now, jump } = clock.read();
      expect(jump).toBe(0);
      expect(now).toBeGreaterThan(last);
      last = now;
    }
  });
});
