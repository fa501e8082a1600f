import { describe, expect, test } from '@jest/globals';
import { bounded, checkDetails } from './audit-event.js';

describe('details of an event', () => {
  test('are kept as they are where they are short and flat', () => {
    const details = { role: 'parent', count: 3, automatic: false };
    expect(checkDetails(details)).toEqual(details);
  });

  test.each(['password', 'new_password', 'refresh_token', 'key_secret', 'code', 'pin', 'content', 'email', 'query'])(
    'never have the name %s',
    (name) => {
      expect(() => checkDetails({ [name]: 'x' })).toThrow(RangeError);
    },
  );

  test.each(['', 'Role', 'a b', '1st', `a${'b'.repeat(40)}`])('never have the odd name %j', (name) => {
    expect(() => checkDetails({ [name]: 'x' })).toThrow(RangeError);
  });

  test('are at most sixteen', () => {
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`n${String(index)}`, index]));
    expect(() => checkDetails(many)).toThrow(RangeError);
  });

  test('are no numbers that are none', () => {
    expect(() => checkDetails({ count: Number.NaN })).toThrow(RangeError);
  });

  test('are cut to two hundred characters on one line', () => {
    expect(checkDetails({ device: `a\nb\u0000c${'é'.repeat(300)}` })).toEqual({ device: `a b c${'é'.repeat(195)}` });
  });
});

describe('a text from outside', () => {
  test('is never cut within a character', () => {
    expect(bounded('ab😀', 3)).toBe('ab\ufffd');
  });

  test('loses what could turn the line around or end it', () => {
    expect(bounded('a\u202eb\u2028c\ud800', 10)).toBe('a b c\ufffd');
  });
});
