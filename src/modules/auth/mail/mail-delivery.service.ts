import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ServerConfig } from '../../../platform/config/index.js';
import { TransactionRunner, type Transaction } from '../../../platform/database/index.js';
import { defineSchedule, JobQueue, JobRegistry, type Job, type JobContext } from '../../../platform/jobs/index.js';
import { compose, Mailer, MailRefused, type Composed } from '../../../platform/mail/index.js';
import { AccountsService, canAuthenticate, mayReturn, type User } from '../../users/index.js';
import { hashMailToken, newMailToken } from './mail-token.js';
import { MailTokensRepository, type MailToken } from './mail-tokens.repository.js';
import { SEND_MAIL, type AccountMail } from './mail.jobs.js';
import { lettersFor } from './mail.texts.js';

/** Life of a link in seconds, from the moment when its mail is sent. */
const LIFE = 600;

type MailJob = Job<NonNullable<(typeof SEND_MAIL)['payload']>>;

interface Outgoing {
  readonly to: string;
  readonly mail: Composed;
}

/**
 * Writes mails and hands them over, as jobs. What a mail says is decided when it is sent: a disabled account gets none,
 * a request that a newer one has replaced neither. Each attempt makes a new token, so none is ever stored.
 */
@Injectable()
export class MailDeliveryService implements OnModuleInit {
  private readonly logger = new Logger('Mail');

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: JobRegistry,
    private readonly jobs: JobQueue,
    private readonly tokens: MailTokensRepository,
    private readonly accounts: AccountsService,
    private readonly mailer: Mailer,
    private readonly server: ServerConfig,
  ) {}

  onModuleInit(): void {
    this.registry.register(SEND_MAIL, async (jobs, context) => {
      for (const job of jobs) await this.deliver(job, context);
    });
    this.registry.registerSchedule(
      defineSchedule({
        id: 'auth.mail_tokens',
        cron: '41 * * * *',
        execute: () => this.runner.runAsIdentity((tx) => this.tokens.deleteOld(tx)),
      }),
    );
  }

  private async deliver({ payload }: MailJob, { signal }: JobContext): Promise<void> {
    const outgoing = await this.runner.runAsIdentity((tx) => this.write(tx, payload));
    if (payload.mail !== 'email_change') {
      if (outgoing) await this.mailer.send(outgoing.to, outgoing.mail, signal);
      return;
    }
    // The old address first, so that it is told before anything can change; it may be out of use.
    if (outgoing) await this.mailer.send(outgoing.to, outgoing.mail, signal).catch(goOnWhenRefused);
    await this.runner.runAsIdentity((tx) => this.jobs.enqueue(tx, SEND_MAIL, { ...payload, mail: 'change' }));
  }

  private async write(tx: Transaction, { mail, token_id, user_id }: MailJob['payload']): Promise<Outgoing | undefined> {
    if (token_id === null) return this.notice(mail, user_id === null ? null : await this.accounts.find(tx, user_id));
    const token = await this.tokens.lock(tx, token_id);
    if (!token) return undefined;
    const user = await this.recipient(tx, token);
    if (mail === 'email_change') return this.notice(mail, user ?? null);
    const secret = newMailToken();
    // Also where nobody is to get it: the next request about this address finds the same as if there were an account.
    await this.tokens.arm(tx, token.id, hashMailToken(secret), LIFE);
    if (!user) {
      this.logger.debug({ mail }, 'a mail was not sent: nobody is to get it');
      return undefined;
    }
    return { to: token.email, mail: compose(lettersFor(mail, user.language, this.server.origin, secret)) };
  }

  /** Whose account it is about, as things are now; undefined when the mail would be of no use or go to a stranger. */
  private async recipient(tx: Transaction, { purpose, userId, email }: MailToken): Promise<User | undefined> {
    const holder = await this.accounts.findBySignInName(tx, { email });
    const user = userId === null ? holder : await this.accounts.find(tx, userId);
    if (!user || !(purpose === 'reset' ? mayReturn(user) : canAuthenticate(user))) return undefined;
    if (purpose === 'verify' && user.email !== email) return undefined;
    const isSomebodyElses = purpose === 'change' && holder !== null && holder.emailVerifiedAt !== null;
    return isSomebodyElses ? undefined : user;
  }

  private notice(mail: AccountMail, user: User | null): Outgoing | undefined {
    if (!user?.email || !mayReturn(user)) return undefined;
    return { to: user.email, mail: compose(lettersFor(mail, user.language, this.server.origin, undefined)) };
  }
}

function goOnWhenRefused(error: unknown): void {
  if (!(error instanceof MailRefused)) throw error;
}
