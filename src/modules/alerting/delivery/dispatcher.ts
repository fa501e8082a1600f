import type { Alert } from '../alert.js';
import type { Episode } from './book.js';
import type { Clock } from './clock.js';
import type { DeliverySettings } from './delivery.settings.js';
import { isChangeDue, isRepeatDue, sortGroup, type Told } from './grouping.policy.js';
import { inhibitedRules } from './inhibition.policy.js';
import type { Ledger } from './ledger.js';
import { silenceOf } from './matchers.js';
import type { Outbox } from './outbox.js';
import type { InhibitionRules, SilenceSource } from './ports.js';
import type { Note, NoteKind } from './records.js';

/** Alerts in one notification; others come with the next. */
const MOST_ALERTS = 500;
/** Notifications of one group that nobody has accepted yet; the next waits, and then tells of all that has changed. */
const MOST_UNHEARD = 5;

/** Decides when people are told of what: groups, waits, repeats, keeps still. */
export class Dispatcher {
  /** Since when a group has news, on the monotonic clock. */
  private readonly newsSince = new Map<string, number>();
  /** Since when an Alertmanager could have been heard, on the monotonic clock. */
  private listensSince = -Infinity;

  constructor(
    private readonly ledger: Ledger,
    private readonly outbox: Outbox,
    private readonly settings: DeliverySettings,
    private readonly clock: Clock,
    private readonly silences: SilenceSource,
    private readonly rules: InhibitionRules,
  ) {}

  /** What an earlier process has left was read: whoever sends it has the whole time again, as repeats are not written down. */
  resume(): void {
    this.listensSince = this.clock.now().mono;
  }

  /** Ends what was forgotten by its source, and posts what is due. */
  tick(): void {
    this.expire();
    const groups = Map.groupBy(this.ledger.book.episodes.values(), ({ group }) => group);
    const mutedBy = this.mutes();
    for (const group of this.newsSince.keys()) if (!groups.has(group)) this.newsSince.delete(group);
    for (const [group, episodes] of groups)
      this.look(
        group,
        episodes,
        episodes.map((episode) => ({ ...episode, muted: mutedBy(episode.alert) })),
      );
    this.forgetGroups(groups);
  }

  private look(group: string, episodes: readonly Episode[], told: readonly Told[]): void {
    const { book } = this.ledger;
    const { mono } = this.clock.now();
    const severity = episodes[0]?.alert.severity ?? 'info';
    const { news, firing, done } = sortGroup(told);
    const isHeard = this.outbox.channels.length > 0;
    const over = [...done, ...(isHeard ? [] : news.filter(({ alert }) => alert.status === 'resolved'))];
    if (over.length > 0) void this.ledger.enter([{ t: 'forget', keys: over.map(({ key }) => key) }]);
    if (!isHeard) return;
    const pauses = this.settings.pauses[severity];
    const toldAt = book.groups.get(group)?.mono;
    const unheard = this.unheard(group);
    if (news.length === 0) {
      this.newsSince.delete(group);
      if (firing.length > 0 && unheard === 0 && isRepeatDue(severity, { now: mono, toldAt }, pauses))
        this.post(group, 'repeat', firing);
      return;
    }
    const newsSince = this.newsSince.get(group) ?? earliest(episodes, news);
    this.newsSince.set(group, newsSince);
    if (unheard >= MOST_UNHEARD || !isChangeDue({ now: mono, newsSince, toldAt }, pauses)) return;
    const known = firing.filter((one) => !news.includes(one));
    this.post(group, 'change', [...news, ...known]);
  }

  private post(group: string, kind: NoteKind, told: readonly Told[]): void {
    this.newsSince.delete(group);
    const alerts = told.slice(0, MOST_ALERTS).map(({ alert }) => alert);
    const note: Omit<Note, 'id' | 'channels'> = { group, kind, alerts, patience: this.settings.patience };
    void this.outbox.post(note);
  }

  /** Says of an alert whether it is told at this moment. */
  private mutes(): (alert: Alert) => Told['muted'] {
    const { book } = this.ledger;
    const { wall } = this.clock.now();
    const silences = this.silences.silences();
    const firing = new Set<string>();
    for (const key of book.current.values()) {
      const rule = book.episodes.get(key)?.alert.rule;
      if (rule !== undefined) firing.add(rule);
    }
    const inhibited = inhibitedRules(firing, (rule) => this.rules.inhibitorsOf(rule));
    return (alert) => {
      if (silenceOf(alert, silences, wall)) return 'silenced';
      return inhibited.has(alert.rule) ? 'inhibited' : undefined;
    };
  }

  /** An Alertmanager that is gone says of nothing that it is over. */
  private expire(): void {
    const { mono, wall } = this.clock.now();
    const last = mono - this.settings.resolveTimeout;
    if (this.listensSince > last) return;
    const gone = [...this.ledger.book.episodes.values()].filter(
      ({ alert, seenMono }) => alert.source === 'alertmanager' && alert.status === 'firing' && seenMono <= last,
    );
    if (gone.length > 0) void this.ledger.enter(gone.map(({ key }) => ({ t: 'over', key, endsAt: wall })));
  }

  private unheard(group: string): number {
    let count = 0;
    for (const { note, outcomes } of this.ledger.book.outbox.values())
      if (note.group === group && note.kind !== 'test' && ![...outcomes.values()].includes('accepted')) count += 1;
    return count;
  }

  /** When people were told of a group matters no longer once nothing of it is left and the next may come at once. */
  private forgetGroups(groups: ReadonlyMap<string, unknown>): void {
    const { mono } = this.clock.now();
    const { interval } = this.settings.pauses.warning;
    for (const [group, { mono: toldAt }] of this.ledger.book.groups)
      if (!groups.has(group) && mono - toldAt > interval) this.ledger.book.groups.delete(group);
  }
}

/** When the first of the news came. */
function earliest(episodes: readonly Episode[], news: readonly Told[]): number {
  const keys = new Set(news.map(({ key }) => key));
  return Math.min(...episodes.filter(({ key }) => keys.has(key)).map(({ seenMono }) => seenMono));
}
