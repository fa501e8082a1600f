import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../../platform/audit/index.js';
import { TransactionRunner } from '../../../platform/database/index.js';
import { fieldError } from '../../../platform/http/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { AccountsService, canAuthenticate } from '../../users/index.js';
import { AuthError } from '../auth.errors.js';
import { PasswordService } from '../password/password.service.js';
import { SessionsRepository } from '../sessions.repository.js';
import type { Device } from '../sessions.service.js';
import { AccountMailService } from './account-mail.service.js';
import { hashMailToken } from './mail-token.js';
import { MailTokensRepository } from './mail-tokens.repository.js';

/** The email of an account: proved, and changed once the new one is proved. */
@Injectable()
export class EmailService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly accounts: AccountsService,
    private readonly passwords: PasswordService,
    private readonly sessions: SessionsRepository,
    private readonly tokens: MailTokensRepository,
    private readonly mails: AccountMailService,
    private readonly trail: AuditTrail,
  ) {}

  /** Sends another link to one's own address; none when it is verified already. @throws SecurityError `rate_limit_exceeded` */
  async requestVerification(principal: Principal): Promise<void> {
    await this.mails.countOf(principal.userId);
    await this.runner.runAsIdentity(async (tx) => {
      const user = await this.accounts.find(tx, principal.userId);
      if (user?.emailVerifiedAt !== null) return;
      await this.mails.askToVerify(tx, user);
      await this.trail.record(tx, { ...by(principal, 'auth.email_verify_request'), subjectUserId: user.id });
    });
  }

  /**
   * Asks for another address. Nothing changes before that one is confirmed, and the answer does not tell whether
   * somebody has it.
   * @throws AuthError `wrong_password`, `too_many_failures`; SecurityError `rate_limit_exceeded`; DomainError 400
   */
  async requestChange(principal: Principal, email: string, password: string, device: Device): Promise<void> {
    const { user } = await this.passwords.require(principal, password, device.address, {
      field: 'password',
      action: CHANGE,
    });
    if (user.email === email) throw fieldError('email', 'is the email of this account already');
    await this.mails.countOf(principal.userId);
    await this.mails.countTo(email, principal.userId);
    await this.runner.runAsIdentity(async (tx) => {
      await this.accounts.lockWaysIn(tx, user.id);
      await this.sessions.requireLive(tx, principal.sessionId);
      await this.mails.askToChange(tx, user.id, email);
      await this.trail.record(tx, { ...by(principal, CHANGE), subjectUserId: user.id });
    });
  }

  /**
   * Proves an address by the token of a link: the own one, or the new one that now becomes it.
   * @throws AuthError `mail_token_invalid`; UserError `email_taken` when somebody else has proved it meanwhile
   */
  async confirm(token: string): Promise<void> {
    await this.runner.runAsIdentity(async (tx) => {
      const hash = hashMailToken(token);
      const known = await this.tokens.find(tx, hash, CONFIRMING);
      // Before the token: a new password by mail ends it under the same lock.
      if (known?.userId) await this.accounts.lockWaysIn(tx, known.userId);
      const used = await this.tokens.consume(tx, hash, CONFIRMING);
      const user = used?.userId ? await this.accounts.find(tx, used.userId) : null;
      if (!used || !user || !canAuthenticate(user)) throw new AuthError('mail_token_invalid');
      if (used.purpose === 'verify' && user.email !== used.email) throw new AuthError('mail_token_invalid');
      await this.mails.forget(tx, user);
      await this.accounts.proveEmail(tx, user.id, used.email);
      await this.trail.record(tx, {
        action: used.purpose === 'verify' ? 'auth.email_verify' : 'auth.email_changed',
        outcome: 'success',
        subjectUserId: user.id,
      });
    });
  }
}

const CONFIRMING = ['verify', 'change'] as const;

/** Of the audit log: asked for; `auth.email_changed` once the new address is confirmed. */
const CHANGE = 'auth.email_change';
