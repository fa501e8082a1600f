import type { Alert, Severity } from '../alert.js';

/** Pauses, in milliseconds. */
export interface Pauses {
  /** From the first news to the first notification. */
  readonly wait: number;
  /** From one notification to the next with news. */
  readonly interval: number;
  /** From one notification to the next without news. */
  readonly repeat: number;
}

/** What the decision needs to know of an episode. */
export interface Told {
  readonly key: string;
  readonly alert: Alert;
  readonly isTold: boolean;
  /** `silenced` by somebody, or `inhibited` by what explains it. */
  readonly muted: 'silenced' | 'inhibited' | undefined;
}

/** What people would read that they do not know: it fires, or it is over. Of `info` nobody is told that it is over. */
const isNews = ({ alert, isTold, muted }: Told): boolean =>
  alert.status === 'firing'
    ? !isTold && muted === undefined
    : isTold && muted !== 'silenced' && alert.severity !== 'info';

/** Whether nothing will be told of it any more: over, and nobody knew, or nobody is to know. */
const isDone = (told: Told): boolean => told.alert.status === 'resolved' && !isNews(told);

export interface Sorted {
  readonly news: readonly Told[];
  /** What fires and may be told. */
  readonly firing: readonly Told[];
  readonly done: readonly Told[];
}

/** Sorts the episodes of one group by what is to be done with them. */
export function sortGroup(episodes: readonly Told[]): Sorted {
  return {
    news: episodes.filter(isNews),
    firing: episodes.filter(({ alert, muted }) => alert.status === 'firing' && muted === undefined),
    done: episodes.filter(isDone),
  };
}

/** Times on the monotonic clock, in milliseconds. */
export interface GroupTimes {
  readonly now: number;
  /** Since when there is news. */
  readonly newsSince: number;
  /** When people were last told of this group. */
  readonly toldAt: number | undefined;
}

/** Whether it is time to tell of the news. */
export const isChangeDue = ({ now, newsSince, toldAt }: GroupTimes, { wait, interval }: Pauses): boolean =>
  now >= newsSince + wait && (toldAt === undefined || now >= toldAt + interval);

/** Whether it is time to tell again what goes on. `info` is told once. */
export const isRepeatDue = (
  severity: Severity,
  { now, toldAt }: Pick<GroupTimes, 'now' | 'toldAt'>,
  { repeat }: Pauses,
): boolean => severity !== 'info' && (toldAt === undefined || now >= toldAt + repeat);
