import type { AlertChannel } from '../../../platform/config/index.js';
import type { Alert } from '../alert.js';
import { HistoryQueue } from './history-queue.js';
import { groupOf, JOURNAL_VERSION, keyOf, type JournalRecord, type Note, type Outcome } from './records.js';

/** An alert from when it was taken until people know that it is over. */
export interface Episode {
  readonly key: string;
  readonly group: string;
  readonly alert: Alert;
  /** Whether a notification said that it fires. */
  readonly isTold: boolean;
  /** When it was last said to fire, or that it is over; on the monotonic clock. */
  readonly seenMono: number;
}

/** A note that some channel has yet to accept. */
export interface Posted {
  readonly note: Note;
  /** When it was written, on the wall and on the monotonic clock. */
  readonly at: number;
  readonly sinceMono: number;
  readonly outcomes: Map<AlertChannel, Outcome>;
  /** Channels that know no ids and may have accepted it, though nobody heard. */
  readonly begun: Set<AlertChannel>;
}

/** Days for which it is remembered that something could not be delivered, and how often at most. */
const LOST_KEPT = 7 * 86_400_000;
const LOST_MOST = 1000;

interface Past {
  readonly at: number;
  readonly mono: number;
}

/** Everything that is known of alerts and notifications: what the records of the journal come to. Holds no time of its own. */
export class Book {
  readonly episodes = new Map<string, Episode>();
  /** The episode that goes on, by fingerprint. */
  readonly current = new Map<string, string>();
  /** When people were last told of a group. */
  readonly groups = new Map<string, Past>();
  readonly outbox = new Map<string, Posted>();
  readonly verified = new Map<AlertChannel, Past>();
  readonly history = new HistoryQueue();
  private lost: { readonly channel: AlertChannel; readonly at: number; readonly mono: number }[] = [];

  /** Notes that a channel never accepted, in the last week. */
  lostSince(mono: number): number {
    return this.lost.filter((one) => mono - one.mono <= LOST_KEPT).length;
  }

  /** @param mono when it happened, on the monotonic clock of this process */
  apply(record: JournalRecord, mono: number): void {
    const { at } = record;
    switch (record.t) {
      case 'fires':
        this.fires(record.alert, at, mono);
        break;
      case 'over':
        this.over(record.key, record.endsAt, at, mono);
        break;
      case 'forget':
        for (const key of record.keys) this.forget(key);
        break;
      case 'note':
        this.post(record.note, at, mono);
        break;
      case 'via':
        this.outbox.get(record.id)?.outcomes.set(record.channel, 'pending');
        break;
      case 'begun':
        this.outbox.get(record.id)?.begun.add(record.channel);
        break;
      case 'accepted':
        this.verified.set(record.channel, { at, mono });
        this.told(record.told);
        this.settle(record, 'accepted');
        break;
      case 'dead':
        // Unless it was never tried, for the channel is set up no more.
        if (record.attempts > 0) this.lost = [...this.lost, { channel: record.channel, at, mono }].slice(-LOST_MOST);
        this.settle(record, 'dead');
        break;
      case 'stored':
        this.history.stored(record.number);
        break;
      default:
        this.restore(record, mono);
    }
  }

  /** It still fires, which is no news and not written down. */
  touch(key: string, mono: number): void {
    const episode = this.episodes.get(key);
    if (episode) this.episodes.set(key, { ...episode, seenMono: mono });
  }

  /** What all records so far come to, as few of them. */
  *snapshot(at: number): Generator<JournalRecord> {
    const { next, dropped } = this.history;
    yield { t: 'version', version: JOURNAL_VERSION, next, dropped, at };
    for (const { alert, isTold } of this.episodes.values()) yield { t: 'episode', alert, isTold, at };
    for (const [group, told] of this.groups) yield { t: 'group', group, at: told.at };
    for (const { note, at: since, outcomes, begun } of this.outbox.values())
      yield { t: 'outbox', note, outcomes: Object.fromEntries(outcomes), begun: [...begun], at: since };
    for (const { number, entry } of this.history.waiting()) yield { t: 'history', number, entry, at };
    for (const [channel, last] of this.verified) yield { t: 'verified', channel, at: last.at };
    for (const { channel, at: when } of this.lost) yield { t: 'lost', channel, at: when };
  }

