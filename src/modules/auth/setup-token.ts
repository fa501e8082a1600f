import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ServerConfig } from '../../platform/config/index.js';
import { KeyRing } from './tokens/key-ring.js';

/**
 * The one-time proof that whoever makes the first account may: needed unless only this machine
 * can connect, without a proxy in front. Derived
 * from the signing key, so every instance has the same; worthless as soon as there is an account.
 */
@Injectable()
export class SetupToken {
  constructor(
    @Inject(KeyRing) private readonly keys: KeyRing,
    private readonly server: ServerConfig,
  ) {}

  get isNeeded(): boolean {
    return this.server.isReachable;
  }

  /** The token, for the log of the start. */
  get value(): string {
    return this.keys.derive('set-up token').toString('base64url').slice(0, 32);
  }

  /** Whether this caller may make the first account. */
  admits(given: string | undefined): boolean {
    if (!this.isNeeded) return true;
    const [one, other] = [Buffer.from(given ?? ''), Buffer.from(this.value)];
    return one.length === other.length && timingSafeEqual(one, other);
  }
}
