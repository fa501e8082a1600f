import { describe, expect, it } from '@jest/globals';
import { findTimes, type FindTimesOptions, type TimeLanguage } from './find-times.js';
import { InvalidTimeError } from './zones.js';

/** A Saturday; in Madrid the clock shows 11:30. */
const NOW = new Date('2026-11-21T10:30:00Z');

function find(text: string, languages: TimeLanguage[], more: Partial<FindTimesOptions> = {}) {
  return findTimes(text, { now: NOW, timeZone: 'UTC', languages, ...more });
}

const short = (date: Date | null): string => date?.toISOString().replace(/T00:00:00\.000Z$|:00\.000Z$/, '') ?? '';

/** `2026-11-20..2026-11-21 day "yesterday"` of each mention. */
function said(text: string, languages: TimeLanguage[], more: Partial<FindTimesOptions> = {}): string {
  return find(text, languages, more)
    .map((time) => `${short(time.from)}..${short(time.to)} ${time.precision} "${time.text}"`)
    .join(' + ');
}

/** The text and its one mention. */
type Case = readonly [text: string, mention: string];

const ENGLISH: readonly Case[] = [
  ['What did we do today?', '2026-11-21..2026-11-22 day "today"'],
  ['yesterday', '2026-11-20..2026-11-21 day "yesterday"'],
  ['Call me tomorrow', '2026-11-22..2026-11-23 day "tomorrow"'],
  ['the day before yesterday', '2026-11-19..2026-11-20 day "day before yesterday"'],
  ['the day after tomorrow', '2026-11-23..2026-11-24 day "day after tomorrow"'],
  ['We ate pizza last night.', '2026-11-20T18:00..2026-11-21T06:00 hours "last night"'],
  ['this morning', '2026-11-21T05:00..2026-11-21T12:00 hours "this morning"'],
  ['yesterday morning', '2026-11-20T05:00..2026-11-20T12:00 hours "yesterday morning"'],
  ['tonight', '2026-11-21T18:00..2026-11-22T06:00 hours "tonight"'],
  ['last Tuesday', '2026-11-17..2026-11-18 day "last Tuesday"'],
  ['last Saturday', '2026-11-14..2026-11-15 day "last Saturday"'],
  ['What happened on Tuesday?', '2026-11-17..2026-11-18 day "Tuesday"'],
  ['What will we do on Tuesday?', '2026-11-24..2026-11-25 day "Tuesday"'],
  ['next Friday', '2026-11-27..2026-11-28 day "next Friday"'],
  ['this Friday', '2026-11-20..2026-11-21 day "this Friday"'],
  ['on Sat', '2026-11-21..2026-11-22 day "Sat"'],
  ['Tuesday night', '2026-11-17T18:00..2026-11-18T06:00 hours "Tuesday night"'],
  ['on Tuesday at 5 pm', '2026-11-17T17:00..2026-11-17T17:01 instant "Tuesday at 5 pm"'],
  ['yesterday at 17:30', '2026-11-20T17:30..2026-11-20T17:31 instant "yesterday at 17:30"'],
  ['on Tuesday of last week', '2026-11-10..2026-11-11 day "Tuesday of last week"'],
  ['last week', '2026-11-09..2026-11-16 week "last week"'],
  ['this week', '2026-11-16..2026-11-23 week "this week"'],
  ['next week', '2026-11-23..2026-11-30 week "next week"'],
  ['last weekend', '2026-11-14..2026-11-16 days "last weekend"'],
  ['this weekend', '2026-11-21..2026-11-23 days "this weekend"'],
  ['last month', '2026-10-01..2026-11-01 month "last month"'],
  ['last year', '2025-01-01..2026-01-01 year "last year"'],
  ['the year before last', '2024-01-01..2025-01-01 year "the year before last"'],
  ['Where did we go last summer?', '2026-06-01..2026-09-01 season "last summer"'],
  ['next summer', '2027-06-01..2027-09-01 season "next summer"'],
  ['the summer of 2019', '2019-06-01..2019-09-01 season "the summer of 2019"'],
  ['winter 2023', '2022-12-01..2023-03-01 season "winter 2023"'],
  ['in the fall', '2026-09-01..2026-12-01 season "fall"'],
  ['last Christmas', '2025-12-24..2025-12-27 days "last Christmas"'],
  ['What did Leo get for Christmas 2023?', '2023-12-24..2023-12-27 days "Christmas 2023"'],
  ['at Christmas last year', '2025-12-24..2025-12-27 days "Christmas last year"'],
  ['last week on Tuesday', '2026-11-10..2026-11-11 day "last week on Tuesday"'],
  ['last year in May', '2025-05-01..2025-06-01 month "last year in May"'],
  ['the winter of 2020-2021', '2020-12-01..2021-03-01 season "the winter of 2020-2021"'],
  ['two summers ago', '2025-06-01..2025-09-01 season "two summers ago"'],
  ['It was 2012.', '2012-01-01..2013-01-01 year "2012"'],
  ['a year ago today', '2025-11-21..2025-11-22 day "a year ago today"'],
  ['12 October 1492', '1492-10-12..1492-10-13 day "12 October 1492"'],
  ['at Easter', '2026-04-03..2026-04-07 days "Easter"'],
  ['Easter Sunday 2024', '2024-03-31..2024-04-01 day "Easter Sunday 2024"'],
  ['Halloween', '2026-10-31..2026-11-01 day "Halloween"'],
  ["last New Year's Eve", '2025-12-31..2026-01-01 day "last New Year\'s Eve"'],
  ['Thanksgiving 2025', '2025-11-27..2025-11-28 day "Thanksgiving 2025"'],
  ['two weeks ago', '2026-11-04..2026-11-11 week "two weeks ago"'],
  ['a week ago', '2026-11-11..2026-11-18 week "a week ago"'],
  ['3 days ago', '2026-11-18..2026-11-19 day "3 days ago"'],
  ['two months ago', '2026-09-01..2026-10-01 month "two months ago"'],
  ['two years ago', '2024-01-01..2025-01-01 year "two years ago"'],
  ['two hours ago', '2026-11-21T08:00..2026-11-21T09:00 hours "two hours ago"'],
  ['a couple of days ago', '2026-11-18..2026-11-20 range "a couple of days ago"'],
  ['a few weeks ago', '2026-10-14..2026-11-04 range "a few weeks ago"'],
  ['in three days', '2026-11-24..2026-11-25 day "in three days"'],
  ['in the last two weeks', '2026-11-08..2026-11-22 range "the last two weeks"'],
  ['the past year', '2025-11-22..2026-11-22 range "the past year"'],
  ['the next 3 days', '2026-11-22..2026-11-25 range "the next 3 days"'],
  ['in May 2023', '2023-05-01..2023-06-01 month "May 2023"'],
  ['in May of last year', '2025-05-01..2025-06-01 month "May of last year"'],
  ['What did we do in May?', '2026-05-01..2026-06-01 month "May"'],
  ['in December', '2025-12-01..2026-01-01 month "December"'],
  ['last May', '2026-05-01..2026-06-01 month "last May"'],
  ['May', '2026-05-01..2026-06-01 month "May"'],
  ['7 May 2023', '2023-05-07..2023-05-08 day "7 May 2023"'],
  ['8 May, 2023', '2023-05-08..2023-05-09 day "8 May, 2023"'],
  ['on May 7th, 2023,', '2023-05-07..2023-05-08 day "May 7th, 2023"'],
  ['the 7th of May', '2026-05-07..2026-05-08 day "the 7th of May"'],
  ['on Sunday, 7 May 2023', '2023-05-07..2023-05-08 day "Sunday, 7 May 2023"'],
  ['on the 7th', '2026-11-07..2026-11-08 day "7th"'],
  ['7/5/2023', '2023-07-05..2023-07-06 day "7/5/2023"'],
  ['25/12/2023', '2023-12-25..2023-12-26 day "25/12/2023"'],
  ['2023-05-07', '2023-05-07..2023-05-08 day "2023-05-07"'],
  ['29 February 2024', '2024-02-29..2024-03-01 day "29 February 2024"'],
  ['29 February', '2024-02-29..2024-03-01 day "29 February"'],
  ['in 2019', '2019-01-01..2020-01-01 year "2019"'],
  ['Where did we live, 2019?', '2019-01-01..2020-01-01 year "2019"'],
  ['the 90s', '1990-01-01..2000-01-01 decade "the 90s"'],
  ['in the 1980s', '1980-01-01..1990-01-01 decade "the 1980s"'],
  ['the nineties', '1990-01-01..2000-01-01 decade "the nineties"'],
  ['early 2019', '2019-01-01..2019-05-03 range "early 2019"'],
  ['at the end of May', '2026-05-22..2026-06-01 range "the end of May"'],
  ['since 2019', '2019-01-01.. range "since 2019"'],
  ['since last summer', '2026-06-01.. range "since last summer"'],
  ['until May 2020', '..2020-06-01 range "until May 2020"'],
  ['before 2019', '..2019-01-01 range "before 2019"'],
  ['after Christmas 2020', '2020-12-27.. range "after Christmas 2020"'],
  ['between May and July 2020', '2020-05-01..2020-08-01 range "between May and July 2020"'],
  ['between May and July', '2026-05-01..2026-08-01 range "between May and July"'],
  ['from 2019 to 2021', '2019-01-01..2022-01-01 range "from 2019 to 2021"'],
  ['photos from last weekend', '2026-11-14..2026-11-16 days "last weekend"'],
  ['2019-2021', '2019-01-01..2022-01-01 range "2019-2021"'],
  ['between Christmas and Easter 2020', '2019-12-24..2020-04-14 range "between Christmas and Easter 2020"'],
  ['3-7 May 2023', '2023-05-03..2023-05-08 days "3-7 May 2023"'],
  ['3-12 May 2023', '2023-05-03..2023-05-13 days "3-12 May 2023"'],
  ['May 3 to 7', '2026-05-03..2026-05-08 days "May 3 to 7"'],
  ['the first week of June', '2026-06-01..2026-06-08 week "the first week of June"'],
  ['the last week of June 2025', '2025-06-24..2025-07-01 week "the last week of June 2025"'],
  ['the first Monday of May 2025', '2025-05-05..2025-05-06 day "the first Monday of May 2025"'],
  ['the last Friday of May 2025', '2025-05-30..2025-05-31 day "the last Friday of May 2025"'],
  ['the second weekend of May 2025', '2025-05-10..2025-05-12 days "the second weekend of May 2025"'],
  ['the week of 7 May 2025', '2025-05-05..2025-05-12 week "the week of 7 May 2025"'],
];

