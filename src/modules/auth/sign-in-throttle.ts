import { Injectable } from '@nestjs/common';
import { addressKey, Limits, type Bucket } from '../../platform/limits/index.js';
import { AuthError } from './auth.errors.js';

interface Attempt {
  /** The name that is tried. */
  readonly account: string;
  readonly address: string;
  /** Whether the account has been signed in to from this address before. */
  readonly isKnownAddress: boolean;
}

/** Failures that cost nothing, per bucket; docs/RATE_LIMITS.md lists them. */
export const FREE = { both: 5, account: 20, address: 50 } as const;
/** Longest wait in seconds: a delay, never a lock. */
const LONGEST = 900;

/**
 * Brute force: failures are counted per address, per account, and per both; each beyond the free ones doubles the wait.
 * Where an account has been signed in to from an address before, only the bucket of both counts: neither strangers
 * elsewhere nor somebody else at home can lock a person out.
 *
 * An attempt counts as failed from its beginning, in one step with the question whether it may begin, and is taken back
 * when it succeeds: so parallel guesses, on however many instances, get no more tries than one after the other.
 */
@Injectable()
export class SignInThrottle {
  constructor(private readonly limits: Limits) {}

  /** The turn of a verification: refused while there is a wait, counted before it begins, taken back when it is right. */
  turn(attempt: Attempt): { before: () => Promise<void>; after: (isRight: boolean) => Promise<void> } {
    const counted = bucketsOf(attempt);
    let marks: readonly number[] = [];
    return {
      before: async () => {
        const { wait, marks: made } = await this.limits.attempt(counted, LONGEST);
        if (wait > 0) throw new AuthError('too_many_failures', { retryAfter: wait });
        marks = made;
      },
      after: async (isRight) => {
        if (!isRight) return;
        await this.forgive(attempt);
        await Promise.all(marks.slice(1).map((mark, at) => this.limits.takeBack(counted[at + 1]?.key ?? '', mark)));
      },
    };
  }

  /** A success forgives this address with this account; what others tried stays counted. */
  async forgive({ account, address }: Omit<Attempt, 'isKnownAddress'>): Promise<void> {
    await this.limits.forgive(keyOfBoth(account, addressKey(address)));
  }
}

const keyOfBoth = (account: string, network: string): string => `sign-in:both:${network}:${account}`;

/** The bucket of both comes first. */
function bucketsOf({ account, address, isKnownAddress }: Attempt): Bucket[] {
  const network = addressKey(address);
  const holdsBack = !isKnownAddress;
  return [
    { key: keyOfBoth(account, network), free: FREE.both, holdsBack: true },
    { key: `sign-in:address:${network}`, free: FREE.address, holdsBack },
    { key: `sign-in:account:${account}`, free: FREE.account, holdsBack },
  ];
}
