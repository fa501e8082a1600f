import { ChannelError, type Channel } from './channel.js';
import { clip, type Message } from './message.js';
import { postJson, refuseUnlessOk, type Posted } from './post.js';

/** Characters of a message (https://core.telegram.org/bots/api#sendmessage). */
const LONGEST = 4096;
/** Said where nobody knows whether the message was accepted before. */
const REPEATED = 'This message may have come before.';

interface Answer {
  readonly ok?: unknown;
  readonly parameters?: { readonly retry_after?: unknown };
}

/**
 * Sends a message by a bot, as plain text: nothing in it is read as markup. The Bot API knows no idempotency: what was
 * accepted while its answer was lost comes twice, and says so.
 */
export class TelegramChannel implements Channel {
  readonly name = 'telegram';
  readonly knowsIds = false;
  private readonly url: string;

  constructor(
    apiUrl: string,
    botToken: string,
    private readonly chatId: string,
  ) {
    this.url = `${apiUrl.replace(/\/+$/, '')}/bot${botToken}/sendMessage`;
  }

  async send({ title, text, severity, status, mayHaveCome }: Message, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({
      chat_id: this.chatId,
      text: clip([title, ...(mayHaveCome ? [REPEATED] : []), text].join('\n\n'), LONGEST),
      link_preview_options: { is_disabled: true },
      disable_notification: severity === 'info' && status === 'firing',
    });
    const posted = await postJson({ url: this.url, body }, signal);
    const answer = answerOf(posted);
    const pause = answer?.parameters?.retry_after;
    refuseUnlessOk(typeof pause === 'number' ? { ...posted, retryAfter: pause } : posted);
    if (answer?.ok !== true) throw new ChannelError('nonsense');
  }
}

function answerOf({ text }: Posted): Answer | undefined {
  try {
    return (JSON.parse(text) as Answer | null) ?? undefined;
  } catch {
    return undefined;
  }
}