const SPANISH: readonly Case[] = [
  ['¿Qué hicimos hoy?', '2026-11-21..2026-11-22 day "hoy"'],
  ['Ayer', '2026-11-20..2026-11-21 day "Ayer"'],
  ['Nos vemos mañana', '2026-11-22..2026-11-23 day "mañana"'],
  ['manana', '2026-11-22..2026-11-23 day "manana"'],
  ['anteayer', '2026-11-19..2026-11-20 day "anteayer"'],
  ['pasado mañana', '2026-11-23..2026-11-24 day "pasado mañana"'],
  ['anoche cenamos pizza', '2026-11-20T18:00..2026-11-21T06:00 hours "anoche"'],
  ['esta mañana', '2026-11-21T05:00..2026-11-21T12:00 hours "esta mañana"'],
  ['ayer por la tarde', '2026-11-20T12:00..2026-11-20T20:00 hours "ayer por la tarde"'],
  ['mañana por la mañana', '2026-11-22T05:00..2026-11-22T12:00 hours "mañana por la mañana"'],
  ['el martes por la noche', '2026-11-17T18:00..2026-11-18T06:00 hours "martes por la noche"'],
  ['ayer a las 5 de la tarde', '2026-11-20T17:00..2026-11-20T17:01 instant "ayer a las 5 de la tarde"'],
  ['el martes pasado', '2026-11-17..2026-11-18 day "el martes pasado"'],
  ['el pasado martes', '2026-11-17..2026-11-18 day "el pasado martes"'],
  ['el próximo viernes', '2026-11-27..2026-11-28 day "el próximo viernes"'],
  ['el viernes que viene', '2026-11-27..2026-11-28 day "el viernes que viene"'],
  ['¿Qué haremos el martes?', '2026-11-24..2026-11-25 day "martes"'],
  ['la semana pasada', '2026-11-09..2026-11-16 week "la semana pasada"'],
  ['la semana que viene', '2026-11-23..2026-11-30 week "la semana que viene"'],
  ['el martes de la semana pasada', '2026-11-10..2026-11-11 day "el martes de la semana pasada"'],
  ['el fin de semana pasado', '2026-11-14..2026-11-16 days "el fin de semana pasado"'],
  ['este finde', '2026-11-21..2026-11-23 days "este finde"'],
  ['el mes pasado', '2026-10-01..2026-11-01 month "el mes pasado"'],
  ['el año pasado', '2025-01-01..2026-01-01 year "el año pasado"'],
  ['el ano pasado', '2025-01-01..2026-01-01 year "el ano pasado"'],
  ['este año', '2026-01-01..2027-01-01 year "este año"'],
  ['el verano pasado', '2026-06-01..2026-09-01 season "el verano pasado"'],
  ['el verano de 2019', '2019-06-01..2019-09-01 season "el verano de 2019"'],
  ['en verano', '2026-06-01..2026-09-01 season "verano"'],
  ['la Navidad pasada', '2025-12-24..2025-12-27 days "la Navidad pasada"'],
  ['en Navidad de 2022', '2022-12-24..2022-12-27 days "Navidad de 2022"'],
  ['el año pasado en Navidad', '2025-12-24..2025-12-27 days "el año pasado en Navidad"'],
  ['hace dos veranos', '2025-06-01..2025-09-01 season "hace dos veranos"'],
  ['hoy hace un año', '2025-11-21..2025-11-22 day "hoy hace un año"'],
  ['en junio del 98', '1998-06-01..1998-07-01 month "junio del 98"'],
  ['el 3 de junio del 98', '1998-06-03..1998-06-04 day "el 3 de junio del 98"'],
  ['en Semana Santa', '2026-03-29..2026-04-06 days "Semana Santa"'],
  ['Semana Santa de 2024', '2024-03-24..2024-04-01 days "Semana Santa de 2024"'],
  ['¿Qué regalos hubo por Reyes?', '2026-01-06..2026-01-07 day "Reyes"'],
  ['el día de Reyes', '2026-01-06..2026-01-07 day "el día de Reyes"'],
  ['en Nochebuena', '2025-12-24..2025-12-25 day "Nochebuena"'],
  ['hace dos años', '2024-01-01..2025-01-01 year "hace dos años"'],
  ['hace una semana', '2026-11-11..2026-11-18 week "hace una semana"'],
  ['hace 3 días', '2026-11-18..2026-11-19 day "hace 3 días"'],
  ['hace un par de días', '2026-11-18..2026-11-20 range "hace un par de días"'],
  ['hace unas semanas', '2026-10-14..2026-11-04 range "hace unas semanas"'],
  ['dentro de tres días', '2026-11-24..2026-11-25 day "dentro de tres días"'],
  ['en los últimos dos años', '2024-11-22..2026-11-22 range "los últimos dos años"'],
  ['las dos últimas semanas', '2026-11-08..2026-11-22 range "las dos últimas semanas"'],
  ['los próximos 3 días', '2026-11-22..2026-11-25 range "los próximos 3 días"'],
  ['en mayo de 2023', '2023-05-01..2023-06-01 month "mayo de 2023"'],
  ['en mayo del año pasado', '2025-05-01..2025-06-01 month "mayo del año pasado"'],
  ['en mayo', '2026-05-01..2026-06-01 month "mayo"'],
  ['el 7 de mayo de 2023', '2023-05-07..2023-05-08 day "el 7 de mayo de 2023"'],
  ['el 1º de mayo', '2026-05-01..2026-05-02 day "el 1º de mayo"'],
  ['el domingo 7 de mayo de 2023', '2023-05-07..2023-05-08 day "domingo 7 de mayo de 2023"'],
  ['el día 7', '2026-11-07..2026-11-08 day "día 7"'],
  ['7/5/2023', '2023-05-07..2023-05-08 day "7/5/2023"'],
  ['el 7/5', '2026-05-07..2026-05-08 day "7/5"'],
  ['en 2019', '2019-01-01..2020-01-01 year "2019"'],
  ['en el año 2019', '2019-01-01..2020-01-01 year "el año 2019"'],
  ['en los noventa', '1990-01-01..2000-01-01 decade "los noventa"'],
  ['los años 80', '1980-01-01..1990-01-01 decade "los años 80"'],
  ['en los 90', '1990-01-01..2000-01-01 decade "los 90"'],
  ['a principios de 2019', '2019-01-01..2019-05-03 range "principios de 2019"'],
  ['a finales de mayo', '2026-05-22..2026-06-01 range "finales de mayo"'],
  ['desde mayo', '2026-05-01.. range "desde mayo"'],
  ['desde hace dos años', '2024-01-01.. range "desde hace dos años"'],
  ['desde el verano pasado', '2026-06-01.. range "desde el verano pasado"'],
  ['hasta 2019', '..2020-01-01 range "hasta 2019"'],
  ['antes de Navidad', '..2025-12-24 range "antes de Navidad"'],
  ['entre mayo y julio de 2020', '2020-05-01..2020-08-01 range "entre mayo y julio de 2020"'],
  ['de 2019 a 2021', '2019-01-01..2022-01-01 range "de 2019 a 2021"'],
  ['desde mayo hasta julio', '2026-05-01..2026-08-01 range "desde mayo hasta julio"'],
  ['del 3 al 7 de mayo de 2023', '2023-05-03..2023-05-08 days "3 al 7 de mayo de 2023"'],
  ['entre el 3 y el 7 de mayo', '2026-05-03..2026-05-08 days "el 3 y el 7 de mayo"'],
  ['la primera semana de junio', '2026-06-01..2026-06-08 week "la primera semana de junio"'],
  ['el primer lunes de mayo de 2025', '2025-05-05..2025-05-06 day "el primer lunes de mayo de 2025"'],
  ['el último viernes de mayo de 2025', '2025-05-30..2025-05-31 day "el último viernes de mayo de 2025"'],
];

