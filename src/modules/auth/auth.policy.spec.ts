import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideRefresh, sessionEnd, decideRegistration, type RefreshDecision } from './auth.policy.js';

const NOW = new Date('2025-11-21T12:00:00Z');
const GRACE = 20;
const ago = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000);

describe('decideRefresh', () => {
  it.each<[string, { live?: boolean; replacedAt: Date | null; used: boolean }, RefreshDecision]>([
    ['the current token is rotated', { replacedAt: null, used: false }, 'rotate'],
    ['the token before it is repeated at once', { replacedAt: NOW, used: false }, 'repeat'],
    ['and until the last moment of the grace', { replacedAt: ago(GRACE), used: false }, 'repeat'],
    ['but not a moment later', { replacedAt: new Date(ago(GRACE).getTime() - 1), used: false }, 'reuse'],
    ['nor when its successor was used', { replacedAt: NOW, used: true }, 'reuse'],
    ['nor when both', { replacedAt: ago(3600), used: true }, 'reuse'],
    ['an ended session is ended for every token', { live: false, replacedAt: null, used: false }, 'ended'],
    ['also for those that would be reuse', { live: false, replacedAt: ago(3600), used: true }, 'ended'],
  ])('%s', (_title, { live = true, replacedAt, used }, decision) => {
    expect(decideRefresh({ isSessionLive: live, replacedAt, isSuccessorUsed: used }, NOW, GRACE)).toBe(decision);
  });

  /** A session's lineage as the database keeps it, continued by the policy alone. */
  class Lineage {
    private readonly replacedAt: (Date | null)[] = [null];
    private isLive = true;

    /** @returns the decision, and the number of the token that is answered */
    present(token: number, now: Date): { decision: RefreshDecision; next: number | undefined } {
      const state = {
        isSessionLive: this.isLive,
        replacedAt: this.replacedAt[token] ?? null,
        isSuccessorUsed: (this.replacedAt[token + 1] ?? null) !== null,
      };
      const decision = decideRefresh(state, now, GRACE);
      if (decision === 'reuse') this.isLive = false;
      if (decision === 'rotate') {
        this.replacedAt[token] = now;
        this.replacedAt.push(null);
      }
      return { decision, next: decision === 'rotate' || decision === 'repeat' ? token + 1 : undefined };
    }

    get length(): number {
      return this.replacedAt.length;
    }

    get current(): number[] {
      return this.replacedAt.flatMap((at, token) => (at === null ? [token] : []));
    }
  }

  it('never signs out somebody whose answers get lost or who has many tabs, in 10,000 random schedules', () => {
    const turn = fc.record({
      pause: fc.integer({ min: 0, max: 86_400 }),
      /** Seconds after the first attempt at which the same token is presented again: lost answers and other tabs. */
      again: fc.array(fc.integer({ min: 0, max: GRACE }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 12 }), (turns) => {
        const lineage = new Lineage();
        let [token, time] = [0, NOW.getTime()];
        for (const { pause, again } of turns) {
          time += pause * 1000;
          const attempts = [0, ...again.toSorted((one, other) => one - other)];
          const answers = attempts.map((seconds) => lineage.present(token, new Date(time + seconds * 1000)).next);
          if (answers.some((next) => next !== token + 1)) return false;
          time += GRACE * 1000;
          token += 1;
        }
        return lineage.current.join() === String(token);
      }),
      { numRuns: 10_000 },
    );
  });

  it('never lets a lineage fork, whoever presents which token when, in 10,000 random schedules', () => {
    const attempt = fc.record({ behind: fc.integer({ min: 0, max: 4 }), pause: fc.integer({ min: 0, max: 40 }) });
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 20 }), (attempts) => {
        const lineage = new Lineage();
        let [time, hasEnded] = [NOW.getTime(), false];
        for (const { behind, pause } of attempts) {
          time += pause * 1000;
          const token = Math.max(0, lineage.length - 1 - behind);
          const { decision, next } = lineage.present(token, new Date(time));
          const isForked = next !== undefined && next !== lineage.length - 1;
          if (isForked || lineage.current.length !== 1 || (hasEnded && decision !== 'ended')) return false;
          hasEnded ||= decision === 'reuse';
        }
        return true;
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('decideRegistration', () => {
  const asked = { isEmptyServer: false, maySetUp: true, mode: 'invite', hasInvitation: false } as const;

  it.each(['invite', 'open', 'closed'] as const)(
    'makes the first account whatever the mode (%s), if set-up is allowed',
    (mode) => {
      for (const hasInvitation of [true, false]) {
        expect(decideRegistration({ ...asked, mode, hasInvitation, isEmptyServer: true })).toBe('first');
        expect(decideRegistration({ ...asked, mode, hasInvitation, isEmptyServer: true, maySetUp: false })).toBe(
          'setup_token_required',
        );
      }
    },
  );

  it.each([
    ['invite', true, 'invitation'],
    ['invite', false, 'invitation_required'],
    ['open', true, 'invitation'],
    ['open', false, 'found'],
    ['closed', true, 'registration_closed'],
    ['closed', false, 'registration_closed'],
  ] as const)('later, mode %s with an invitation (%s): %s', (mode, hasInvitation, decision) => {
    for (const maySetUp of [true, false])
      expect(decideRegistration({ ...asked, mode, hasInvitation, maySetUp })).toBe(decision);
  });
});

describe('sessionEnd', () => {
  const lives = { refreshTokenTtl: 100, rememberMeTtl: 1000, sessionMaxAge: 5000 };
  const createdAt = new Date(1_000_000);
  const secondsOf = (age: number, rememberMe: boolean): number =>
    (sessionEnd({ createdAt, rememberMe }, new Date(createdAt.getTime() + age * 1000), lives).getTime() -
      createdAt.getTime()) /
    1000;

  it.each([
    [0, false, 100],
    [0, true, 1000],
    [3000, true, 4000],
    [4500, true, 5000],
    [4950, false, 5000],
    [9000, true, 5000],
  ])('of one of %d s (remembered: %s) is %d s after the sign-in', (age, rememberMe, end) => {
    expect(secondsOf(age, rememberMe)).toBe(end);
  });
});