  /** Takes over what another book says, where this one says nothing newer. */
  absorb(other: Book): void {
    for (const [key, episode] of other.episodes) {
      const { fingerprint } = episode.alert;
      if (this.current.has(fingerprint) && !this.episodes.has(key)) continue;
      const own = this.episodes.get(key);
      this.put(own ? { ...own, isTold: own.isTold || episode.isTold } : episode);
    }
    for (const [id, posted] of other.outbox) if (!this.outbox.has(id)) this.outbox.set(id, posted);
    for (const [group, told] of other.groups) this.groups.set(group, later(this.groups.get(group), told));
    for (const [channel, last] of other.verified) this.verified.set(channel, later(this.verified.get(channel), last));
    this.history.absorb(other.history);
    this.lost = [...other.lost, ...this.lost].slice(-LOST_MOST);
  }

  private fires(alert: Alert, at: number, mono: number): void {
    const key = keyOf(alert);
    const known = this.episodes.get(key);
    if (!known) this.history.add({ id: `${key}:began`, kind: 'began', at, alert });
    // What counted as over goes on: history has to hear that as well.
    else if (known.alert.status === 'resolved')
      this.history.add({ id: `${key}:began:${String(at)}`, kind: 'began', at, alert });
    this.put({ key, group: groupOf(alert), alert, isTold: known?.isTold ?? false, seenMono: mono });
  }

  private over(key: string, endsAt: number, at: number, mono: number): void {
    const episode = this.episodes.get(key);
    if (episode?.alert.status !== 'firing') return;
    const alert: Alert = { ...episode.alert, status: 'resolved', endsAt };
    this.put({ ...episode, alert, seenMono: mono });
    this.history.add({ id: `${key}:ended:${String(endsAt)}`, kind: 'ended', at, alert });
  }

  private put(episode: Episode): void {
    const { key, alert } = episode;
    this.episodes.set(key, episode);
    if (alert.status === 'firing') this.current.set(alert.fingerprint, key);
    else if (this.current.get(alert.fingerprint) === key) this.current.delete(alert.fingerprint);
  }

  private forget(key: string): void {
    const episode = this.episodes.get(key);
    if (episode?.alert.status === 'resolved') this.episodes.delete(key);
  }

  private post(note: Note, at: number, mono: number): void {
    this.outbox.set(note.id, {
      note,
      at,
      sinceMono: mono,
      outcomes: new Map(note.channels.map((channel) => [channel, 'pending'])),
      begun: new Set(),
    });
    if (note.kind === 'test') return;
    this.groups.set(note.group, { at, mono });
    this.told(note.alerts);
  }

  private told(alerts: readonly Pick<Alert, 'fingerprint' | 'startsAt' | 'status'>[]): void {
    for (const alert of alerts) {
      const episode = this.episodes.get(keyOf(alert));
      if (!episode) continue;
      if (alert.status === 'resolved') this.forget(episode.key);
      // Over by now, though people read that it fires: that it is over will be told.
      else this.episodes.set(episode.key, { ...episode, isTold: true });
    }
  }

  private settle(record: JournalRecord & { readonly t: 'accepted' | 'dead' }, outcome: 'accepted' | 'dead'): void {
    const { id, channel, at, attempts } = record;
    const posted = this.outbox.get(id);
    if (!posted || (posted.outcomes.get(channel) ?? 'pending') !== 'pending') return;
    posted.outcomes.set(channel, outcome);
    this.history.add({
      id: `${id}:${channel}`,
      kind: outcome === 'accepted' ? 'notified' : 'undelivered',
      at,
      channel,
      notification: id,
      episodes: posted.note.alerts.map(({ fingerprint, startsAt }) => ({ fingerprint, startsAt })),
      attempts,
      ...(record.t === 'dead' ? { code: record.code } : {}),
    });
    if (![...posted.outcomes.values()].includes('pending')) this.outbox.delete(id);
  }

  private restore(record: JournalRecord, mono: number): void {
    const { at } = record;
    if (record.t === 'version') this.history.restore(record.next, record.dropped);
    else if (record.t === 'episode') {
      const { alert, isTold } = record;
      this.put({ key: keyOf(alert), group: groupOf(alert), alert, isTold, seenMono: mono });
    } else if (record.t === 'group') this.groups.set(record.group, { at, mono });
    else if (record.t === 'outbox') {
      const outcomes = new Map(Object.entries(record.outcomes) as [AlertChannel, Outcome][]);
      const { note, begun } = record;
      this.outbox.set(note.id, { note, at, sinceMono: mono, outcomes, begun: new Set(begun) });
    } else if (record.t === 'history') this.history.put(record.number, record.entry);
    else if (record.t === 'verified') this.verified.set(record.channel, { at, mono });
    else if (record.t === 'lost') this.lost.push({ channel: record.channel, at, mono });
  }
}

const later = (one: Past | undefined, other: Past): Past => (one && one.mono >= other.mono ? one : other);
