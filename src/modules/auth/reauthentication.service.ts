import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { AuthError } from './auth.errors.js';
import { CredentialsRepository } from './credentials.repository.js';
import { PasswordHasher } from './password/password-hasher.js';
import { SessionsRepository } from './sessions.repository.js';
import { SignInThrottle } from './sign-in-throttle.js';

/** Seconds within which a sign-in counts as fresh: 5 minutes. */
const FRESH = 300;

/** Before what cannot be taken back: is it really the person who is signed in? */
@Injectable()
export class ReauthenticationService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionsRepository,
    private readonly hasher: PasswordHasher,
    private readonly throttle: SignInThrottle,
  ) {}

  /**
   * By the password; where none is given, by a session that has just begun, for those who sign in without one.
   * @throws AuthError `wrong_password`, `too_many_failures`, `fresh_sign_in_required`
   */
  async require(principal: Principal, password: string | undefined, address: string): Promise<void> {
    const { hash, isFresh } = await this.runner.runAsIdentity(async (tx) => ({
      hash: await this.credentials.findHash(tx, principal.userId),
      isFresh: await this.sessions.isFresh(tx, principal.sessionId, FRESH),
    }));
    if (password === undefined) {
      if (!isFresh) throw new AuthError('fresh_sign_in_required');
      return;
    }
    const attempt = { account: `change:${principal.userId}`, address, isKnownAddress: false };
    if (!(await this.hasher.verify(hash, password, this.throttle.turn(attempt))))
      throw new AuthError('wrong_password', { errors: [{ field: 'password', messages: ['is wrong'] }] });
  }
}
