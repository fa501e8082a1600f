import { LRUCache } from 'lru-cache';
import { compose, MailNotSent, MailRefused, type Mailer } from '../../../platform/mail/index.js';
import { ChannelError, type Channel } from './channel.js';
import type { Message } from './message.js';

/** Messages of which it is remembered who has them already. */
const REMEMBERED = 1000;

/** Mails a notification to each address. Its id is the `Message-ID`, so that a mail that comes twice is known again. */
export class EmailChannel implements Channel {
  readonly name = 'email';
  readonly knowsIds = true;
  /** Who accepted a message that others have yet to accept. */
  private readonly accepted = new LRUCache<string, Set<string>>({ max: REMEMBERED });

  /** @param origin where this server is found: the host of the message ids */
  constructor(
    private readonly mailer: Mailer,
    private readonly addresses: readonly string[],
    private readonly origin: string,
  ) {}

  async send({ id, title, text }: Message, signal: AbortSignal): Promise<void> {
    const letter = compose([
      {
        language: 'en',
        subject: title,
        paragraphs: text.split('\n\n').map((one) => one.replaceAll('\n', ' · ')),
        footer: this.origin,
      },
    ]);
    const messageId = `<${id}@${new URL(this.origin).hostname}>`;
    const accepted = this.accepted.get(id) ?? new Set();
    let failure: ChannelError | undefined;
    for (const address of this.addresses.filter((one) => !accepted.has(one))) {
      try {
        await this.mailer.send(address, { ...letter, messageId }, signal);
        accepted.add(address);
      } catch (error) {
        failure = failureOf(error, signal);
        if (signal.aborted) break;
      }
    }
    if (!failure) {
      this.accepted.delete(id);
      return;
    }
    this.accepted.set(id, accepted);
    throw failure;
  }
}

function failureOf(error: unknown, signal: AbortSignal): ChannelError {
  if (signal.aborted) return new ChannelError('timeout');
  if (error instanceof MailRefused) return new ChannelError('mail_refused');
  return new ChannelError(error instanceof MailNotSent ? 'mail_server' : 'mail');
}
