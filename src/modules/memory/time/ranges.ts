import {
  type Bounded,
  dayOf,
  isBefore,
  moved,
  namedYear,
  partOf,
  type Span,
  thirdOf,
  unitOf,
  weekendOf,
  weekOf,
  PARTS,
  UNITS,
} from './calendar.js';
import { type Match, rule, ruleSet } from './grammar.js';

const POINT = '(day|point|someMonth|someYear|someSeason)';

/** A day and a clock time: that minute. */
function minuteOf(day: Bounded, minute: number): Span | null {
  if (minute >= 24 * 60) return null;
  const from = day.from.add({ minutes: minute });
  return { from, to: from.add({ minutes: 1 }), precision: 'instant' };
}

/** "At 5 in the afternoon": an hour of twelve beside the part of the day. */
function hourOf(match: Match): Span | null {
  const [day] = match.spans;
  const hour = match.need(['number']);
  const later = match.need(['part']) > 0 && hour < 12 ? 12 : 0;
  return day === undefined || hour > 23 ? null : minuteOf(day, (hour + later) * 60);
}

/** "The first week of June", "the last Monday of 2020": -1 counts from the end. */
function nthOf(match: Match): Span | null {
  const [whole] = match.spans;
  const nth = match.value('ordinal') ?? match.value('nth') ?? -1;
  if (whole === undefined || nth === 0) return null;
  const first = nth > 0 ? whole.from : whole.to.subtract({ days: 1 });
  const day = first.toPlainDate();
  const step = nth > 0 ? nth - 1 : 0;
  const target = match.value('weekday') ?? (match.value('weekend') === undefined ? undefined : 6);
  const found = target === undefined ? nthUnit(match, day, step, nth < 0) : nthWeekday(target, day, step, nth < 0);
  const inside = found !== null && isBefore(found.from, whole.to) && isBefore(whole.from, found.to);
  if (!inside) return null;
  return match.value('weekend') === undefined ? found : weekendOf(found.from.toPlainDate());
}

type Day = ReturnType<Bounded['from']['toPlainDate']>;

function nthWeekday(weekday: number, day: Day, step: number, fromEnd: boolean): Bounded {
  const offset = fromEnd ? -((day.dayOfWeek - weekday + 7) % 7) : (weekday - day.dayOfWeek + 7) % 7;
  return dayOf(day.add({ days: offset + step * 7 }));
}

/** Weeks of a month count from its first day: the first week of June is the 1st to the 7th. */
function nthUnit(match: Match, day: Day, step: number, fromEnd: boolean): Bounded | null {
  const unit = UNITS[match.need(['unit'])] ?? 'hours';
  if (unit !== 'weeks')
    return unitOf(unit, unit === 'days' || fromEnd ? day.add({ days: step }) : day.add({ [unit]: step }));
  const from = (fromEnd ? day.subtract({ days: 6 }) : day.add({ weeks: step })).toPlainDateTime();
  return { from, to: from.add({ days: 7 }), precision: 'week' };
}

/** "Christmas last year", "last week on Tuesday": what floats settles in the other. */
function settled(match: Match): Span | null {
  const [first, second] = match.spans;
  return settledIn(first, second) ?? settledIn(second, first);
}

function settledIn(floating: Bounded | undefined, frame: Bounded | undefined): Span | null {
  if (floating === undefined || frame === undefined) return null;
  if (floating.floats === 'years' && frame.precision === 'year') return fixed(floating, frame.from.year);
  if (floating.floats !== 'weeks' || frame.precision !== 'week') return null;
  const monday = frame.from.toPlainDate();
  return dayOf(monday.add({ days: floating.from.dayOfWeek - monday.dayOfWeek }));
}

function fixed(span: Bounded, year: number): Bounded {
  const { from, to, precision } = moved(span, { years: year - namedYear(span) });
  return { from, to, precision };
}

