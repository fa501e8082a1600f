import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { IsString, validateSync } from 'class-validator';
import {
  IsBirthDate,
  IsOptionalNotNull,
  IsPersonName,
  isPastDate,
  IsTelegramId,
  IsTimeZoneName,
  Nullable,
  Trim,
} from './validators.js';

class Everything {
  @IsOptionalNotNull()
  @IsPersonName()
  name?: string;

  @IsOptionalNotNull()
  @IsBirthDate()
  born?: string;

  @IsOptionalNotNull()
  @IsTimeZoneName()
  zone?: string;

  @IsOptionalNotNull()
  @IsTelegramId()
  telegram?: number;

  @Nullable({ type: 'string' })
  @Trim()
  @IsString()
  note?: string | null;
}

/** The messages that a request gets, or none. */
const faults = (request: object): string[] =>
  validateSync(plainToInstance(Everything, request)).flatMap(({ constraints }) => Object.values(constraints ?? {}));

const accepts = (request: object): boolean => faults(request).length === 0;

describe('IsPersonName', () => {
  it.each([
    'Ada',
    'María José',
    "O'Brien",
    'Jean-Luc',
    'Núñez',
    '李小龍',
    'עדה',
    'Ада',
    'J. R. R.',
    'Anne (Nan)',
    'Henry 8',
    'X'.repeat(100),
  ])('accepts %s', (name) => {
    expect(faults({ name })).toEqual([]);
  });

  it.each([
    '',
    '   ',
    'X'.repeat(101),
    '<b>Ada</b>',
    'Ada;',
    'Ada@home',
    '👩',
    'a\u202eb',
    'a\u0000b',
    'ada/../x',
    7,
    true,
    ['Ada'],
    {},
  ])('refuses %j', (name) => {
    expect(faults({ name })).toEqual([
      'name must be 1 to 100 letters (of any script), spaces, apostrophes, hyphens or dots',
    ]);
  });

  it('trims, folds white space and composes accents, before it counts', () => {
    expect(plainToInstance(Everything, { name: '  Mari\u0301a \t\n José ' }).name).toBe('María José');
    expect(accepts({ name: `  ${'X'.repeat(100)}  ` })).toBe(true);
  });
});

describe('Trim', () => {
  it.each([7, false, null, ['  a ']])('passes %j as it is', (note) => {
    expect(plainToInstance(Everything, { note }).note).toEqual(note);
  });
});

describe('IsOptionalNotNull and Nullable', () => {
  it('both may be left out; only the nullable one may be null', () => {
    expect(faults({})).toEqual([]);
    expect(faults({ note: null })).toEqual([]);
    expect(accepts({ name: null })).toBe(false);
    expect(accepts({ born: null })).toBe(false);
    expect(accepts({ note: 7 })).toBe(false);
  });
});

describe('isPastDate', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: new Date('2026-11-21T23:30:00Z') });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each(['1900-01-01', '2000-02-29', '2026-11-21', '2026-11-22'])('accepts %s', (day) => {
    expect(isPastDate(day)).toBe(true);
  });

  it.each([
    '1899-12-31',
    '2026-11-23',
    '2999-01-01',
    '1900-02-29',
    '2001-02-29',
    '2001-04-31',
    '2001-13-01',
    '2001-00-10',
    '2001-01-00',
    '2001-1-1',
    '01-01-2001',
    '2001-01-01T00:00:00Z',
    ' 2001-01-01',
    '',
    20010101,
    null,
    undefined,
    new Date(0),
  ])('refuses %p', (day) => {
    expect(isPastDate(day)).toBe(false);
  });

  it('is what IsBirthDate checks', () => {
    expect(accepts({ born: '2010-05-04' })).toBe(true);
    expect(faults({ born: '2026-12-24' })).toEqual([
      'born must be a day that exists, YYYY-MM-DD, from 1900 until today',
    ]);
  });
});

describe('IsTimeZoneName', () => {
  it.each(['Europe/Madrid', 'UTC', 'America/Argentina/Buenos_Aires', 'Asia/Tokyo'])('accepts %s', (zone) => {
    expect(faults({ zone })).toEqual([]);
  });

  it.each(['Europe/Atlantis', 'europe/madrid', '+02:00', 'CET; DROP TABLE users', '', '../etc/passwd', 1, null])(
    'refuses %j',
    (zone) => {
      expect(faults({ zone })).toEqual(['zone must be an IANA time zone such as Europe/Madrid']);
    },
  );
});

describe('IsTelegramId', () => {
  it.each([1, 123456789, 2 ** 52 - 1, '123456789'])('accepts %j', (telegram) => {
    expect(faults({ telegram })).toEqual([]);
  });

  it('makes a number of digits', () => {
    expect(plainToInstance(Everything, { telegram: '0042' }).telegram).toBe(42);
  });

  it.each([0, -5, 1.5, 2 ** 52, Number.NaN, Infinity, '', '-5', '1e5', '12 34', '99999999999999999', true, [5], null])(
    'refuses %j',
    (telegram) => {
      expect(faults({ telegram })).toEqual(['telegram must be a Telegram id: a positive whole number']);
    },
  );
});
