import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePartialTime } from './partial-time.js';
import { InvalidTimeError } from './zones.js';

function range(value: string, timeZone = 'UTC'): string {
  const { from, to } = parsePartialTime(value, timeZone);
  return `${from.toISOString()}..${to.toISOString()}`.replaceAll('T00:00:00.000Z', '').replaceAll('.000Z', '');
}

function refusal(value: string, timeZone = 'UTC'): string {
  try {
    return range(value, timeZone);
  } catch (error) {
    if (error instanceof InvalidTimeError) return error.reason;
    throw error;
  }
}

const DAY = 86_400_000;

describe('parsePartialTime', () => {
  it.each([
    ['2019', '2019-01-01..2020-01-01'],
    ['2019-05', '2019-05-01..2019-06-01'],
    ['2019-12', '2019-12-01..2020-01-01'],
    ['May 2023', '2023-05-01..2023-06-01'],
    ['  MAY   2023 ', '2023-05-01..2023-06-01'],
    ['Sept. 2023', '2023-09-01..2023-10-01'],
    ['mayo de 2023', '2023-05-01..2023-06-01'],
    ['septiembre del 2023', '2023-09-01..2023-10-01'],
    ['7 May 2023', '2023-05-07..2023-05-08'],
    ['May 7th, 2023', '2023-05-07..2023-05-08'],
    ['7 de mayo de 2023', '2023-05-07..2023-05-08'],
    ['2019-05-07', '2019-05-07..2019-05-08'],
    ['2024-02-29', '2024-02-29..2024-03-01'],
    ['0001', '0001-01-01..0002-01-01'],
    ['9999-12-31', '9999-12-31..+010000-01-01'],
    ['2019-05-07T10:00', '2019-05-07T10:00:00..2019-05-07T10:01:00'],
    ['2019-05-07 10:00:30', '2019-05-07T10:00:30..2019-05-07T10:00:31'],
    ['2019-05-07T10:00:30.5Z', '2019-05-07T10:00:30.500Z..2019-05-07T10:00:30.501Z'],
    ['2019-05-07T10:00+02:00', '2019-05-07T08:00:00..2019-05-07T08:01:00'],
    ['2019-05-07T10:00-0330', '2019-05-07T13:30:00..2019-05-07T13:31:00'],
    ['2019-05-07T10:00+05', '2019-05-07T05:00:00..2019-05-07T05:01:00'],
  ])('reads %j', (value, expected) => {
    expect(range(value)).toBe(expected);
  });

  it.each([
    ['', 'format'],
    ['last summer', 'format'],
    ['2019-5', 'format'],
    ['19', 'format'],
    ['12019', 'format'],
    ['-2019', 'format'],
    ['Foo 2019', 'format'],
    ['Monday 2019', 'format'],
    ['2019-05-07T10', 'format'],
    ['constructor 2019', 'format'],
    ['9'.repeat(100_000), 'format'],
    ['0000', 'impossible'],
    ['0000-05-07T10:00Z', 'impossible'],
    ['2019-00', 'impossible'],
    ['2019-13', 'impossible'],
    ['2019-02-30', 'impossible'],
    ['30 February 2020', 'impossible'],
    ['2023-02-29', 'impossible'],
    ['1900-02-29', 'impossible'],
    ['2019-02-30T10:00', 'impossible'],
    ['2019-05-07T24:00', 'impossible'],
    ['2019-05-07T10:60', 'impossible'],
    ['2019-05-07T10:00:60', 'impossible'],
    ['2019-05-07T10:00+16:00', 'impossible'],
    ['2019-05-07T10:00+02:60', 'impossible'],
  ])('refuses %j: %s', (value, reason) => {
    expect(refusal(value)).toBe(reason);
  });

  it('means the zone of the family where none is written', () => {
    expect(range('2019-05-07', 'Europe/Madrid')).toBe('2019-05-06T22:00:00..2019-05-07T22:00:00');
    expect(range('2019-05-07', 'Asia/Kathmandu')).toBe('2019-05-06T18:15:00..2019-05-07T18:15:00');
    expect(range('2019-05-07T10:00', 'Asia/Kathmandu')).toBe('2019-05-07T04:15:00..2019-05-07T04:16:00');
    expect(range('2019-05-07T10:00Z', 'Asia/Kathmandu')).toBe('2019-05-07T10:00:00..2019-05-07T10:01:00');
    expect(refusal('2019', 'Mars/Olympus')).toBe('zone');
  });

  it('refuses a day that the zone skipped', () => {
    expect(refusal('2011-12-30', 'Pacific/Apia')).toBe('impossible');
    expect(range('2011-12-31', 'Pacific/Apia')).toBe('2011-12-30T10:00:00..2011-12-31T10:00:00');
  });

  it('begins a day without a midnight at its first moment', () => {
    expect(range('2024-09-08', 'America/Santiago')).toBe('2024-09-08T04:00:00..2024-09-09T03:00:00');
    expect(range('2024-04-06', 'America/Santiago')).toBe('2024-04-06T03:00:00..2024-04-07T04:00:00');
  });

  it('moves a skipped hour behind the gap and takes the first of a repeated one', () => {
    expect(range('2024-03-31T02:30', 'Europe/Madrid')).toBe('2024-03-31T01:30:00..2024-03-31T01:31:00');
    expect(range('2024-10-27T02:30', 'Europe/Madrid')).toBe('2024-10-27T00:30:00..2024-10-27T00:31:00');
    expect(range('2024-10-27T02:30+01:00', 'Europe/Madrid')).toBe('2024-10-27T01:30:00..2024-10-27T01:31:00');
  });

  it('reads back every instant it is given', () => {
    const instants = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(instants, (instant) => {
        expect(parsePartialTime(instant.toISOString(), 'Europe/Madrid').from).toEqual(instant);
      }),
    );
  });

  it('parts time without gaps: a day ends where the next one begins, months fill the year', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Madrid', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kolkata');
    const days = fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(days, zones, (date, zone) => {
        const written = (day: Date) => day.toISOString().slice(0, 10);
        const day = parsePartialTime(written(date), zone);
        const next = parsePartialTime(written(new Date(date.getTime() + DAY)), zone);
        expect(day.to).toEqual(next.from);
        const month = parsePartialTime(written(date).slice(0, 7), zone);
        const year = parsePartialTime(written(date).slice(0, 4), zone);
        expect(year.from <= month.from && month.from <= day.from && day.to <= month.to && month.to <= year.to).toBe(
          true,
        );
      }),
    );
  });
});
