import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../../platform/audit/index.js';
import { TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import { AccountsService, mayReturn, type User } from '../../users/index.js';
import { AuthError } from '../auth.errors.js';
import { CredentialsRepository } from '../credentials.repository.js';
import { HandoverService } from '../handover.service.js';
import { PasswordHasher } from '../password/password-hasher.js';
import { passwordFaults, weakPassword } from '../password/password-rules.js';
import type { Device } from '../sessions.service.js';
import { SignInThrottle } from '../sign-in-throttle.js';
import { AccountMailService } from './account-mail.service.js';
import { hashMailToken } from './mail-token.js';
import { MailTokensRepository } from './mail-tokens.repository.js';

/** The way back into an account whose password is forgotten. */
@Injectable()
export class RecoveryService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly accounts: AccountsService,
    private readonly credentials: CredentialsRepository,
    private readonly handover: HandoverService,
    private readonly tokens: MailTokensRepository,
    private readonly mails: AccountMailService,
    private readonly hasher: PasswordHasher,
    private readonly throttle: SignInThrottle,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Has a link sent to the address if an account has it. Looks for none itself: nobody learns whether there is one, by
   * the answer or by its time.
   * @throws SecurityError `rate_limit_exceeded`
   */
  async forgot(email: string, device: Device): Promise<void> {
    await this.mails.countTo(email, device.address);
    await this.runner.runAsIdentity(async (tx) => {
      await this.mails.askToReset(tx, email);
      // Whose it would be is not looked for, and the address is not kept.
      await this.trail.record(tx, { action: 'auth.password_forgot', outcome: 'success' });
    });
  }

  /**
   * Sets a new password by the token of such a link. It proves the address, so whoever else got into the account is out:
   * all sessions, access tokens, API keys and other links end, see `HandoverService`.
   * @throws AuthError `mail_token_invalid`; DomainError 400 when the password breaks the rules, and the token stays good
   */
  async reset(token: string, password: string, device: Device): Promise<void> {
    const hash = hashMailToken(token);
    const user = await this.runner.runAsIdentity(async (tx) =>
      this.holder(tx, await this.tokens.find(tx, hash, RESET)),
    );
    const faults = passwordFaults(password, [user.email, user.username]);
    if (faults.length > 0) throw weakPassword('new_password', faults);
    const passwordHash = await this.hasher.hash(password);
    const owner = await this.runner.runAsIdentity(async (tx) => {
      await this.accounts.lockWaysIn(tx, user.id);
      // Asked again: of two uses at once one wins, and hashing took a while.
      const found = await this.holder(tx, await this.tokens.consume(tx, hash, RESET));
      await this.handover.toHolderOf(found.email, found, 'password', tx);
      await this.credentials.save(tx, found.id, passwordHash);
      await this.mails.tell(tx, 'password_changed', found.id);
      await this.trail.record(tx, {
        action: 'auth.password_reset',
        outcome: 'success',
        subjectUserId: found.id,
        details: { was_verified: found.emailVerifiedAt !== null },
      });
      return found;
    });
    await this.throttle.forgive({ account: owner.id, address: device.address });
  }

  /** Who has the address that the token proves. */
  private async holder(tx: Transaction, token: { email: string } | undefined): Promise<User & { email: string }> {
    const user = token && (await this.accounts.findBySignInName(tx, { email: token.email }));
    if (!user || !mayReturn(user)) throw new AuthError('mail_token_invalid');
    return { ...user, email: token.email };
  }
}

const RESET = ['reset'] as const;
