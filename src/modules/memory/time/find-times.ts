import { type Atom, type Kind } from './atoms.js';
import { type Precision } from './calendar.js';
import { type Context, reduce } from './grammar.js';
import { atomsOf, type TimeLanguage } from './lexer.js';
import { POINTS } from './points.js';
import { COMPANY, DETAILS, RANGES } from './ranges.js';
import { instantOf, localTime } from './zones.js';

export type { Precision, TimeLanguage };

/** A stretch of time that a text speaks of. */
export interface TimeMention {
  /** Half-open: `from` is in, `to` is out. Null is an open end ("since 2019"); never both. */
  readonly from: Date | null;
  readonly to: Date | null;
  /** The words, as written, and where they begin (UTF-16 units). */
  readonly text: string;
  readonly index: number;
  readonly precision: Precision;
}

export interface FindTimesOptions {
  /** When the text was said. */
  readonly now: Date;
  /** IANA name of the family's zone, in which days begin and end. */
  readonly timeZone: string;
  /** The first one wins where a word belongs to both. */
  readonly languages: readonly TimeLanguage[];
  /** How 7/5/2023 is read; by default month first in English alone, else day first. */
  readonly dateOrder?: 'dmy' | 'mdy';
  /** Where it is summer in July (north, the default) or in January. */
  readonly hemisphere?: 'north' | 'south';
  /** Where "in May" lies when nothing says it; by default the past, unless the text has words of the future. */
  readonly direction?: 'past' | 'future';
}

/** A text of any length has no more time expressions than this that are worth knowing; it bounds the work. */
const MOST = 64;

/**
 * Finds the times of which a text in English or Spanish speaks, in the order of the text and without overlaps.
 *
 * Words become atoms (`lexer`), atoms points ("last summer"), points get their details ("on Tuesday at five") and then
 * make ranges ("between May and July"). Weeks begin on Monday. "Two weeks ago" is the seven days around that day, "two
 * months ago" and "two years ago" are the month and the year of the calendar. Habits ("every summer") are no times.
 *
 * Linear in the length of the text.
 *
 * @throws InvalidTimeError `zone` when the zone does not exist.
 */
export function findTimes(text: string, options: FindTimesOptions): TimeMention[] {
  const { languages, timeZone } = options;
  const monthFirst = (options.dateOrder ?? (languages.includes('es') ? 'dmy' : 'mdy')) === 'mdy';
  const atoms = atomsOf(text, languages, monthFirst);
  const context = contextOf(atoms, options);
  const understood = [POINTS, DETAILS, RANGES, COMPANY].reduce(
    (reduced, rules) => reduce(reduced, rules, context, MOST),
    atoms,
  );
  return understood
    .filter((atom, i) => isTime(atom) && !isHabit(understood, i))
    .flatMap(({ span, index, end }) => {
      if (span === undefined) return [];
      const [from, to] = [span.from, span.to].map((local) => (local === null ? null : instantOf(local, timeZone)));
      // Empty where a zone has skipped the day to cross the date line.
      if (from === undefined || to === undefined || (from !== null && to !== null && from >= to)) return [];
      return [{ from, to, text: text.slice(index, end), index, precision: span.precision }];
    });
}

function contextOf(atoms: readonly Atom[], options: FindTimesOptions): Context {
  const now = localTime(options.now, options.timeZone);
  const future = options.direction === 'future' || (!options.direction && atoms.some(({ kind }) => kind === 'future'));
  return {
    now,
    today: now.toPlainDate(),
    direction: future ? 1 : -1,
    hemisphere: options.hemisphere ?? 'north',
  };
}

function isTime({ kind }: Atom): boolean {
  return kind === 'day' || kind === 'point';
}

/** "Every Christmas" is a habit, and "every year at Christmas". */
function isHabit(atoms: readonly Atom[], i: number): boolean {
  const before = atoms.slice(Math.max(0, i - 4), i).map(({ kind }) => kind);
  const every = before.lastIndexOf('every');
  return every >= 0 && before.slice(every + 1).every((kind) => HABIT.has(kind));
}

const HABIT: ReadonlySet<Kind> = new Set(['the', 'unit', 'in', 'within', 'at']);
