import { Injectable } from '@nestjs/common';
import { addressKey, Limits } from '../../../platform/limits/index.js';
import { AuthError } from '../auth.errors.js';

/** Guesses of codes: those that cost nothing, and the longest wait in seconds. */
const PER_ADDRESS = { free: 10, longest: 900 } as const;
const IN_ALL = { free: 500, longest: 60 } as const;
const ALL = 'device-code:all';
const keyOf = (address: string): string => `device-code:${addressKey(address)}`;

/** Guessing of device codes is held back per address, and for everybody together when many guess from everywhere. */
@Injectable()
export class DeviceThrottle {
  constructor(private readonly limits: Limits) {}

  /**
   * Counts a guess as wrong before it is looked up, so that parallel ones are no more than those one after the other.
   * @returns takes it back: the code was right
   * @throws AuthError `too_many_failures`
   */
  async guess(address: string): Promise<() => Promise<void>> {
    const takeBackOwn = await this.attempt(keyOf(address), PER_ADDRESS);
    try {
      const takeBackAll = await this.attempt(ALL, IN_ALL);
      return async () => {
        await Promise.all([takeBackOwn(), takeBackAll()]);
      };
    } catch (error) {
      await takeBackOwn();
      throw error;
    }
  }

  private async attempt(
    key: string,
    { free, longest }: { free: number; longest: number },
  ): Promise<() => Promise<void>> {
    const { wait, marks } = await this.limits.attempt([{ key, free, holdsBack: true }], longest);
    if (wait > 0) throw new AuthError('too_many_failures', { retryAfter: wait });
    return async () => {
      for (const mark of marks) await this.limits.takeBack(key, mark);
    };
  }
}
