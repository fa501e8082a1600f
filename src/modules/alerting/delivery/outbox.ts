import type { AlertChannel } from '../../../platform/config/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import type { Channel } from '../channels/index.js';
import type { Posted } from './book.js';
import { ChannelQueue, type Attempted } from './channel-queue.js';
import type { Clock } from './clock.js';
import type { DeliverySettings } from './delivery.settings.js';
import type { Ledger } from './ledger.js';
import type { Note } from './records.js';

/** What waited for a channel that is not set up any more. */
const REMOVED = 'channel_removed';
/** Alerts of a note that are named once more when it is accepted. */
const SAID_AGAIN = 20;

/**
 * Notes on their way: each is in the ledger before its first attempt, and counts as accepted only after a channel has said
 * so. Who is told comes from here; when, from elsewhere.
 */
export class Outbox {
  private readonly queues: ReadonlyMap<AlertChannel, ChannelQueue>;
  private readonly listeners = new Set<(attempted: Attempted) => void>();
  /** Notes that are not in the journal yet. */
  private readonly writing = new Set<string>();

  constructor(
    private readonly ledger: Ledger,
    channels: readonly Channel[],
    private readonly settings: DeliverySettings,
    private readonly clock: Clock,
  ) {
    this.queues = new Map(
      channels.map((channel) => [
        channel.name,
        new ChannelQueue(channel, settings, clock, {
          begin: async (id) => {
            await this.ledger.enter([{ t: 'begun', id, channel: channel.name }]);
          },
          done: (attempted) => {
            this.settle(attempted);
          },
        }),
      ]),
    );
  }

  /** All channels, as they stand. */
  get channels(): readonly ChannelQueue[] {
    return [...this.queues.values()];
  }

  /** Tells of each attempt that has ended. @returns what ends this */
  listen(listener: (attempted: Attempted) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Writes a note down, then has it sent by the channels that are used first, or all of them. */
  async post(note: Omit<Note, 'id' | 'channels'>, { toAll = false, id = uuidv7() } = {}): Promise<void> {
    const { fallback } = this.settings;
    const names = [...this.queues.keys()];
    const channels = toAll ? names : names.filter((name) => !fallback.includes(name));
    if (channels.length === 0) return;
    this.writing.add(id);
    // Whether or not it could be written: what cannot be kept safe is told all the same.
    await this.ledger.enter([{ t: 'note', note: { ...note, id, channels } }]);
    this.writing.delete(id);
    const posted = this.ledger.book.outbox.get(id);
    if (posted) this.spread(posted);
  }

  /** Takes up what an earlier process has left. */
  resume(): void {
    for (const posted of this.ledger.book.outbox.values()) {
      if (this.writing.has(posted.note.id)) continue;
      this.reroute(posted);
      this.spread(posted);
    }
  }

  /** Begins what is due. */
  tick(): void {
    const { mono } = this.clock.now();
    for (const posted of this.ledger.book.outbox.values())
      if (!this.writing.has(posted.note.id)) this.fallBack(posted, mono);
    for (const queue of this.queues.values()) queue.pump();
  }

  /** @returns when no attempt is under way any more */
  async stop(): Promise<void> {
    await Promise.all(this.channels.map((queue) => queue.stop()));
  }

  private spread(posted: Posted): void {
    for (const [channel, outcome] of posted.outcomes) if (outcome === 'pending') this.queues.get(channel)?.add(posted);
  }

  /** What nobody has accepted in time goes to the next channel that was held back. */
  private fallBack(posted: Posted, mono: number): void {
    const { note, outcomes, sinceMono } = posted;
    const { fallback, fallbackAfter } = this.settings;
    if (note.kind === 'test' || [...outcomes.values()].includes('accepted')) return;
    const used = fallback.filter((name) => outcomes.has(name)).length;
    const next = fallback.find((name) => !outcomes.has(name) && this.queues.has(name));
    if (next === undefined || mono - sinceMono < fallbackAfter * (used + 1)) return;
    this.send(posted, next);
  }

  private send(posted: Posted, channel: AlertChannel): void {
    void this.ledger.enter([{ t: 'via', id: posted.note.id, channel }]);
    this.queues.get(channel)?.add(posted);
  }

  /** What waits for channels that are gone goes to those that there are, unless somebody has it. */
  private reroute(posted: Posted): void {
    const { note, outcomes } = posted;
    const gone = [...outcomes].filter(([name, outcome]) => outcome === 'pending' && !this.queues.has(name));
    // Without any channel it waits for one to be set up.
    if (gone.length === 0 || this.queues.size === 0) return;
    const isKnown = [...outcomes].some(([name, outcome]) => outcome === 'accepted' || this.queues.has(name));
    if (!isKnown && note.kind !== 'test')
      for (const name of this.queues.keys()) if (!this.settings.fallback.includes(name)) this.send(posted, name);
    for (const [channel] of gone) {
      void this.ledger.enter([{ t: 'dead', id: note.id, channel, attempts: 0, code: REMOVED }]);
    }
  }

  private settle(attempted: Attempted): void {
    const { id, channel, attempts, outcome, code = '' } = attempted;
    if (outcome === 'accepted') {
      const { note } = this.ledger.book.outbox.get(id) ?? {};
      const told = (note?.kind === 'test' ? [] : (note?.alerts ?? []))
        .slice(0, SAID_AGAIN)
        .map(({ fingerprint, startsAt, status }) => ({ fingerprint, startsAt, status }));
      void this.ledger.enter([{ t: 'accepted', id, channel, attempts, told }]);
    }
    if (outcome === 'dead') void this.ledger.enter([{ t: 'dead', id, channel, attempts, code }]);
    for (const listener of this.listeners) listener(attempted);
  }
}