/** What is said about a point beside it. */
export const DETAILS = ruleSet([
  rule('day part', (m) => withDay(m, (day) => partOf(day, PARTS[m.need(['part'])] ?? 'night'))),
  rule('part of? the? day', (m) => withDay(m, (day) => partOf(day, PARTS[m.need(['part'])] ?? 'night'))),
  rule('day (in|at|comma)? clock', (m) => withDay(m, (day) => minuteOf(day, m.need(['clock'])))),
  rule('clock (in|comma)? the? day', (m) => withDay(m, (day) => minuteOf(day, m.need(['clock'])))),
  rule('day at number part', hourOf),
  rule(`the? (ordinal|nth|which|past) (unit|weekend|weekday) of the? ${POINT}`, nthOf),
  rule(`(?<!every) the? edge (of|to|the)? the? ${POINT}`, (m) => {
    const [whole] = m.spans;
    return whole === undefined ? null : thirdOf(whole, m.need(['edge']));
  }),
  rule('(?<!every) edge of the unit', (m, { today }) => {
    const whole = unitOf(UNITS[m.need(['unit'])] ?? 'hours', today);
    return whole === null || whole.precision === 'day' ? null : thirdOf(whole, m.need(['edge']));
  }),
  rule('the? (unit|weekend) of the? day', (m) =>
    withDay(m, ({ from }) => {
      if (m.value('weekend') !== undefined) return weekendOf(from.toPlainDate());
      return UNITS[m.need(['unit'])] === 'weeks' ? weekOf(from.toPlainDate()) : null;
    }),
  ),
  rule('(the? day|point|someMonth|someSeason) (of|in|within|comma)? the? point', settled),
  rule('point (in|within|at|comma)? the? (day|point|someMonth|someSeason)', settled),
]);

function withDay(match: Match, make: (day: Bounded) => Span | null): Span | null {
  const [day] = match.spans;
  return day === undefined ? null : make(day);
}

/** From the beginning of the one to the end of the other, which lend each other the year or the week. */
function fromTo(match: Match): Span | null {
  const [first, last] = match.spans;
  if (first === undefined || last === undefined) return null;
  const [a, b] = inStep(first, last);
  if (isBefore(a.from, b.to)) return { from: a.from, to: b.to, precision: 'range' };
  return null;
}

function inStep(first: Bounded, last: Bounded): readonly [Bounded, Bounded] {
  if (first.floats === 'years' && last.floats === undefined) {
    const a = fixed(first, last.from.year);
    return [isBefore(a.from, last.to) ? a : moved(a, { years: -1 }), last];
  }
  if (last.floats === undefined) return [first, last];
  const b = last.floats === 'years' ? moved(last, { years: first.from.year - last.from.year }) : last;
  return [first, isBefore(first.from, b.to) ? b : moved(b, { [last.floats]: 1 })];
}

/** From here to there, and what is open at one end. */
export const RANGES = ruleSet([
  rule(`between the? ${POINT} and the? ${POINT}`, fromTo),
  rule(`(since|of) the? ${POINT} (to|article|until) the? ${POINT}`, fromTo),
  rule(`${POINT} to ${POINT}`, fromTo),
  rule(`since the? ${POINT}`, (m) => open(m, ({ from }) => ({ from, to: null }))),
  rule(`until the? ${POINT}`, (m) => open(m, ({ to }) => ({ from: null, to }))),
  rule(`before the? ${POINT}`, (m) => open(m, ({ from }) => ({ from: null, to: from }))),
  rule(`after the? ${POINT}`, (m) => open(m, ({ to }) => ({ from: to, to: null }))),
]);

function open(match: Match, ends: (span: Bounded) => Pick<Span, 'from' | 'to'>): Span | null {
  const [span] = match.spans;
  return span === undefined ? null : { ...ends(span), precision: 'range' };
}

/** Which of the weak ones have the company they need; the rest is dropped. */
export const COMPANY = ruleSet([
  rule('(?<=(in|within|of|at|edge) (the|these)?) (someMonth|someYear)', keep, 'point'),
  rule('(?<=(in|within|at) the?) someSeason', keep, 'point'),
  rule('(?<!to|code other?) someYear (?=stop|$)', keep, 'point'),
  rule('(?<=^|stop) someYear', keep, 'point'),
  rule('^(someMonth|someYear|someSeason)$', keep, 'point'),
]);

function keep(match: Match): Span | null {
  return match.spans[0] ?? null;
}
