import type { FamilyRole } from '../../../platform/security/index.js';
import type { Member } from '../../family/index.js';
import { findTimes } from '../time/index.js';
import { fold } from '../fold.js';
import { relativesNamed } from './kin.js';
import { asksForNumber, asksForTime } from './ranking/index.js';

/** A stretch of time that a query names, in seconds since 1970; without a year of its own it fits any. */
export interface NamedTime {
  readonly from: number;
  readonly to: number;
  readonly isOfAnyYear: boolean;
}

/** What a query asks for besides its words. */
export interface Question {
  readonly asksForTime: boolean;
  readonly asksForNumber: boolean;
  readonly times: readonly NamedTime[];
  /** Members that the query names, by id. */
  readonly people: ReadonlySet<string>;
  /** First names of those whom it calls by their kinship, as "grandma". */
  readonly relatives: readonly string[];
  /** Words of the query, folded, for the names of those who are no members. */
  readonly words: readonly string[];
}

const NAMES_YEAR =
  /\d{4}|last|this|next|ago|past|pasad|este|esta|hace|proxim|que viene|yesterday|ayer|today|hoy|anoche|tonight/;
const DAY = 86_400;
const YEAR = 365.2425 * DAY;
/** Beginnings of names are enough: "Mel" for Melanie, "Leo's" for Leo. */
const SHORTEST_NAME = 3;

/** Reads a query with what is known of the family. */
export function readQuestion(
  query: string,
  context: {
    readonly now: Date;
    readonly timeZone: string;
    readonly people: readonly Member[];
    readonly nicknames: ReadonlyMap<string, readonly string[]>;
    readonly viewer: { readonly memberId: string; readonly role: FamilyRole };
  },
): Question {
  const words = fold(query).match(/[\p{L}\p{N}]+/gu) ?? [];
  const named = context.people.filter(({ id, firstName }) =>
    [firstName, ...(context.nicknames.get(id) ?? [])].some((name) => isNamed(name, words)),
  );
  const relatives = relativesNamed(words, context.people, context.viewer);
  return {
    asksForTime: asksForTime(query),
    asksForNumber: asksForNumber(query),
    times: timesOf(query, context),
    people: new Set([...named, ...relatives].map(({ id }) => id)),
    relatives: relatives.map(({ firstName }) => firstName),
    words,
  };
}

/** Whether one of the words is this name, or begins as it does. */
export function isNamed(name: string, words: readonly string[]): boolean {
  const [first = ''] = fold(name).match(/[\p{L}\p{N}]+/gu) ?? [];
  if (first.length < SHORTEST_NAME) return words.includes(first);
  return words.some((word) => word === first || word === `${first}s` || (word.length > 3 && first.startsWith(word)));
}

function timesOf(query: string, { now, timeZone }: { now: Date; timeZone: string }): NamedTime[] {
  return findTimes(query, { now, timeZone, languages: ['en', 'es'] }).flatMap(({ from, to, text, precision }) => {
    if (precision === 'instant' || precision === 'hours') return [];
    const begin = (from ?? new Date(0)).getTime() / 1000;
    const end = (to ?? now).getTime() / 1000;
    return [{ from: begin, to: end, isOfAnyYear: end - begin < YEAR / 2 && !NAMES_YEAR.test(fold(text)) }];
  });
}

/** Days from the nearest of the named times: 0 inside, negative before it, positive after it; undefined without any. */
export function daysFrom(times: readonly NamedTime[], at: number): number | undefined {
  let nearest: number | undefined;
  for (const time of times) {
    const turn = time.isOfAnyYear ? Math.round((at - time.from) / YEAR) : 0;
    const shifts = time.isOfAnyYear ? [turn - 1, turn, turn + 1] : [0];
    for (const shift of shifts) {
      const [from, to] = [time.from + shift * YEAR, time.to + shift * YEAR];
      const days = at < from ? (at - from) / DAY : at < to ? 0 : (at - to) / DAY;
      if (nearest === undefined || Math.abs(days) < Math.abs(nearest)) nearest = days;
    }
  }
  return nearest;
}
