import { describe, expect, it } from '@jest/globals';
import { nameKey, normaliseEmail, signInNameOf } from './sign-in-name.js';

describe('normaliseEmail', () => {
  it.each([
    ['Maria@Example.ORG', 'maria@example.org'],
    [' maria@example.org\n', 'maria@example.org'],
    ['maria＠example.org', 'maria@example.org'],
    ['ｍａｒｉａ@example.org', 'maria@example.org'],
    ['Zoe\u0308@example.org', 'zo\u00eb@example.org'],
  ])('%j is %j', (given, normal) => {
    expect(normaliseEmail(given)).toBe(normal);
    expect(normaliseEmail(normal)).toBe(normal);
  });
});

describe('signInNameOf', () => {
  it.each([
    [{ email: ' Maria＠Example.org' }, { email: 'maria@example.org' }],
    [{ telegram_id: 123_456_789 }, { telegramId: 123_456_789 }],
    [{ username: 'Maria' }, { username: 'maria' }],
    [{ username: 'Maria@Example.org' }, { email: 'maria@example.org' }],
    [{ username: 'Maria＠Example.org' }, { email: 'maria@example.org' }],
    [{ username: '123456789' }, { telegramId: 123_456_789 }],
    [{ username: 'maria84' }, { username: 'maria84' }],
    [{ username: '9'.repeat(16) }, { username: '9'.repeat(16) }],
    [{ email: undefined, username: 'maria', telegram_id: undefined }, { username: 'maria' }],
  ])('%j is %j', (given, name) => {
    expect(signInNameOf(given)).toEqual(name);
  });

  it.each([{}, { email: 'maria@example.org', username: 'maria' }, { username: 'maria', telegram_id: 1 }])(
    'refuses %j',
    (given) => {
      expect(() => signInNameOf(given)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
    },
  );
});

describe('nameKey', () => {
  it('differs between kinds of names that read the same', () => {
    const keys = [{ email: '7' }, { username: '7' }, { telegramId: 7 }].map(nameKey);
    expect(new Set(keys).size).toBe(3);
  });

  it('holds nothing of what was typed, which may be a password', () => {
    for (const typed of ['violet-harbour-93-teapots', 'maria@example.org']) {
      expect(nameKey({ username: typed })).toMatch(/^[\w-]{43}$/);
      expect(nameKey({ email: typed })).toBe(nameKey({ email: typed }));
    }
  });
});
