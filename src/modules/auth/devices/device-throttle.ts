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

  /** @throws AuthError `too_many_failures` */
  async check(address: string): Promise<void> {
    const penalties = await Promise.all([this.limits.penalty(keyOf(address)), this.limits.penalty(ALL)]);
    const wait = Math.max(...penalties.map((penalty) => penalty.wait));
    if (wait > 0) throw new AuthError('too_many_failures', { retryAfter: wait });
  }

  async recordFailure(address: string): Promise<void> {
    await Promise.all([
      this.limits.fail(keyOf(address), PER_ADDRESS.free, PER_ADDRESS.longest),
      this.limits.fail(ALL, IN_ALL.free, IN_ALL.longest),
    ]);
  }
}
