import { type Temporal } from 'temporal-polyfill';
import {
  type Bounded,
  calendarDay,
  daysFrom,
  isBefore,
  monthOf,
  seasonOf,
  unitOf,
  weekendOf,
  SEASONS,
  UNITS,
} from './calendar.js';
import { type Context } from './grammar.js';
import { HOLIDAY_NAMES, HOLIDAYS } from './holidays.js';

/** What comes every year, as the stretch it takes in a given one; null where that year has none (29 February). */
export type Yearly = (year: number) => Bounded | null;

/** `which`: -2 the one before last, -1 last, 0 this, 1 next; undefined when the text names none. */
export type Which = number | undefined;

export const yearlyMonth =
  (month: number): Yearly =>
  (year) =>
    monthOf(year, month);

export const yearlyDay =
  (month: number, day: number): Yearly =>
  (year) =>
    calendarDay(year, month, day);

export function yearlySeason(index: number, { hemisphere }: Context): Yearly {
  const season = SEASONS[index] ?? 'summer';
  return (year) => seasonOf(year, season, hemisphere);
}

export function yearlyHoliday(index: number): Yearly {
  const name = HOLIDAY_NAMES[index];
  return (year) => (name === undefined ? null : HOLIDAYS[name](year));
}

/** Years around today that are looked at; a leap day can be eight years away (1896-1904). */
const NEAR = 3;
const FAR = 8;

/**
 * The year's turn that is meant. "Last" is over, "next" has not begun, "this" is the nearest; without any of them it is
 * the latest that has begun, or, where the text speaks of the future, the first that is not over.
 */
export function occurrence(yearly: Yearly, which: Which, context: Context): Bounded | null {
  return within(NEAR, yearly, which, context) ?? within(FAR, yearly, which, context);
}

function within(years: number, yearly: Yearly, which: Which, { today, direction }: Context): Bounded | null {
  const start = today.toPlainDateTime();
  const tomorrow = start.add({ days: 1 });
  const turns: Bounded[] = [];
  for (let year = today.year - years; year <= today.year + years; year += 1) {
    const turn = year < 1 ? null : yearly(year);
    if (turn !== null) turns.push({ ...turn, floats: 'years' });
  }
  const over = turns.filter(({ to }) => !isBefore(start, to));
  const coming = turns.filter(({ from }) => !isBefore(from, tomorrow));
  switch (which) {
    case undefined:
      return (
        (direction === 1
          ? turns.find(({ to }) => isBefore(start, to))
          : turns.findLast(({ from }) => isBefore(from, tomorrow))) ?? null
      );
    case 0: {
      const current = turns.find((turn) => isBefore(turn.from, tomorrow) && isBefore(start, turn.to));
      return current ?? nearest(over.at(-1), coming[0], start);
    }
    default:
      return (which < 0 ? over.at(which) : coming[which - 1]) ?? null;
  }
}

function nearest(before: Bounded | undefined, after: Bounded | undefined, now: Temporal.PlainDateTime): Bounded | null {
  if (before === undefined || after === undefined) return before ?? after ?? null;
  const since = before.to.until(now, { largestUnit: 'days' }).days;
  return since <= now.until(after.from, { largestUnit: 'days' }).days ? before : after;
}

/** A weekday: "last" is before today, "next" after it, "this" in the running week; else the latest, today included. */
export function weekday(day: number, which: Which, { today, direction }: Context): Bounded | null {
  const passed = (today.dayOfWeek - day + 7) % 7;
  const offset: Record<string, number> = {
    '-2': -(passed || 7) - 7,
    '-1': -(passed || 7),
    '0': day - today.dayOfWeek,
    '1': 7 - passed,
  };
  const days = which === undefined ? (direction === 1 ? (7 - passed) % 7 : -passed) : offset[which.toString()];
  const date = days === undefined ? undefined : today.add({ days });
  return date === undefined ? null : calendarDay(date.year, date.month, date.day);
}

/** "Last week", "this year", "next month". */
export function unitFromNow(index: number, which: number, { today }: Context): Bounded | null {
  const unit = UNITS[index];
  // "The next day" follows another day, not today.
  if (unit === undefined || unit === 'hours' || unit === 'days') return null;
  const day = today.add(unit === 'decades' ? { years: which * 10 } : { [unit]: which });
  return unitOf(unit, day);
}

/** A weekend; before Saturday a bare "the weekend" of the past is the last one. */
export function weekend(which: Which, { today, direction }: Context): Bounded {
  const weeks = which ?? (direction === -1 && today.dayOfWeek < 6 ? -1 : 0);
  return weekendOf(today.add({ weeks }));
}

/** Whole days in a row that end with today (`direction` -1) or begin tomorrow: "the last two weeks", "the next 3 days". */
export function rolling(index: number, count: number, direction: number, { today, now }: Context): Bounded | null {
  const unit = UNITS[index];
  if (unit === undefined) return null;
  if (unit === 'hours') {
    const there = now.add({ hours: count * direction });
    return { from: direction < 0 ? there : now, to: direction < 0 ? now : there, precision: 'range' };
  }
  const there = today.add(unit === 'decades' ? { years: count * 10 * direction } : { [unit]: count * direction });
  const [from, to] = direction < 0 ? [there, today] : [today, there];
  return daysFrom(from.add({ days: 1 }), to.add({ days: 1 }), 'range');
}

/**
 * "Two weeks ago", "in three days" (`sign` 1). A day or an hour is that one; a week, the seven days around the day;
 * a month or a year, the one of the calendar. A vague count ("a few") reaches from itself to half as much again.
 */
export function distant(index: number, count: number, vague: boolean, sign: number, context: Context): Bounded | null {
  const near = around(index, count * sign, context);
  if (near === null || !vague) return near;
  const far = around(index, Math.ceil(count * 1.5) * sign, context);
  if (far === null) return null;
  const [from, to] = sign < 0 ? [far.from, near.to] : [near.from, far.to];
  return { from, to, precision: 'range' };
}

function around(index: number, count: number, { today, now }: Context): Bounded | null {
  const unit = UNITS[index];
  if (unit === undefined || Math.abs(count) > 999) return null;
  if (unit === 'hours') {
    const from = now.add({ hours: count }).round({ smallestUnit: 'hour', roundingMode: 'floor' });
    return { from, to: from.add({ hours: 1 }), precision: 'hours' };
  }
  const day = today.add(unit === 'decades' ? { years: count * 10 } : { [unit]: count });
  if (day.year < 1) return null;
  if (unit !== 'weeks') return unitOf(unit, day);
  const from = day.subtract({ days: 3 }).toPlainDateTime();
  return { from, to: from.add({ days: 7 }), precision: 'week' };
}
