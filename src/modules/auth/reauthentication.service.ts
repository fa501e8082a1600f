import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { AuthError } from './auth.errors.js';
import { isFreshSignIn } from './auth.policy.js';
import { CredentialsRepository } from './credentials.repository.js';
import { PasswordHasher } from './password/password-hasher.js';
import { SessionsRepository } from './sessions.repository.js';
import { SignInThrottle } from './sign-in-throttle.js';

/** Before what cannot be taken back, or opens another way in: is it really the person who is signed in? */
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
    if (password === undefined) return this.requireFreshSignIn(principal);
    const hash = await this.runner.runAsIdentity((tx) => this.credentials.findHash(tx, principal.userId));
    const attempt = { account: `change:${principal.userId}`, address, isKnownAddress: false };
    if (!(await this.hasher.verify(hash, password, this.throttle.turn(attempt))))
      throw new AuthError('wrong_password', { errors: [{ field: 'password', messages: ['is wrong'] }] });
  }

  /** @throws AuthError `fresh_sign_in_required` */
  async requireFreshSignIn({ sessionId }: Principal): Promise<void> {
    const session = await this.runner.runAsIdentity((tx) => this.sessions.find(tx, sessionId));
    if (!session || !isFreshSignIn(session.createdAt, new Date())) throw new AuthError('fresh_sign_in_required');
  }
}
