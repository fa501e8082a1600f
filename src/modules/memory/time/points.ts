import { type Kind } from './atoms.js';
import {
  type Bounded,
  calendarDay,
  dayOf,
  monthOf,
  partOf,
  type Span,
  yearOf,
  yearsFrom,
  PARTS,
  UNITS,
} from './calendar.js';
import { type Context, type Match, rule, ruleSet } from './grammar.js';
import {
  distant,
  occurrence,
  rolling,
  unitFromNow,
  weekday,
  weekend,
  type Which,
  type Yearly,
  yearlyDay,
  yearlyHoliday,
  yearlyMonth,
  yearlySeason,
} from './recurring.js';

const WHICH: readonly Kind[] = ['which', 'either', 'past', 'following'];
const DAY: readonly Kind[] = ['number', 'ordinal', 'nth'];
const COUNT: readonly Kind[] = ['number', 'article', 'vague'];
const YEAR: readonly Kind[] = ['year', 'distantYear'];
const WEEKDAY: readonly Kind[] = ['weekday', 'shortWeekday'];

const BEFORE = '(which|either|past)';
const AFTER = '(either|following)';
const NUMBER = '(number|ordinal|nth)';
const TO = '(to|article|and|until)';
const OF_YEAR = 'comma? of? the? (year|distantYear)';

/** The year, if the text names one. */
const yearOfMatch = (match: Match): number | undefined => match.value('year') ?? match.value('distantYear');

const which = (match: Match): number => match.need(WHICH);

/** In the year that the text names, else where it lies from today. */
function inYear(yearly: Yearly, year: number | undefined, turn: Which, context: Context): Bounded | null {
  return year === undefined ? occurrence(yearly, turn, context) : yearly(year);
}

/** "3 to 7 May", "May 3-7, 2023": both ends count. */
function daysOfMonth(match: Match, context: Context): Span | null {
  const month = match.need(['month']);
  const year = yearOfMatch(match);
  const first = inYear(yearlyDay(month, match.need(DAY)), year, undefined, context);
  const last = inYear(yearlyDay(month, match.need(DAY, 1)), first?.from.year, undefined, context);
  if (first === null || last === null || first.from.day >= last.from.day) return null;
  return { ...first, to: last.to, precision: 'days' };
}

function dayOfMonth(match: Match, context: Context): Span | null {
  return inYear(yearlyDay(match.need(['month']), match.need(DAY)), yearOfMatch(match), undefined, context);
}

/** The 7th, without a month: of this month, or of the one beside it. */
function dayAlone(match: Match, { today, direction }: Context): Span | null {
  const day = match.need(DAY);
  const here = calendarDay(today.year, today.month, day);
  const gone = day <= today.day;
  if (here !== null && gone === (direction === -1)) return here;
  const other = today.add({ months: direction === 1 && gone ? 1 : direction === -1 && !gone ? -1 : 0 });
  return calendarDay(other.year, other.month, day);
}

/** "The winter of 2020-2021". */
function acrossNewYear(match: Match, context: Context): Span | null {
  const last = match.need(['year'], 1);
  const season = yearlySeason(match.need(['season']), context)(last);
  return last === match.need(['year']) + 1 && season?.from.year !== last ? season : null;
}

/** "Two summers ago" is the summer before last. */
function seasonsAgo(match: Match, context: Context): Span | null {
  return occurrence(yearlySeason(match.need(['season']), context), -match.need(COUNT), context);
}

/** "Junio del 98": two digits are a year of 1930-2029. */
function shortYear(number: number): number | null {
  if (number < 10 || number > 99) return null;
  return number < 30 ? 2000 + number : 1900 + number;
}

function decadeOf(first: number): Span | null {
  return first % 10 === 0 && first >= 1000 && first <= 2200 ? yearsFrom(first, 10, 'decade') : null;
}

/** "Los noventa": a multiple of ten below a hundred. */
function decadeOfNumber(number: number): Span | null {
  if (number % 10 !== 0 || number < 20 || number > 90) return null;
  return decadeOf(number === 20 ? 2020 : 1900 + number);
}

