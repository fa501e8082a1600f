import { Temporal } from 'temporal-polyfill';

/** Atoms of the kinds `unit`, `part` and `season` have their place in these lists as value. */
export const UNITS = ['hours', 'days', 'weeks', 'months', 'years', 'decades'] as const;
export type Unit = (typeof UNITS)[number];

export const PARTS = ['morning', 'afternoon', 'evening', 'night'] as const;
export type Part = (typeof PARTS)[number];

export const SEASONS = ['spring', 'summer', 'autumn', 'winter'] as const;
export type Season = (typeof SEASONS)[number];

export type Precision =
  'instant' | 'hours' | 'day' | 'days' | 'week' | 'month' | 'season' | 'year' | 'decade' | 'range';

/** A half-open stretch of wall-clock time; null is an open end. */
export interface Span {
  readonly from: Temporal.PlainDateTime | null;
  readonly to: Temporal.PlainDateTime | null;
  readonly precision: Precision;
  /** How far it may be moved to fit what stands beside it: "May" floats by years, "Tuesday" by weeks. */
  readonly floats?: 'years' | 'weeks';
}

/** A span with both ends. */
export interface Bounded extends Span {
  readonly from: Temporal.PlainDateTime;
  readonly to: Temporal.PlainDateTime;
}

type Day = Temporal.PlainDate;

/** Days from `from` up to and without `to`. */
export function daysFrom(from: Day, to: Day, precision: Precision): Bounded {
  return { from: from.toPlainDateTime(), to: to.toPlainDateTime(), precision };
}

export function dayOf(day: Day): Bounded {
  return daysFrom(day, day.add({ days: 1 }), 'day');
}

/** The week, Monday to Sunday (ISO 8601), with this day in it. */
export function weekOf(day: Day): Bounded {
  const monday = day.subtract({ days: day.dayOfWeek - 1 });
  return daysFrom(monday, monday.add({ days: 7 }), 'week');
}

/** Saturday and Sunday of the week with this day in it. */
export function weekendOf(day: Day): Bounded {
  const saturday = day.add({ days: 6 - day.dayOfWeek });
  return daysFrom(saturday, saturday.add({ days: 2 }), 'days');
}

export function monthOf(year: number, month: number): Bounded {
  const first = Temporal.PlainDate.from({ year, month, day: 1 });
  return daysFrom(first, first.add({ months: 1 }), 'month');
}

export function yearOf(year: number): Bounded {
  return yearsFrom(year, 1, 'year');
}

export function yearsFrom(year: number, years: number, precision: Precision): Bounded {
  const first = Temporal.PlainDate.from({ year, month: 1, day: 1 });
  return daysFrom(first, first.add({ years }), precision);
}

/** A day of the calendar, or null where there is none (30 February). */
export function calendarDay(year: number, month: number, day: number): Bounded | null {
  const span = year >= 1 && month >= 1 && month <= 12 && day >= 1 ? monthOf(year, month) : null;
  return span === null || day > span.from.daysInMonth ? null : dayOf(span.from.toPlainDate().with({ day }));
}

const FIRST_MONTH: Readonly<Record<Season, number>> = { winter: 0, spring: 3, summer: 6, autumn: 9 };

/**
 * Meteorological season: three whole months, northern winter being December to February (World Meteorological
 * Organization). The one across the turn of the year belongs to the year of its January.
 */
export function seasonOf(year: number, season: Season, hemisphere: 'north' | 'south'): Bounded {
  const month = (FIRST_MONTH[season] + (hemisphere === 'south' ? 6 : 0)) % 12;
  const first = Temporal.PlainDate.from({ year, month: 1, day: 1 }).add({ months: month - 1 });
  return daysFrom(first, first.add({ months: 3 }), 'season');
}

/** The calendar unit around a day. Hours have none. */
export function unitOf(unit: Unit, day: Day): Bounded | null {
  switch (unit) {
    case 'hours':
      return null;
    case 'days':
      return dayOf(day);
    case 'weeks':
      return weekOf(day);
    case 'months':
      return monthOf(day.year, day.month);
    case 'years':
      return yearOf(day.year);
    case 'decades':
      return yearsFrom(day.year - (day.year % 10), 10, 'decade');
  }
}

/** `count` units before or after, as a duration. */
export function durationOf(unit: Unit, count: number): Temporal.DurationLike {
  return unit === 'decades' ? { years: count * 10 } : { [unit]: count };
}

/** Hours after midnight, from and to, in which a part of the day falls. */
const PART_HOURS: Readonly<Record<Part, readonly [number, number]>> = {
  morning: [5, 12],
  afternoon: [12, 20],
  evening: [17, 23],
  night: [18, 30],
};

export function partOf(day: Bounded, part: Part): Bounded {
  const [from, to] = PART_HOURS[part];
  return { from: day.from.add({ hours: from }), to: day.from.add({ hours: to }), precision: 'hours' };
}

/** Moves a span by whole units. */
export function moved(span: Bounded, by: Temporal.DurationLike): Bounded {
  return { ...span, from: span.from.add(by), to: span.to.add(by) };
}

/** The year a span is named after: the one in which its middle lies. */
export function namedYear({ from, to }: Bounded): number {
  const hours = from.until(to, { largestUnit: 'hours' }).hours;
  return from.add({ hours: Math.floor(hours / 2) }).year;
}

/** First, middle or last third. */
export function thirdOf(span: Bounded, third: number): Bounded {
  const hours = span.from.until(span.to, { largestUnit: 'hours' }).hours;
  const at = (n: number) => span.from.add({ hours: Math.round((hours * n) / 3) }).round('day');
  return { from: at(third), to: third === 2 ? span.to : at(third + 1), precision: 'range' };
}

export function isBefore(a: Temporal.PlainDateTime, b: Temporal.PlainDateTime): boolean {
  return Temporal.PlainDateTime.compare(a, b) < 0;
}
