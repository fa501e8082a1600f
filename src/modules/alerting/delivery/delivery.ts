import type { AlertChannel } from '../../../platform/config/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import { fingerprintOf, type Alert } from '../alert.js';
import type { Channel } from '../channels/index.js';
import type { Attempted } from './channel-queue.js';
import type { Clock } from './clock.js';
import { DeliveryError } from './delivery.errors.js';
import type { DeliverySettings } from './delivery.settings.js';
import type { ChannelStatus, DeliveryStatus, Receipt } from './delivery.status.js';
import { Dispatcher } from './dispatcher.js';
import { takenBy } from './intake.js';
import type { JournalFs } from './journal/journal-folder.js';
import { Ledger, type LedgerLog } from './ledger.js';
import { Mirror } from './mirror.js';
import { Outbox } from './outbox.js';
import type { AlertHistorySink, InhibitionRules, SilenceSource } from './ports.js';
import { Receipts } from './receipts.js';
import { groupOf } from './records.js';

/** How long ago a channel may have accepted something to count as one that works, in milliseconds. */
const VERIFIED_FOR = 36 * 3_600_000;
/** The alert that tells by the other channels that one is lost. */
export const UNDELIVERED = 'AlertNotDelivered';
/** Its heading in docs/RUNBOOKS.md. */
const RUNBOOK = 'AlertDeliveryFailing';

export interface DeliveryOptions {
  /** Folder of the journals. */
  readonly folder: string;
  readonly channels: readonly Channel[];
  readonly settings: DeliverySettings;
  readonly silences: SilenceSource;
  readonly rules: InhibitionRules;
  readonly history: AlertHistorySink;
  readonly clock: Clock;
  readonly log: LedgerLog;
  readonly fs?: JournalFs;
  /** Told of each attempt that has ended. */
  readonly attempted?: (attempted: Attempted) => void;
}

/** The whole of delivery: what takes alerts, decides, sends, and remembers. */
export class Delivery {
  private readonly ledger: Ledger;
  private readonly outbox: Outbox;
  private readonly dispatcher: Dispatcher;
  private readonly mirror: Mirror;
  private timer: NodeJS.Timeout | undefined;
  private isOpen = false;

  constructor(private readonly options: DeliveryOptions) {
    const { folder: parent, channels, settings, clock, silences, rules, history, log, fs } = options;
    this.ledger = new Ledger({
      parent,
      clock,
      limit: settings.disk,
      compactAfter: settings.compactAfter,
      log,
      fs,
      onRead: () => {
        this.dispatcher.resume();
        this.outbox.resume();
      },
    });
    this.outbox = new Outbox(this.ledger, channels, settings, clock);
    this.dispatcher = new Dispatcher(this.ledger, this.outbox, settings, clock, silences, rules);
    this.mirror = new Mirror(this.ledger, history, clock);
    this.outbox.listen((attempted) => {
      options.attempted?.(attempted);
      this.tellOfLoss(attempted);
    });
  }

  /** Opens the journal, takes up what is left there, and begins. Without a journal it begins all the same. */
  async start(): Promise<void> {
    this.isOpen = true;
    await this.ledger.open();
    this.tick();
    this.timer = setInterval(() => {
      this.tick();
    }, this.options.settings.tick).unref();
  }

  /** Ends what is under way. What is left stands in the journal. */
  async stop(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    clearInterval(this.timer);
    await this.outbox.stop();
    await this.ledger.close();
  }

  /** Looks at what is due; by itself once per `settings.tick`. */
  tick(): void {
    this.dispatcher.tick();
    this.outbox.tick();
    void this.mirror.tick();
    void this.ledger.tick();
  }

  /** @throws DeliveryError `alert_journal_down`, `alerts_too_many` */
  async take(alerts: readonly Alert[]): Promise<void> {
    const { mono, wall } = this.options.clock.now();
    const { entries, seen, refused } = takenBy(this.ledger.book, alerts, wall);
    for (const key of seen) this.ledger.book.touch(key, mono);
    const isSafe = await this.ledger.enter(entries);
    if (!isSafe) throw new DeliveryError('alert_journal_down');
    if (refused > 0) throw new DeliveryError('alerts_too_many');
  }

  /** Tells of one alert by every channel, now. */
  async deliverNow(alert: Alert): Promise<Receipt[]> {
    const id = uuidv7();
    const { receipts: limit, testPatience: patience } = this.options.settings;
    const receipts = new Receipts(this.outbox, id, this.options.clock);
    await this.outbox.post({ kind: 'test', group: groupOf(alert), alerts: [alert], patience }, { toAll: true, id });
    return receipts.within(limit);
  }

  /** A channel has accepted something of another process. @param age milliseconds since then */
  proved(channel: AlertChannel, age: number): void {
    const { verified } = this.ledger.book;
    const { mono, wall } = this.options.clock.now();
    const known = verified.get(channel);
    if (!known || known.mono < mono - age) verified.set(channel, { at: wall - age, mono: mono - age });
  }

  active(): readonly Alert[] {
    const { book } = this.ledger;
    return [...book.current.values()].flatMap((key) => book.episodes.get(key)?.alert ?? []);
  }

  status(): DeliveryStatus {
    const { book, error, damagedLines } = this.ledger;
    const { mono } = this.options.clock.now();
    const since = [...book.outbox.values()].map(({ sinceMono }) => sinceMono);
    const state = error === undefined ? 'up' : this.isOpen ? 'down' : 'closed';
    return {
      journal: { state, error: this.isOpen ? error : undefined, damagedLines },
      pending: since.length,
      oldestSeconds: since.length === 0 ? 0 : (mono - Math.min(...since)) / 1000,
      dead: book.lostSince(mono),
      channels: this.outbox.channels.map(({ name, size, lastError }): ChannelStatus => {
        const last = book.verified.get(name);
        return {
          channel: name,
          isFallback: this.options.settings.fallback.includes(name),
          verifiedAt: last?.at,
          isVerified: last !== undefined && mono - last.mono <= VERIFIED_FOR,
          lastError,
          pending: size,
        };
      }),
      history: { waiting: book.history.size, dropped: book.history.dropped },
    };
  }

  /** What a channel never accepted is an alert for the others, until it accepts something again. */
  private tellOfLoss({ channel, kind, outcome }: Attempted): void {
    if (outcome === 'failed' || (outcome === 'dead' && kind === 'test')) return;
    const labels = { alertname: UNDELIVERED, channel, severity: 'warning' };
    const fingerprint = fingerprintOf('watchdog', labels);
    const isKnown = this.ledger.book.current.has(fingerprint);
    if (isKnown === (outcome === 'dead')) return;
    const { wall } = this.options.clock.now();
    const alert: Alert = {
      fingerprint,
      source: 'watchdog',
      rule: UNDELIVERED,
      severity: 'warning',
      status: outcome === 'dead' ? 'firing' : 'resolved',
      labels,
      annotations: {
        summary: `Alerts could not be delivered by ${channel}`,
        description: 'It was tried for as long as ALERTS_RETRY_FOR says. The health details say why it failed last.',
        runbook: RUNBOOK,
      },
      startsAt: wall,
      ...(outcome === 'dead' ? {} : { endsAt: wall }),
    };
    this.take([alert]).catch(() => undefined); // that the journal is down is visible by itself
  }
}
