import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../../platform/database/index.js';
import { fieldError } from '../../../platform/http/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { AccountsService, canAuthenticate } from '../../users/index.js';
import { AuthError } from '../auth.errors.js';
import { LoginService } from '../login.service.js';
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
    private readonly logins: LoginService,
    private readonly tokens: MailTokensRepository,
    private readonly mails: AccountMailService,
  ) {}

  /** Sends another link to one's own address; none when it is verified already. @throws SecurityError `rate_limit_exceeded` */
  async requestVerification(principal: Principal): Promise<void> {
    await this.mails.count(principal.userId);
    await this.runner.runAsIdentity(async (tx) => {
      const user = await this.accounts.find(tx, principal.userId);
      if (user?.emailVerifiedAt === null) await this.mails.askToVerify(tx, user);
    });
  }

  /**
   * Asks for another address. Nothing changes before that one is confirmed, and the answer does not tell whether
   * somebody has it.
   * @throws AuthError `wrong_password`, `too_many_failures`; SecurityError `rate_limit_exceeded`; DomainError 400
   */
  async requestChange(principal: Principal, email: string, password: string, device: Device): Promise<void> {
    const { user } = await this.logins.requirePassword(principal.userId, 'password', password, device);
    if (user.email === email) throw fieldError('email', 'is the email of this account already');
    await this.mails.count(principal.userId);
    await this.mails.count(email);
    await this.runner.runAsIdentity((tx) => this.mails.askToChange(tx, principal.userId, email));
  }

  /**
   * Proves an address by the token of a link: the own one, or the new one that now becomes it.
   * @throws AuthError `mail_token_invalid`; UserError `email_taken` when somebody else has proved it meanwhile
   */
  async confirm(token: string): Promise<void> {
    await this.runner.runAsIdentity(async (tx) => {
      const used = await this.tokens.consume(tx, hashMailToken(token), ['verify', 'change']);
      const user = used?.userId ? await this.accounts.find(tx, used.userId) : null;
      if (!used || !user || !canAuthenticate(user)) throw new AuthError('mail_token_invalid');
      if (used.purpose === 'verify' && user.email !== used.email) throw new AuthError('mail_token_invalid');
      await this.mails.forget(tx, user);
      await this.accounts.proveEmail(tx, user.id, used.email);
    });
  }
}
