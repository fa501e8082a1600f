import { type Span } from './calendar.js';

/**
 * What a word or token means to the grammar of time expressions, in whichever language it was said.
 * The last six stand for what rules have already understood: `day` and `point` may stand alone, the `some...`
 * (May, 2019, summer, Reyes) need company such as "in" or "since".
 */
export const KINDS = [
  'other',
  'stop',
  'comma',
  'weekday',
  'shortWeekday',
  'month',
  'unit',
  'weekend',
  'season',
  'holiday',
  'feast',
  'which',
  'either',
  'following',
  'past',
  'relative',
  'part',
  'number',
  'year',
  'distantYear',
  'article',
  'vague',
  'ordinal',
  'nth',
  'decade',
  'date',
  'dayMonth',
  'clock',
  'ago',
  'hace',
  'ahead',
  'within',
  'in',
  'at',
  'the',
  'these',
  'of',
  'since',
  'until',
  'before',
  'after',
  'between',
  'and',
  'to',
  'edge',
  'every',
  'code',
  'thing',
  'future',
  'day',
  'point',
  'someMonth',
  'someYear',
  'someSeason',
] as const;

export type Kind = (typeof KINDS)[number];

/** A piece of the text with its meaning; `value` is a number whose sense depends on the kind. */
export interface Atom {
  readonly kind: Kind;
  readonly value: number;
  /** Where it stands in the text, in UTF-16 units; `end` is exclusive. */
  readonly index: number;
  readonly end: number;
  /** What it denotes, once a rule has understood it. */
  readonly span?: Span;
}
