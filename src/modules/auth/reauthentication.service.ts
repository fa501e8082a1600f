import { Injectable } from '@nestjs/common';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import type { Principal } from '../../platform/security/index.js';
import { AuthError } from './auth.errors.js';
import { isFreshSignIn } from './auth.policy.js';
import { PasswordService } from './password/password.service.js';
import { SessionsRepository } from './sessions.repository.js';

/** Before what cannot be taken back, or opens another way in: is it really the person who is signed in? */
@Injectable()
export class ReauthenticationService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly sessions: SessionsRepository,
    private readonly passwords: PasswordService,
  ) {}

  /**
   * By the password; where none is given, by a session that has just begun, for those who sign in without one.
   * @param action of the audit log that a wrong password is refused
   * @throws AuthError `wrong_password`, `too_many_failures`, `fresh_sign_in_required`
   */
  async require(principal: Principal, password: string | undefined, address: string, action: string): Promise<void> {
    if (password === undefined) await this.requireFreshSignIn(principal);
    else await this.passwords.require(principal, password, address, { field: 'password', action });
  }

  /**
   * The same person, by the same session, with the same rights, in the transaction where it takes effect: hashing takes
   * its time, in which somebody may put them out or take a right from them.
   * @throws StaleViewerError
   */
  requireStill(tx: Transaction, principal: Principal): Promise<void> {
    return this.sessions.requireCurrent(tx, principal);
  }

  /** @throws AuthError `fresh_sign_in_required` */
  async requireFreshSignIn({ sessionId }: Principal): Promise<void> {
    const session = await this.runner.runAsIdentity((tx) => this.sessions.find(tx, sessionId));
    if (!session || !isFreshSignIn(session.createdAt, new Date())) throw new AuthError('fresh_sign_in_required');
  }
}
