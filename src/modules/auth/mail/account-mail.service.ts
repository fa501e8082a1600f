import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import { JobQueue } from '../../../platform/jobs/index.js';
import { LIMIT_POLICIES, Limits, type LimitPolicy } from '../../../platform/limits/index.js';
import { Metrics } from '../../../platform/observability/index.js';
import { SecurityError } from '../../../platform/security/index.js';
import { MailTokensRepository, type MailToken } from './mail-tokens.repository.js';
import { SEND_MAIL, type Notice } from './mail.jobs.js';

/** Asks for mails, within the transaction that they are about. The queue sends them. */
@Injectable()
export class AccountMailService {
  constructor(
    private readonly tokens: MailTokensRepository,
    private readonly jobs: JobQueue,
    private readonly limits: Limits,
    private readonly metrics: Metrics,
  ) {}

  /** To the address of the account: is it yours? */
  async askToVerify(tx: Transaction, user: { id: string; email: string | null }): Promise<void> {
    if (user.email !== null) await this.ask(tx, 'verify', { purpose: 'verify', userId: user.id, email: user.email });
  }

  /** To the old address: it is about to change; then to the new one: is it yours? */
  askToChange(tx: Transaction, userId: string, email: string): Promise<void> {
    return this.ask(tx, 'email_change', { purpose: 'change', userId, email });
  }

  /** To whoever has this address, if anybody has: the same work in either case. */
  askToReset(tx: Transaction, email: string): Promise<void> {
    return this.ask(tx, 'reset', { purpose: 'reset', userId: null, email });
  }

  /** Tells the person something about the account, whoever has done it. */
  async tell(tx: Transaction, notice: Notice, userId: string): Promise<void> {
    await this.jobs.enqueue(tx, SEND_MAIL, { mail: notice, token_id: null, user_id: userId });
  }

  /** What was asked for before means nothing any more. */
  async forget(tx: Transaction, user: { id: string; email: string | null }): Promise<void> {
    await this.tokens.deleteAll(tx, user.id, user.email);
  }

  /**
   * Counts a mail to an address, whether or not it belongs to anybody: first with whoever asks for it, so that others
   * cannot soon keep somebody from their own mails, then by itself.
   * @param asker their network, or their id
   * @throws SecurityError `rate_limit_exceeded`
   */
  async countTo(email: string, asker: string): Promise<void> {
    await this.hit(LIMIT_POLICIES.mail_to, `${asker} ${email}`);
    await this.hit(LIMIT_POLICIES.mail_address, email);
  }

  /** Counts a mail that somebody signed in asks for. @throws SecurityError `rate_limit_exceeded` */
  countOf(userId: string): Promise<void> {
    return this.hit(LIMIT_POLICIES.mail_to, userId);
  }

  private async hit(policy: LimitPolicy, counted: string): Promise<void> {
    if (!this.limits.areOn) return;
    const { count, resetIn } = await this.limits.hit(policy, createHash('sha256').update(counted).digest('base64url'));
    if (count <= this.limits.allowance(policy)) return;
    this.metrics.limitHit(policy.name);
    throw new SecurityError('rate_limit_exceeded', { retryAfter: resetIn });
  }

  private async ask(
    tx: Transaction,
    mail: 'verify' | 'email_change' | 'reset',
    token: Omit<MailToken, 'id'>,
  ): Promise<void> {
    const id = uuidv7();
    await this.tokens.replace(tx, { id, ...token });
    await this.jobs.enqueue(tx, SEND_MAIL, { mail, token_id: id, user_id: null });
  }
}