const isYears = (match: Match): boolean => UNITS[match.need(['unit'])] === 'years';

function dated(match: Match): Span | null {
  const date = match.need(['date']);
  return calendarDay(Math.floor(date / 10_000), Math.floor(date / 100) % 100, date % 100);
}

function far(sign: -1 | 1): (match: Match, context: Context) => Span | null {
  return (match, context) =>
    distant(match.need(['unit']), match.need(COUNT), match.value('vague') !== undefined, sign, context);
}

/** What names a time by itself, or with a word before it ("in May"). */
export const POINTS = ruleSet([
  rule('relative', (m, { today }) => dayOf(today.add({ days: m.need(['relative']) }))),
  rule('which part', (m, { today }) =>
    which(m) === 0 ? partOf(dayOf(today), PARTS[m.need(['part'])] ?? 'night') : null,
  ),

  // Days
  rule(`(weekday comma?)? date`, dated),
  rule(`(weekday comma?)? the? ${NUMBER} of? month (${OF_YEAR})?`, dayOfMonth),
  rule('the? (number|ordinal|nth) of? month of number (?!unit|thing|month)', (m) => {
    const year = shortYear(m.need(['number'], m.value('number', 1) === undefined ? 0 : 1));
    return year === null ? null : calendarDay(year, m.need(['month']), m.need(DAY));
  }),
  rule(`(weekday comma?)? month the? ${NUMBER} (${OF_YEAR})?`, dayOfMonth),
  rule(`(weekday comma?)? the? ${NUMBER} ${TO} the? ${NUMBER} of? month (${OF_YEAR})?`, daysOfMonth),
  rule(`month the? ${NUMBER} ${TO} the? ${NUMBER} (${OF_YEAR})?`, daysOfMonth),
  rule('(?<=(in|the|since|until|before|after|weekday) the?) dayMonth', (m, c) => {
    const date = m.need(['dayMonth']);
    return inYear(yearlyDay(Math.floor(date / 100), date % 100), undefined, undefined, c);
  }),
  rule('(?<=(in|since|until|before|after) the) nth (?=stop|comma|at|$)', dayAlone),
  rule('(?<=the) unit number (?!thing)', (m, c) => (UNITS[m.need(['unit'])] === 'days' ? dayAlone(m, c) : null)),
  rule(`the? ${BEFORE} (weekday|shortWeekday) (?!of)`, (m, c) => floating(weekday(m.need(WEEKDAY), which(m), c))),
  rule(`the? weekday ${AFTER}`, (m, c) => floating(weekday(m.need(WEEKDAY), which(m), c))),
  rule('(?<!(ordinal|which|either|past|every|these)) weekday', (m, c) =>
    floating(weekday(m.need(WEEKDAY), undefined, c)),
  ),
  rule('(?<=in) shortWeekday', (m, c) => floating(weekday(m.need(WEEKDAY), undefined, c))),

  // Weeks, months, years
  rule(`the? (which|either) unit (?!of)`, (m, c) => unitFromNow(m.need(['unit']), which(m), c)),
  rule(`the? unit ${AFTER}`, (m, c) => unitFromNow(m.need(['unit']), which(m), c)),
  rule(`the? ${BEFORE} weekend (?!of)`, (m, c) => weekend(which(m), c)),
  rule(`the? weekend ${AFTER}`, (m, c) => weekend(which(m), c)),
  rule('(?<=(in|within|at)) the weekend (?!of)', (_, c) => weekend(undefined, c)),
  rule(`(?<!${NUMBER} of?) month ${OF_YEAR}`, (m) => monthOf(m.need(YEAR), m.need(['month']))),
  rule('month of number (?!unit|thing|month)', (m) => {
    const year = shortYear(m.need(['number']));
    return year === null ? null : monthOf(year, m.need(['month']));
  }),
  rule(`the? ${BEFORE} month (?!of)`, (m, c) => occurrence(yearlyMonth(m.need(['month'])), which(m), c)),
  rule(`the? month ${AFTER}`, (m, c) => occurrence(yearlyMonth(m.need(['month'])), which(m), c)),
  rule(`(?<!${NUMBER} of?) month`, (m, c) => occurrence(yearlyMonth(m.need(['month'])), undefined, c), 'someMonth'),
  rule('the? unit year', (m) => (isYears(m) ? yearOf(m.need(['year'])) : null)),
  rule('(?<!(code the?|month of?|month comma)) year (?!thing|unit)', (m) => yearOf(m.need(['year'])), 'someYear'),

  // Seasons and feasts
  rule(`the? season ${OF_YEAR}`, (m, c) => yearlySeason(m.need(['season']), c)(m.need(YEAR))),
  rule('the? season of? year to year', acrossNewYear),
  rule('(number|article) season ago', seasonsAgo),
  rule('hace (number|article) season', seasonsAgo),
  rule(`the? ${BEFORE} season (?!of)`, (m, c) => occurrence(yearlySeason(m.need(['season']), c), which(m), c)),
  rule(`the? season ${AFTER}`, (m, c) => occurrence(yearlySeason(m.need(['season']), c), which(m), c)),
  rule('season', (m, c) => occurrence(yearlySeason(m.need(['season']), c), undefined, c), 'someSeason'),
  rule(`(the|these)? (holiday|feast) ${OF_YEAR}`, (m) => yearlyHoliday(feast(m))(m.need(YEAR))),
  rule(`the? ${BEFORE} (holiday|feast)`, (m, c) => occurrence(yearlyHoliday(feast(m)), which(m), c)),
  rule(`(the|these)? (holiday|feast) ${AFTER}`, (m, c) => occurrence(yearlyHoliday(feast(m)), which(m), c)),
  rule('(the|these)? holiday', (m, c) => occurrence(yearlyHoliday(feast(m)), undefined, c), 'point'),
  rule('feast', (m, c) => occurrence(yearlyHoliday(feast(m)), undefined, c), 'someSeason'),

  // Decades
  rule('the decade', (m) => decadeOf(m.need(['decade'])), 'point'),
  rule('these unit? decade', (m) => decadeOf(m.need(['decade'])), 'point'),
  rule('(?<=edge) decade', (m) => decadeOf(m.need(['decade'])), 'point'),
  rule('these unit number', (m) => (isYears(m) ? decadeOfNumber(m.need(['number'])) : null)),
  rule('these number (?!unit|thing|either|past)', (m) => decadeOfNumber(m.need(['number'])), 'someYear'),

  // Distances from now
  rule('(number|article|vague) unit ago', far(-1)),
  rule('(number|article) unit ago relative', thatDay),
  rule('relative hace (number|article) unit', thatDay),
  rule('hace (number|article|vague) unit', far(-1)),
  rule('within (number|article|vague) unit (?!ago)', far(1)),
  rule('within? (number|article|vague) unit ahead', far(1)),
  rule('the? past (number|vague)? unit (?!of)', rollingBack),
  rule('(the|these) which (number|vague) unit (?!of)', rollingWhich),
  rule('the? which (number|vague) unit (?!of)', rollingWhich),
  rule('these (past|either) (number|vague)? unit', rollingWhich),
  rule('these number (past|either) unit', rollingWhich),
]);

/** "A year ago today". */
function thatDay(match: Match, { today }: Context): Span | null {
  const unit = UNITS[match.need(['unit'])] ?? 'hours';
  const count = -match.need(COUNT);
  if (unit === 'hours' || match.need(['relative']) !== 0) return null;
  return dayOf(today.add(unit === 'decades' ? { years: count * 10 } : { [unit]: count }));
}

function rollingBack(match: Match, context: Context): Span | null {
  return rolling(match.need(['unit']), match.value('number') ?? match.value('vague') ?? 1, -1, context);
}

function rollingWhich(match: Match, context: Context): Span | null {
  const turn = which(match);
  const count = match.value('number') ?? match.value('vague') ?? 3;
  return turn === 0 ? null : rolling(match.need(['unit']), count, turn, context);
}

function feast(match: Match): number {
  return match.need(['holiday', 'feast']);
}

function floating(span: Bounded | null): Span | null {
  return span === null ? null : { ...span, floats: 'weeks' };
}