const NONE: readonly (readonly [string, TimeLanguage])[] = [
  ['May I have some cake?', 'en'],
  ['June said hello to April', 'en'],
  ['Every Christmas we sing', 'en'],
  ['every Tuesday', 'en'],
  ['every year at Christmas', 'en'],
  ['it cost 1492', 'en'],
  ['todos los años en Navidad', 'es'],
  ['We have 2000 photos', 'en'],
  ['The PIN is 1984', 'en'],
  ['It cost $2019', 'en'],
  ['She is in her 30s', 'en'],
  ['room 2019', 'en'],
  ['call 555-2019', 'en'],
  ['30 February 2023', 'en'],
  ['31/31/2023', 'en'],
  ['when I was a child', 'en'],
  ['the last day of school', 'en'],
  ['half past five', 'en'],
  ['Grandma sat in the sun', 'en'],
  ['los martes hay piano', 'es'],
  ['cada verano', 'es'],
  ['la Sra. Reyes vive al lado', 'es'],
  ['mayo con patatas', 'es'],
  ['le gusta la ropa de verano', 'es'],
  ['por la mañana bebe café', 'es'],
  ['tiene 2000 euros', 'es'],
  ['cuando era pequeño', 'es'],
  ['', 'es'],
];

describe('findTimes', () => {
  it.each(ENGLISH)('reads %j', (text, mention) => {
    expect(said(text, ['en'])).toBe(mention);
  });

  it.each(SPANISH)('reads %j', (text, mention) => {
    expect(said(text, ['es'])).toBe(mention);
  });

  it.each([...ENGLISH.filter(([text]) => !text.includes('/')), ...SPANISH])(
    'reads %j in a bilingual family',
    (text, mention) => {
      expect(said(text, ['en', 'es'])).toBe(mention);
    },
  );

  it.each(NONE)('finds no time in %j', (text, language) => {
    expect(said(text, [language])).toBe('');
  });

  it('finds several, in the order of the text, with their places', () => {
    const text = 'Leo was born on 7 May 2019, we moved last year and bought the car yesterday.';
    const times = find(text, ['en']);
    expect(times.map((time) => time.text)).toEqual(['7 May 2019', 'last year', 'yesterday']);
    for (const time of times) expect(text.slice(time.index, time.index + time.text.length)).toBe(time.text);
  });

  it('takes days from the zone of the family', () => {
    expect(said('yesterday', ['en'], { timeZone: 'Pacific/Kiritimati', now: new Date('2026-11-21T10:30:00Z') })).toBe(
      '2026-11-20T10:00..2026-11-21T10:00 day "yesterday"',
    );
    expect(said('today', ['en'], { timeZone: 'Asia/Kathmandu' })).toBe(
      '2026-11-20T18:15..2026-11-21T18:15 day "today"',
    );
  });

  it('knows days without a midnight and days of 23 and 25 hours', () => {
    // Chile puts its clocks forward at midnight.
    expect(said('8/9/2024', ['es'], { timeZone: 'America/Santiago' })).toBe(
      '2024-09-08T04:00..2024-09-09T03:00 day "8/9/2024"',
    );
    expect(said('27/10/2024', ['es'], { timeZone: 'Europe/Madrid' })).toBe(
      '2024-10-26T22:00..2024-10-27T23:00 day "27/10/2024"',
    );
  });

  it('reads numbers by the order of the place, and only one way where the other is impossible', () => {
    expect(said('7/5/2023', ['en'], { dateOrder: 'dmy' })).toBe('2023-05-07..2023-05-08 day "7/5/2023"');
    expect(said('7/5/2023', ['es', 'en'])).toBe('2023-05-07..2023-05-08 day "7/5/2023"');
    expect(said('5/25/2023', ['es'])).toBe('2023-05-25..2023-05-26 day "5/25/2023"');
    expect(said('7.5.23', ['es'])).toBe('2023-05-07..2023-05-08 day "7.5.23"');
  });

  it('has its seasons by the hemisphere', () => {
    expect(said('el verano pasado', ['es'], { hemisphere: 'south' })).toBe(
      '2025-12-01..2026-03-01 season "el verano pasado"',
    );
    expect(said('last winter', ['en'], { hemisphere: 'south' })).toBe('2026-06-01..2026-09-01 season "last winter"');
  });

  it('looks forward when told to', () => {
    expect(said('in May', ['en'], { direction: 'future' })).toBe('2027-05-01..2027-06-01 month "May"');
    expect(said('What will we do in May?', ['en'], { direction: 'past' })).toBe('2026-05-01..2026-06-01 month "May"');
  });

  it('refuses zones that do not exist', () => {
    expect(() => find('today', ['en'], { timeZone: 'Mars/Olympus' })).toThrow(InvalidTimeError);
  });

  it('stays in time on hostile texts', () => {
    const parts = [
      '1',
      '1/',
      'may ',
      'the last ',
      'two weeks ago ',
      '1 may ',
      ' ',
      'of ',
      'between may and ',
      "'",
      'ñ',
      '😀',
    ];
    const more = [
      '32 may ',
      '19',
      '12:',
      '1-',
      'last week of ',
      'the first monday of ',
      '\u0301',
      'a\u0301 ',
      'today at 5 ',
    ];
    find('today', ['en', 'es']);
    const slow = [...parts, ...more]
      .map((part) => {
        const text = part.repeat(Math.ceil(20_000 / part.length)).slice(0, 20_000);
        const start = performance.now();
        find(text, ['en', 'es']);
        return { part, ms: performance.now() - start };
      })
      // A bound for what never ends; a machine under load is slower.
      .filter(({ ms }) => ms > 5000);
    expect(slow).toEqual([]);
  });
});
