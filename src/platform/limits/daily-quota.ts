import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { LimitsConfig } from '../config/index.js';
import { QuotaStore, type QuotaSubject } from './quota-store.js';

/** What is left of somebody's day. */
export interface Remainder {
  readonly isAllowed: boolean;
  readonly allowed: number;
  /** At most so many, as other processes may have handed out some of them since. */
  readonly left: number;
  /** Seconds until the day ends. */
  readonly resetIn: number;
}

/** The part of somebody's day that this process hands out. Times are milliseconds since 1970. */
interface Share {
  subject: QuotaSubject;
  /** Requests that are leased and not used. */
  leased: number;
  day: string;
  dayEnds: number;
  allowed: number;
  /** What the database had left beside the lease. */
  leftElsewhere: number;
  /** Until then it is known that nothing limits this subject, or that nothing is left. */
  settledUntil: number;
  isFree: boolean;
  /** The lease that is under way, for all who wait for it. */
  asking: Promise<void> | undefined;
}

/** How long the absence of a quota is believed, and how long the end of one, in milliseconds. */
const FREE_MEMORY = 60_000;
const SPENT_MEMORY = 1000;
/** People and keys whose share is kept; what is forgotten was handed out, so nobody gains by it. */
const CAPACITY = 20_000;
const LARGEST = 2_147_483_647;

/**
 * Requests per day, counted in the database so that they survive restarts and hold for all processes together. A process
 * leases up to 64 at once, which makes one write of 64 requests, and leases fewer as the day's end nears: so nobody ever
 * gets one more than allowed. What a killed process had leased and not used (64 at most) is lost for that day.
 */
@Injectable()
export class DailyQuota implements OnApplicationShutdown {
  private readonly shares = new LRUCache<string, Share>({ max: CAPACITY });
  private readonly standard: number | null;

  constructor(
    private readonly store: QuotaStore,
    { requestsPerDay, multiplier }: LimitsConfig,
  ) {
    this.standard = requestsPerDay === 0 ? null : Math.min(LARGEST, requestsPerDay * multiplier);
  }

  /** Counts one request. Answers at once while the lease lasts; undefined when nothing limits this subject. */
  take(subject: QuotaSubject): Promise<Remainder | undefined> | Remainder | undefined {
    const share = this.shareOf(subject);
    const now = Date.now();
    return isSettled(share, now) ? count(share, now) : this.askAndCount(share);
  }

  /** Gives back what was not used, so that an orderly restart costs nobody anything: after the last request. */
  async onApplicationShutdown(): Promise<void> {
    const unused = [...this.shares.values()].filter(({ leased }) => leased > 0);
    this.shares.clear();
    if (unused.length === 0) return;
    await this.store.giveBack(unused).catch((error: unknown) => {
      new Logger('Limits').warn({ reason: String(error) }, 'unused requests of the day could not be given back');
    });
  }

  private shareOf(subject: QuotaSubject): Share {
    const id = subject.keyId ?? subject.userId;
    let share = this.shares.get(id);
    if (!share) {
      share = {
        subject,
        leased: 0,
        day: '',
        dayEnds: 0,
        allowed: 0,
        leftElsewhere: 0,
        settledUntil: 0,
        isFree: false,
        asking: undefined,
      };
      this.shares.set(id, share);
    }
    share.subject = subject;
    return share;
  }

  private async askAndCount(share: Share): Promise<Remainder | undefined> {
    do {
      share.asking ??= this.ask(share).finally(() => (share.asking = undefined));
      await share.asking;
      // Many may have waited for a lease that is too small for them: those it did not reach ask again.
    } while (!isSettled(share, Date.now()));
    return count(share, Date.now());
  }

  private async ask(share: Share): Promise<void> {
    const lease = await this.store.lease(share.subject, this.standard);
    const now = Date.now();
    share.isFree = lease === undefined;
    if (lease === undefined) {
      share.settledUntil = now + FREE_MEMORY;
      return;
    }
    const { granted, allowed, usedBefore, today, resetsIn } = lease;
    share.leased = granted;
    share.day = today;
    share.dayEnds = now + resetsIn * 1000;
    share.allowed = allowed;
    share.leftElsewhere = Math.max(0, allowed - usedBefore - granted);
    share.settledUntil = granted === 0 ? Math.min(now + SPENT_MEMORY, share.dayEnds) : 0;
  }
}

/** Whether the share can say yes or no without the database. */
const isSettled = ({ leased, dayEnds, settledUntil }: Share, now: number): boolean =>
  now < settledUntil || (leased > 0 && now < dayEnds);

function count(share: Share, now: number): Remainder | undefined {
  if (share.isFree) return undefined;
  const isAllowed = share.leased > 0 && now < share.dayEnds;
  if (isAllowed) share.leased -= 1;
  const { allowed, leased, leftElsewhere, dayEnds } = share;
  return { isAllowed, allowed, left: leased + leftElsewhere, resetIn: Math.max(1, Math.ceil((dayEnds - now) / 1000)) };
}
