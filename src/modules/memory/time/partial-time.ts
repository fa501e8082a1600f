import { Temporal } from 'temporal-polyfill';
import { calendarDay, monthOf, yearOf } from './calendar.js';
import { ENGLISH } from './english.js';
import { folded } from './lexer.js';
import { SPANISH } from './spanish.js';
import { instantOf, InvalidTimeError } from './zones.js';

/** A stretch of time, half-open: `from` is in, `to` is out. */
export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

/** Longer than every way to write a time. */
const LONGEST = 64;

const NUMBERS = /^(?<year>\d{4})(?:-(?<month>\d{2})(?:-(?<day>\d{2}))?)?$/;
const MONTH_YEAR = /^(?<name>\p{L}+)\.?,? (?:del? |of )?(?<year>\d{4})$/u;
const DAY_MONTH_YEAR =
  /^(?<day>\d{1,2})(?:st|nd|rd|th|º)? (?:de |of )?(?<name>\p{L}+)\.?,? (?:del? |of )?(?<year>\d{4})$/u;
const MONTH_DAY_YEAR = /^(?<name>\p{L}+)\.? (?<day>\d{1,2})(?:st|nd|rd|th)?,? (?<year>\d{4})$/u;
const INSTANT =
  /^(?<date>\d{4}-\d{2}-\d{2})[Tt ](?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?(?<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)?$/;

/**
 * The stretch of time that a client has written, as exact as it was written: "2019", "2019-05", "May 2023",
 * "mayo de 2023", "7 May 2023", "2019-05-07", "2019-05-07T10:00" (a minute) with seconds, fractions of them (a
 * millisecond) and a zone if liked. Without a zone it is meant in `timeZone` (IANA name). Clock times that a change of the clocks skips or
 * repeats: see `instantOf`.
 *
 * @throws InvalidTimeError `format`, `impossible` (30 February, 25 o'clock, year 0) or `zone`.
 */
export function parsePartialTime(value: string, timeZone: string): TimeRange {
  const text = value.length > LONGEST ? '' : folded(value.trim().replace(/\s+/g, ' '));
  const exact = INSTANT.exec(text)?.groups;
  if (exact !== undefined) return clockTime(exact, timeZone);
  const parts = [NUMBERS, MONTH_YEAR, DAY_MONTH_YEAR, MONTH_DAY_YEAR]
    .map((pattern) => pattern.exec(text)?.groups)
    .find((groups) => groups !== undefined);
  if (parts === undefined) throw notATime();
  const { year, day, name } = parts;
  const month = name === undefined ? parts['month'] : monthNamed(name).toString();
  return days(Number(year), numberOr(month), numberOr(day), timeZone);
}

function days(year: number, month: number | undefined, day: number | undefined, timeZone: string): TimeRange {
  if (year < 1 || (month !== undefined && (month < 1 || month > 12))) throw noSuchTime();
  const span =
    month === undefined ? yearOf(year) : day === undefined ? monthOf(year, month) : calendarDay(year, month, day);
  if (span === null) throw noSuchTime();
  const range = { from: instantOf(span.from, timeZone), to: instantOf(span.to, timeZone) };
  // A zone that crosses the date line skips a day (Samoa, 30 December 2011).
  if (range.from >= range.to) throw noSuchTime();
  return range;
}

type Groups = Readonly<Record<string, string | undefined>>;

function clockTime({ date = '', hour, minute, second, fraction, zone }: Groups, timeZone: string): TimeRange {
  const clock = { hour: Number(hour), minute: Number(minute), second: numberOr(second) ?? 0 };
  const millisecond = Number((fraction ?? '0').slice(0, 3).padEnd(3, '0'));
  const offset = zone === undefined ? undefined : offsetOf(zone);
  let local: Temporal.PlainDateTime;
  try {
    const day = Temporal.PlainDate.from(date);
    local = day.toPlainDateTime(Temporal.PlainTime.from({ ...clock, millisecond }, { overflow: 'reject' }));
  } catch (error) {
    if (error instanceof RangeError) throw noSuchTime();
    throw error;
  }
  if (local.year < 1) throw noSuchTime();
  const length = fraction !== undefined ? 1 : second !== undefined ? 1000 : 60_000;
  const from = instantOf(local, offset ?? timeZone);
  return { from, to: new Date(from.getTime() + length) };
}

/** As Temporal writes a zone; RFC 3339 allows up to 23:59, PostgreSQL and the world's clocks stay within 15:59. */
function offsetOf(zone: string): string {
  if (/^z$/i.test(zone)) return 'UTC';
  const [hours = 0, minutes = 0] = zone.slice(1).match(/\d{2}/g)?.map(Number) ?? [];
  if (hours > 15 || minutes > 59) throw noSuchTime();
  const two = (n: number) => n.toString().padStart(2, '0');
  return `${zone.slice(0, 1)}${two(hours)}:${two(minutes)}`;
}

function monthNamed(name: string): number {
  const meaning = [ENGLISH, SPANISH].map((words) => words[name]?.[0]).find((found) => found?.[0] === 'month');
  if (meaning === undefined) throw notATime();
  return meaning[1];
}

function numberOr(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function notATime(): InvalidTimeError {
  return new InvalidTimeError(
    'format',
    'Write a year, a month, a day or an ISO 8601 time: 2019, 2019-05, May 2023, 2019-05-07',
  );
}

function noSuchTime(): InvalidTimeError {
  return new InvalidTimeError('impossible', 'There is no such day or hour');
}
