import { type Interval } from '../facts.types.js';
import { dayOf, monthOf } from '../lexicon/dates.js';
import { numberOf } from '../lexicon/numbers.js';

const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** The wall clock there, as the instant at which UTC would show the same. */
function wallClock(at: Date, timeZone: string): Date {
  const part = new Map(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const get = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? 0;
  return new Date(Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second')));
}

const SEASONS: readonly (readonly [RegExp, number])[] = [
  [/spring|primavera/, 2],
  [/summer|verano/, 5],
  [/autumn|fall|otono/, 8],
  [/winter|invierno/, 11],
];
const WEEKDAYS = [
  /sunday|domingo/,
  /monday|lunes/,
  /tuesday|martes/,
  /wednesday|miercoles/,
  /thursday|jueves/,
  /friday|viernes/,
  /saturday|sabado/,
];
const PAST = /last|pasad[oa]|ago|hace/;
const NEXT = /next|que viene|proxim[oa]/;

/**
 * The stretch that one expression names ("2019", "last week", "hace dos años", "in May"), in the given zone; a month, season
 * or weekday without a year is the latest that has begun. Null when it names none.
 */
export function stretchOf(phrase: string, saidAt: Date, timeZone: string): Interval | null {
  const now = wallClock(saidAt, timeZone);
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const span = (from: readonly [number, number, number], to: readonly [number, number, number]): Interval => ({
    from: zoned(from, timeZone),
    to: zoned(to, timeZone),
  });
  const date = dayOf(phrase);
  if (date) {
    const [m, d] = date.slice(-5).split('-').map(Number) as [number, number];
    const y = date.startsWith('--') ? latestYear(m - 1, d, now) : Number(date.slice(0, 4));
    return span([y, m - 1, d], [y, m - 1, d + 1]);
  }
  const step = NEXT.test(phrase) ? 1 : PAST.test(phrase) ? -1 : 0;
  const units = /([a-z\d-]+)?(?: of)? (day|dia|week|semana|fortnight|month|mes|year|ano)(?:e?s)?\b/.exec(phrase);
  if (units && /ago|hace/.test(phrase)) {
    const count = /couple|par/.test(phrase)
      ? 2
      : /few|unos|unas|some/.test(phrase)
        ? 3
        : (numberOf(units[1] ?? '') ?? 1);
    const unit = units[2] ?? '';
    if (/day|dia/.test(unit)) return span([year, month, day - count], [year, month, day - count + 1]);
    if (/week|semana|fortnight/.test(unit)) {
      const days = count * (unit === 'fortnight' ? 14 : 7);
      return span([year, month, day - days], [year, month, day - days + 1]);
    }
    if (/month|mes/.test(unit)) return span([year, month - count, day], [year, month - count, day + 1]);
    return span([year - count, month, day], [year - count, month, day + 1]);
  }
  if (/anteayer|antier/.test(phrase)) return span([year, month, day - 2], [year, month, day - 1]);
  if (/yesterday|last night|\bayer|anoche/.test(phrase)) return span([year, month, day - 1], [year, month, day]);
  if (phrase.includes('tomorrow')) return span([year, month, day + 1], [year, month, day + 2]);
  if (/today|this morning|this afternoon|tonight|\bhoy|esta manana|esta tarde|esta noche/.test(phrase))
    return span([year, month, day], [year, month, day + 1]);
  const named = phrase
    .split(' ')
    .map(monthOf)
    .find((found) => found !== null);
  const stated = /\b((?:19|20)\d\d)\b/.exec(phrase)?.[1];
  if (named) {
    const m = named - 1;
    const y = stated
      ? Number(stated)
      : step > 0
        ? m > month
          ? year
          : year + 1
        : step < 0 && m === month
          ? year - 1
          : m > month
            ? year - 1
            : year;
    return span([y, m, 1], [y, m + 1, 1]);
  }
  const season = SEASONS.find(([name]) => name.test(phrase));
  if (season) {
    const begun = month >= season[1] ? year : year - 1;
    const over = month > season[1] + 2 || month < season[1];
    const y = stated ? Number(stated) : step < 0 ? (over ? begun : begun - 1) : step > 0 ? begun + 1 : begun;
    return span([y, season[1], 1], [y, season[1] + 3, 1]);
  }
  if (/christmas|navidad/.test(phrase)) {
    const y = stated ? Number(stated) : month === 11 && day >= 24 && step === 0 ? year : year - 1;
    return span([y, 11, 24], [y, 11, 27]);
  }
  if (stated) return span([Number(stated), 0, 1], [Number(stated) + 1, 0, 1]);
  const weekday = WEEKDAYS.findIndex((name) => name.test(phrase));
  if (weekday >= 0) {
    const back = (now.getUTCDay() - weekday + 7) % 7 || 7;
    const d = step > 0 ? day - back + 7 : day - back;
    return span([year, month, d], [year, month, d + 1]);
  }
  if (/week|semana/.test(phrase)) {
    const monday = day - ((now.getUTCDay() + 6) % 7) + 7 * step;
    return span([year, month, monday], [year, month, monday + 7]);
  }
  if (/month|\bmes\b/.test(phrase)) return span([year, month + step, 1], [year, month + step + 1, 1]);
  if (/year|\bano\b/.test(phrase)) return span([year + step, 0, 1], [year + step + 1, 0, 1]);
  if (/recently|the other day|lately|hace poco|ultimamente|recientemente/.test(phrase))
    return { from: new Date(saidAt.getTime() - 14 * DAY), to: saidAt };
  return null;
}

/** Midnight of a local day as an instant; months and days may run over. */
export function zoned([year, month, day]: readonly [number, number, number], timeZone: string): Date {
  const local = Date.UTC(year, month, day);
  const shift = wallClock(new Date(local), timeZone).getTime() - local;
  const first = new Date(local - shift);
  const again = wallClock(first, timeZone).getTime() - first.getTime();
  return again === shift ? first : new Date(local - again);
}

const latestYear = (month: number, day: number, now: Date): number =>
  month < now.getUTCMonth() || (month === now.getUTCMonth() && day <= now.getUTCDate())
    ? now.getUTCFullYear()
    : now.getUTCFullYear() - 1;
