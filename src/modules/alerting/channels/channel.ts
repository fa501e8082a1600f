import type { AlertChannel } from '../../../platform/config/index.js';
import type { Message } from './message.js';

/**
 * What a channel did not accept. `code` is a word of ours (`timeout`, `dns`, `refused`, `http_503`); addresses, keys and
 * what the other side says are never part of it.
 */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';

  constructor(
    readonly code: string,
    /** Seconds for which the other side asks to be left alone. */
    readonly retryAfter?: number,
  ) {
    super(`not accepted: ${code}`);
  }
}

/** A way to people. */
export interface Channel {
  readonly name: AlertChannel;
  /** Whether the other side can tell by its id that it has a message already. */
  readonly knowsIds: boolean;
  /**
   * Hands a message over. May be called again with the same message: its id lets the other side, where it can, see that.
   * @returns once the other side has accepted it
   * @throws ChannelError
   */
  send(message: Message, signal: AbortSignal): Promise<void>;
}
