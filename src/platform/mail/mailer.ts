import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { MailConfig, ServerConfig } from '../config/index.js';
import type { Composed } from './letter.js';
import { MailRefused } from './mail.errors.js';
import type { MailTransport, OutgoingMail } from './mail-transport.js';
import { Outbox } from './outbox.js';
import { Smtp } from './smtp.js';

/** One address and nothing else: no spaces, lines, lists, comments, quotes. */
const ADDRESS = /^[^\s\p{Cc}<>@,;:"()[\]\\]{1,64}@[^\s\p{Cc}<>@,;:"()[\]\\]{1,255}$/u;

/** Sends mails. To be called from jobs, which try again; requests never wait for a mail server. */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly transport: MailTransport;

  constructor(
    @Inject(MailConfig) private readonly config: MailConfig,
    @Inject(ServerConfig) server: ServerConfig,
  ) {
    const { smtpUrl: url, requireTls, timeout } = config;
    this.transport =
      url === undefined ? new Outbox(join(server.dataDir, 'outbox')) : new Smtp({ url, requireTls, timeout });
  }

  /**
   * Hands one mail over.
   * @throws MailNotSent to be tried again; MailRefused when the server will never take it, or `to` is not one address
   */
  async send(
    to: string,
    { subject, text, html, messageId }: Composed & Pick<OutgoingMail, 'messageId'>,
    signal: AbortSignal,
  ): Promise<void> {
    if (!ADDRESS.test(to) || /\p{Cc}/u.test(subject)) throw new MailRefused('not a mail to one address');
    await this.transport.send(
      { from: this.config.from, to, subject, text, html, ...(messageId && { messageId }) },
      signal,
    );
  }

  /** Deletes the mails to an address that are kept on this server. @returns how many there were */
  forget(address: string): Promise<number> {
    return this.transport.forget(address);
  }

  onApplicationShutdown(): void {
    this.transport.close();
  }
}
