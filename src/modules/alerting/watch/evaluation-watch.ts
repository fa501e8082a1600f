import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { RuleBoard } from '../rule-state.js';
import { Rounds } from '../rounds.js';

/** Milliseconds between two looks. */
const LOOK_EVERY = 1000;
/** Seconds after which rules that are not evaluated are said to have stalled: the slowest look every minute. */
const LIMIT = 180;

/**
 * Whether the rules are still evaluated. It looks whether something changes, rather than at what time that was said to
 * be: a clock that is set must neither hide nor feign a standstill.
 */
@Injectable()
export class EvaluationWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly limit = LIMIT;
  private readonly rounds = new Rounds(LOOK_EVERY, () => this.look());
  private seen: number | undefined;
  private changedAt = performance.now();

  constructor(private readonly board: RuleBoard) {}

  onApplicationBootstrap(): void {
    this.changedAt = performance.now();
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.end();
  }

  /** Seconds since an evaluation was last seen to have ended. */
  get age(): number {
    return (performance.now() - this.changedAt) / 1000;
  }

  private look(): Promise<void> {
    const states = this.board.states();
    const times = states.flatMap(({ evaluatedAt }) => evaluatedAt ?? []);
    const newest = times.reduce<number | undefined>((sum, time) => (sum ?? 0) + time, undefined);
    // Where there are no rules nothing stands still.
    if (newest !== this.seen || states.length === 0) this.changedAt = performance.now();
    this.seen = newest;
    return Promise.resolve();
  }
}
