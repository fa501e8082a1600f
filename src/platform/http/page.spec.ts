import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { uuidv7 } from '../ids.js';
import { DomainError } from './domain-error.js';
import { decodeCursor, encodeCursor, PageQuery, toPage } from './page.js';

const ID = '0193f3a2-7c1e-7000-8000-00000000abcd';
const encode = (text: string): string => Buffer.from(text).toString('base64url');

function refusal(cursor: string): DomainError {
  try {
    decodeCursor(cursor);
  } catch (error) {
    if (error instanceof DomainError) return error as DomainError;
  }
  throw new Error(`${cursor} was accepted`);
}

describe('cursors', () => {
  it('keep the position with its microseconds', () => {
    const position = { at: '2026-11-21T03:04:05.123456Z', id: ID };
    expect(decodeCursor(encodeCursor(position))).toEqual(position);
  });

  it("take PostgreSQL's way of writing a time stamp", () => {
    expect(decodeCursor(encodeCursor({ at: '2026-11-21 03:04:05.1+00', id: ID }))).toEqual({
      at: '2026-11-21T03:04:05.1+00',
      id: ID,
    });
  });

  it('survive the way there and back for any time and id', () => {
    const years = { min: new Date('1900-01-01'), max: new Date('2999-12-31'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(years), (date) => {
        const position = { at: date.toISOString(), id: uuidv7() };
        expect(decodeCursor(encodeCursor(position))).toEqual(position);
      }),
    );
  });

  it('are opaque: safe in an address', () => {
    expect(encodeCursor({ at: '2026-11-21T03:04:05.123456Z', id: ID })).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('are absent on the first page', () => {
    expect(decodeCursor(undefined)).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['nonsense', '!!!'],
    ['only a time', encode('2026-11-21T03:04:05Z')],
    ['only an id', encode(` ${ID}`)],
    ['an id that is none', encode('2026-11-21T03:04:05Z not-an-id')],
    ['a time that is none', encode(`yesterday ${ID}`)],
    ['a day that does not exist', encode(`2026-13-41T03:04:05Z ${ID}`)],
    ['30 February', encode(`2026-02-30T03:04:05Z ${ID}`)],
    ['29 February of a common year', encode(`2026-02-29T03:04:05Z ${ID}`)],
    ['the year 0', encode(`0000-01-01T03:04:05Z ${ID}`)],
    ['another time zone', encode(`2026-11-21T03:04:05+02 ${ID}`)],
    ['something behind', encode(`2026-11-21T03:04:05Z ${ID} or 1=1`)],
    ['SQL', encode(`2026-11-21T03:04:05Z' ${ID}`)],
  ])('are refused with 400 on the field when they hold %s', (_what, cursor) => {
    expect(refusal(cursor)).toMatchObject({
      code: 'validation_failed',
      kind: 'invalid',
      errors: [{ field: 'cursor' }],
    });
  });

  it('never break on any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(refusal(text)).toBeInstanceOf(DomainError);
        expect(refusal(encode(text))).toBeInstanceOf(DomainError);
      }),
    );
  });
});

describe('toPage', () => {
  const rows = Array.from({ length: 5 }, (_, index) => ({ index, at: `2026-11-21T03:04:0${String(index)}Z`, id: ID }));
  const page = (found: typeof rows, limit: number) =>
    toPage(
      found,
      limit,
      ({ at, id }) => ({ at, id }),
      ({ index }) => index,
    );

  it('holds back the extra row and points at the last one shown', () => {
    const { data, next_cursor } = page(rows.slice(0, 4), 3);
    expect(data).toEqual([0, 1, 2]);
    expect(decodeCursor(next_cursor ?? '')).toEqual({ at: '2026-11-21T03:04:02Z', id: ID });
  });

  it.each([0, 1, 3])('has no next page after %d of at most 3 rows', (count) => {
    const { data, next_cursor } = page(rows.slice(0, count), 3);
    expect(data).toHaveLength(count);
    expect(next_cursor).toBeNull();
  });
});

describe('PageQuery', () => {
  const faults = (query: object): string[] =>
    validateSync(plainToInstance(PageQuery, query)).map(({ property }) => property);

  it('is twenty rows from the start unless told otherwise', () => {
    expect(plainToInstance(PageQuery, {})).toEqual({ limit: 20 });
  });

  it.each(['1', '100', 7])('takes the limit %j', (limit) => {
    expect(faults({ limit })).toEqual([]);
    expect(plainToInstance(PageQuery, { limit }).limit).toBe(Number(limit));
  });

  it.each(['0', '101', '-1', '1.5', '1e2', '0x10', '', ' 5', 'ten', '99999999999999999999', ['1', '2'], { a: 1 }])(
    'refuses the limit %j',
    (limit) => {
      expect(faults({ limit })).toEqual(['limit']);
    },
  );

  it.each([['a', 'b'], 7, 'x'.repeat(513)])('refuses the cursor %j', (cursor) => {
    expect(faults({ cursor })).toEqual(['cursor']);
  });
});
