import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findTimes, type TimeLanguage } from './find-times.js';
import { parsePartialTime } from './partial-time.js';

const ZONES = ['UTC', 'Europe/Madrid', 'America/Santiago', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Chatham'];

const zones = fc.constantFrom(...ZONES);
const days = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2100-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

/** A day as people write it. */
function written(day: string, locale: string): string {
  const options = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(locale, options).format(new Date(`${day}T00:00:00Z`));
}

describe('findTimes on any day', () => {
  it.each<readonly [string, TimeLanguage]>([
    ['en-GB', 'en'],
    ['en-US', 'en'],
    ['es-ES', 'es'],
    ['es-MX', 'es'],
  ])('finds the very day that %s writes', (locale, language) => {
    fc.assert(
      fc.property(days, zones, (day, timeZone) => {
        const text = `Leo: ${written(day, locale)}.`;
        const [found, ...more] = findTimes(text, { now: new Date(), timeZone, languages: [language] });
        expect(more).toEqual([]);
        expect({ from: found?.from, to: found?.to }).toEqual(parsePartialTime(day, timeZone));
        expect(parsePartialTime(written(day, locale), timeZone)).toEqual(parsePartialTime(day, timeZone));
      }),
    );
  });

  it('has yesterday before today before tomorrow, last year before this one, whenever it is said', () => {
    const pairs = fc.constantFrom(
      ...['yesterday/today', 'today/tomorrow', 'last week/this week', 'this week/next week', 'last month/this month'],
      ...['this month/next month', 'last year/this year', 'this year/next year', 'day before yesterday/yesterday'],
    );
    fc.assert(
      fc.property(days, zones, pairs, (day, timeZone, pair) => {
        const now = new Date(`${day}T12:34:56Z`);
        const [first, second] = pair.split('/').map((text) => findTimes(text, { now, timeZone, languages: ['en'] })[0]);
        expect(first?.to).toEqual(second?.from);
      }),
    );
  });

  it('keeps its promises on any text', () => {
    const words = fc.constantFrom(
      ...'last next the of in may 7 2019 summer week on tuesday since until between and first 90s ago two , - : christmas'.split(
        ' ',
      ),
      ...'el la los de hace dos desde hasta mayo lunes semana pasada verano a las 5 tarde reyes 7/5 2019-05-07 30'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 15 }), zones, (parts, timeZone) => {
        const text = parts.join(' ');
        let end = 0;
        for (const time of findTimes(text, { now: new Date('2026-11-21'), timeZone, languages: ['en', 'es'] })) {
          expect(time.index).toBeGreaterThanOrEqual(end);
          end = time.index + time.text.length;
          expect(text.slice(time.index, end)).toBe(time.text);
          expect(time.from === null && time.to === null).toBe(false);
          if (time.from !== null && time.to !== null) expect(time.from.getTime()).toBeLessThan(time.to.getTime());
        }
      }),
      { numRuns: 3000 },
    );
  });
});
