import { ChannelError, messageOf, type Channel } from '../channels/index.js';
import { pauseAfter } from './backoff.js';
import type { Posted } from './book.js';
import type { Clock } from './clock.js';
import type { DeliverySettings } from './delivery.settings.js';
import type { Note, NoteKind } from './records.js';

/** What an attempt came to. */
export interface Attempted {
  readonly channel: Channel['name'];
  readonly id: string;
  readonly kind: NoteKind;
  readonly outcome: 'accepted' | 'failed' | 'dead';
  readonly attempts: number;
  readonly code?: string;
}

/** Told of attempts. */
interface Watcher {
  /** Writes down that a channel that knows no ids is about to be tried. */
  begin(id: string): Promise<void>;
  done(attempted: Attempted): void;
}

interface Job {
  readonly posted: Posted;
  readonly sinceMono: number;
  attempts: number;
  dueMono: number;
}

/** Of the time for which something is tried, what is left after a restart at the least: a clock may have been put forward. */
const LEAST_LEFT = 3_600_000;

/**
 * What one channel has yet to accept. One attempt at a time, each with a limit, so a channel that hangs holds up nobody
 * but itself; what has failed waits ever longer, and what has not is not behind it.
 */
export class ChannelQueue {
  /** What the last attempt failed with; undefined when it was accepted. */
  lastError: string | undefined;
  private readonly jobs = new Map<string, Job>();
  private isBusy = false;
  private isStopped = false;
  private pausedUntil = 0;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly channel: Channel,
    private readonly settings: Pick<DeliverySettings, 'attempt' | 'backoff'>,
    private readonly clock: Clock,
    private readonly watcher: Watcher,
  ) {}

  get name(): Channel['name'] {
    return this.channel.name;
  }

  get size(): number {
    return this.jobs.size;
  }

  /** Takes what is to be sent, unless it has it already. */
  add(posted: Posted): void {
    const { id, patience } = posted.note;
    if (this.jobs.has(id)) return;
    const { mono } = this.clock.now();
    const sinceMono = Math.max(posted.sinceMono, mono - Math.max(0, patience - LEAST_LEFT));
    this.jobs.set(id, { posted, sinceMono, attempts: 0, dueMono: mono });
    this.pump();
  }

  /** Begins the next attempt that is due, if none is under way. */
  pump(): void {
    if (this.isBusy || this.isStopped) return;
    const job = this.next();
    if (!job) return;
    this.isBusy = true;
    this.running = this.attempt(job).finally(() => {
      this.isBusy = false;
      this.pump();
    });
  }

  /** Begins nothing more. @returns when the attempt that is under way has ended */
  stop(): Promise<void> {
    this.isStopped = true;
    return this.running;
  }

  /** Of those that are due: critical ones first, then what has waited longest. */
  private next(): Job | undefined {
    const { mono } = this.clock.now();
    if (mono < this.pausedUntil) return undefined;
    let best: Job | undefined;
    for (const job of this.jobs.values()) if (job.dueMono <= mono && (!best || isBefore(job, best))) best = job;
    return best;
  }

  private async attempt(job: Job): Promise<void> {
    const { note, begun } = job.posted;
    const { id, kind } = note;
    job.attempts += 1;
    const mayHaveCome = begun.has(this.name);
    // Also where it cannot be written down: then a crash loses that it may have come, not the message.
    if (!this.channel.knowsIds && !mayHaveCome) await this.watcher.begin(id);
    const code = await this.send(note, mayHaveCome);
    if (code !== undefined && isRefusal(code) && !mayHaveCome) begun.delete(this.name);
    const { mono } = this.clock.now();
    const about = { channel: this.name, id, kind, attempts: job.attempts };
    if (code === undefined) {
      this.jobs.delete(id);
      // It answers again: what waits need not wait longer.
      if (this.lastError !== undefined) for (const other of this.jobs.values()) other.dueMono = mono;
      this.lastError = undefined;
      this.watcher.done({ ...about, outcome: 'accepted' });
      return;
    }
    this.lastError = code;
    const isDead = mono - job.sinceMono >= note.patience;
    if (isDead) this.jobs.delete(id);
    else job.dueMono = mono + pauseAfter(job.attempts, this.settings.backoff);
    this.watcher.done({ ...about, outcome: isDead ? 'dead' : 'failed', code });
  }

  /** @returns why it was not accepted; undefined when it was */
  private async send({ id, group, alerts, kind }: Note, mayHaveCome: boolean): Promise<string | undefined> {
    const ending = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    // A look-up of a name cannot be called off: it is left behind.
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        ending.abort();
        reject(new ChannelError('timeout'));
      }, this.settings.attempt);
    });
    try {
      // Made here: a note that no message can be made of fails like any other, and does not end the process.
      const message = messageOf({ id, group, alerts, isRepeat: kind === 'repeat', mayHaveCome });
      await Promise.race([this.channel.send(message, ending.signal), late]);
      return undefined;
    } catch (error) {
      if (!(error instanceof ChannelError)) return 'internal';
      if (error.retryAfter !== undefined) this.pausedUntil = this.clock.now().mono + error.retryAfter * 1000;
      return error.code;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether a failure says that nothing was accepted. What a gateway answers (5xx) does not say what is behind it. */
const isRefusal = (code: string): boolean => /^(http_4\d\d|dns|refused|unreachable|tls)$/.test(code);

const isCritical = ({ posted }: Job): boolean => posted.note.alerts[0]?.severity === 'critical';

const isBefore = (one: Job, other: Job): boolean =>
  isCritical(one) === isCritical(other) ? one.dueMono < other.dueMono : isCritical(one);
