import type { Alert } from '../alert.js';
import type { Book } from './book.js';
import type { Entry } from './ledger.js';
import { keyOf } from './records.js';

/** Episodes at one time: beyond them somebody sends what no household has. */
export const MOST_EPISODES = 5000;

export interface Taken {
  readonly entries: readonly Entry[];
  /** Episodes that still fire, of which there is nothing new to write. */
  readonly seen: readonly string[];
  /** Alerts for which there is no room. */
  readonly refused: number;
}

/** What alerts that are handed in change in the book. @param wall the time, for what is over and does not say since when */
export function takenBy(book: Book, alerts: readonly Alert[], wall: number): Taken {
  const entries: Entry[] = [];
  const seen: string[] = [];
  let room = MOST_EPISODES - book.episodes.size;
  let refused = 0;
  // One that comes several times at once counts as it comes last.
  for (const alert of new Map(alerts.map((one) => [one.fingerprint, one])).values()) {
    const currentKey = book.current.get(alert.fingerprint);
    const current = currentKey === undefined ? undefined : book.episodes.get(currentKey);
    const isOlder = current !== undefined && alert.startsAt < current.alert.startsAt;
    if (alert.status === 'resolved') {
      if (current && !isOlder) entries.push({ t: 'over', key: current.key, endsAt: alert.endsAt ?? wall });
      continue;
    }
    if (current && (isOlder || current.key === keyOf(alert))) {
      if (isOlder || isSame(current.alert, alert)) seen.push(current.key);
      else entries.push({ t: 'fires', alert });
      continue;
    }
    if (current) entries.push({ t: 'over', key: current.key, endsAt: alert.startsAt });
    if (room <= 0 && !book.episodes.has(keyOf(alert))) {
      refused += 1;
      continue;
    }
    room -= 1;
    entries.push({ t: 'fires', alert });
  }
  return { entries, seen, refused };
}

function isSame(one: Alert, other: Alert): boolean {
  const words = ({ severity, annotations: { summary, description, runbook } }: Alert): string =>
    JSON.stringify([severity, summary, description, runbook]);
  return words(one) === words(other);
}
