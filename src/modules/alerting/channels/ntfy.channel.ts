import type { Severity } from '../alert.js';
import type { Channel } from './channel.js';
import { clipBytes, type Message } from './message.js';
import { postJson, refuseUnlessOk } from './post.js';

/** Bytes of a message; a longer one becomes a file (https://docs.ntfy.sh/publish/#limitations). */
const LONGEST = 4000;
const LONGEST_TITLE = 240;
const PRIORITY: Readonly<Record<Severity, number>> = { critical: 5, warning: 4, info: 2 };
const TAG: Readonly<Record<Severity, string>> = {
  critical: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
};

/**
 * Publishes to a topic as JSON (https://docs.ntfy.sh/publish/#publish-as-json). The id is the sequence id: apps show a
 * message that comes twice once, from ntfy 2.16 on.
 */
export class NtfyChannel implements Channel {
  readonly name = 'ntfy';
  readonly knowsIds = true;
  private readonly url: string;
  private readonly topic: string;

  /** @param url of the topic: its last part is the name */
  constructor(
    url: string,
    private readonly token: string | undefined,
  ) {
    const base = new URL(url);
    const parts = base.pathname.split('/');
    this.topic = parts.pop() ?? '';
    base.pathname = `${parts.join('/')}/`;
    this.url = base.href;
  }

  async send({ id, title, text, severity, status }: Message, signal: AbortSignal): Promise<void> {
    const isOver = status === 'resolved';
    const body = JSON.stringify({
      topic: this.topic,
      sequence_id: id,
      title: clipBytes(title, LONGEST_TITLE),
      message: clipBytes(text, LONGEST),
      priority: isOver ? 3 : PRIORITY[severity],
      tags: [isOver ? 'white_check_mark' : TAG[severity]],
    });
    const headers = {
      'x-sequence-id': id,
      ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
    };
    refuseUnlessOk(await postJson({ url: this.url, headers, body }, signal));
  }
}
