import { Injectable } from '@nestjs/common';
import { addressKey, Limits } from '../../platform/limits/index.js';
import { AuthError } from './auth.errors.js';

interface Attempt {
  /** The name that is tried. */
  readonly account: string;
  readonly address: string;
  /** Whether the account has been signed in to from this address before. */
  readonly isKnownAddress: boolean;
}

/** Failures that cost nothing, per bucket. */
const FREE = { both: 5, account: 20, address: 50 } as const;
/** Longest wait in seconds: a delay, never a lock. */
const LONGEST = 900;

/**
 * Brute force: failures are counted per address, per account, and per both; each beyond the free ones doubles the wait.
 * Where an account has been signed in to from an address before, only the bucket of both counts: neither strangers
 * elsewhere nor somebody else at home can lock a person out.
 */
@Injectable()
export class SignInThrottle {
  constructor(private readonly limits: Limits) {}

  /** The turn of a verification: refused while there is a wait, and counted before the next one begins. */
  turn(attempt: Attempt): { before: () => Promise<void>; after: (isRight: boolean) => Promise<void> } {
    return {
      before: () => this.check(attempt),
      after: (isRight) => (isRight ? this.forgive(attempt) : this.recordFailure(attempt)),
    };
  }

  /** A success forgives this address with this account; what others tried stays counted. */
  async forgive(attempt: Omit<Attempt, 'isKnownAddress'>): Promise<void> {
    const [both] = buckets({ ...attempt, isKnownAddress: true });
    if (both) await this.limits.forgive(both.key);
  }

  /** @throws AuthError `too_many_failures` with the seconds to wait */
  private async check(attempt: Attempt): Promise<void> {
    const penalties = await Promise.all(buckets(attempt).map(({ key }) => this.limits.penalty(key)));
    const wait = Math.max(...penalties.map((penalty) => penalty.wait));
    if (wait > 0) throw new AuthError('too_many_failures', { retryAfter: wait });
  }

  private async recordFailure(attempt: Attempt): Promise<void> {
    await Promise.all(
      buckets({ ...attempt, isKnownAddress: false }).map(({ key, free }) => this.limits.fail(key, free, LONGEST)),
    );
  }
}

function buckets({ account, address, isKnownAddress }: Attempt): { key: string; free: number }[] {
  const network = addressKey(address);
  return [
    { key: `sign-in:both:${network}:${account}`, free: FREE.both },
    ...(isKnownAddress
      ? []
      : [
          { key: `sign-in:address:${network}`, free: FREE.address },
          { key: `sign-in:account:${account}`, free: FREE.account },
        ]),
  ];
}
