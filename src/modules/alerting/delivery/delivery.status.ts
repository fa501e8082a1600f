import type { AlertChannel } from '../../../platform/config/index.js';

/** What became of one notification at one channel. */
export interface Receipt {
  readonly channel: AlertChannel;
  /** `failed`: it was tried and not accepted, though it is tried again for a while; `pending`: no attempt has ended. */
  readonly outcome: 'accepted' | 'failed' | 'pending';
  /** Why it failed, such as `http_401`, `timeout`, `dns`; what a server said in words is never in it. */
  readonly code?: string;
  readonly attempts: number;
  readonly tookMs: number;
}

/** How a channel stands. */
export interface ChannelStatus {
  readonly channel: AlertChannel;
  /** Whether it is held back until others fail. */
  readonly isFallback: boolean;
  /** When it last accepted something, in milliseconds since 1970. */
  readonly verifiedAt: number | undefined;
  /** Whether that was within 36 hours. */
  readonly isVerified: boolean;
  /** What its last attempt failed with; undefined when that was accepted. */
  readonly lastError: string | undefined;
  readonly pending: number;
}

/** How delivery stands. */
export interface DeliveryStatus {
  /** `down`: alerts are kept in memory only, and a crash would lose them. */
  readonly journal: {
    readonly state: 'up' | 'down' | 'closed';
    /** Why it is down, such as `ENOSPC`, `EROFS`, `timeout`, `locked`. */
    readonly error: string | undefined;
    /** Lines that were damaged when it was read, and are lost. */
    readonly damagedLines: number;
  };
  /** Notifications that some channel has yet to accept. */
  readonly pending: number;
  /** Seconds since the oldest of them was written; 0 without any. */
  readonly oldestSeconds: number;
  /** Notifications that a channel never accepted, within the last week. */
  readonly dead: number;
  readonly channels: readonly ChannelStatus[];
  /** Entries that history has yet to take, and those that were dropped because it took none for too long. */
  readonly history: { readonly waiting: number; readonly dropped: number };
}
