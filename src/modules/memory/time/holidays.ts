import { Temporal } from 'temporal-polyfill';
import { type Bounded, daysFrom } from './calendar.js';

/** Easter Sunday of the Gregorian calendar: the anonymous algorithm of Meeus, "Astronomical Algorithms" (1991), ch. 8. */
export function easterSunday(year: number): Temporal.PlainDate {
  const a = year % 19;
  const century = Math.floor(year / 100);
  const yearOfCentury = year % 100;
  const g = Math.floor((8 * century + 13) / 25);
  const h = (19 * a + century - Math.floor(century / 4) - g + 15) % 30;
  const l = (32 + 2 * (century % 4) + 2 * Math.floor(yearOfCentury / 4) - h - (yearOfCentury % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return Temporal.PlainDate.from({ year, month: Math.floor(n / 31), day: (n % 31) + 1 });
}

/** `days` days that begin on a fixed date. */
function fixed(month: number, day: number, days = 1): (year: number) => Bounded {
  return (year) => {
    const first = Temporal.PlainDate.from({ year, month, day });
    return daysFrom(first, first.add({ days }), days === 1 ? 'day' : 'days');
  };
}

/** `days` days that begin so many days after (or before) Easter Sunday. */
function easter(offset: number, days = 1): (year: number) => Bounded {
  return (year) => {
    const first = easterSunday(year).add({ days: offset });
    return daysFrom(first, first.add({ days }), days === 1 ? 'day' : 'days');
  };
}

/** The fourth Thursday of November. */
function thanksgiving(year: number): Bounded {
  const first = Temporal.PlainDate.from({ year, month: 11, day: 1 });
  const thursday = first.add({ days: ((4 - first.dayOfWeek + 7) % 7) + 21 });
  return daysFrom(thursday, thursday.add({ days: 1 }), 'day');
}

/** Each feast as the days of a year. Christmas is what families mean by it: from its eve to Boxing Day. */
export const HOLIDAYS = {
  christmas: fixed(12, 24, 3),
  christmasHolidays: fixed(12, 22, 16),
  christmasEve: fixed(12, 24),
  christmasDay: fixed(12, 25),
  boxingDay: fixed(12, 26),
  newYearsEve: fixed(12, 31),
  newYearsDay: fixed(1, 1),
  newYear: fixed(12, 31, 2),
  epiphany: fixed(1, 6),
  epiphanyEve: fixed(1, 5),
  valentine: fixed(2, 14),
  halloween: fixed(10, 31),
  allSaints: fixed(11, 1),
  thanksgiving,
  carnival: easter(-51, 6),
  holyWeek: easter(-7, 8),
  goodFriday: easter(-2),
  easterSunday: easter(0),
  easterMonday: easter(1),
  easter: easter(-2, 4),
} as const satisfies Readonly<Record<string, (year: number) => Bounded>>;

export type Holiday = keyof typeof HOLIDAYS;
export const HOLIDAY_NAMES = Object.keys(HOLIDAYS) as Holiday[];
