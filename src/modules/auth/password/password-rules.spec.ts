import { describe, expect, it } from '@jest/globals';
import { isCommonPassword } from './common-passwords.js';
import { PASSWORD_MAX, PASSWORD_MIN, passwordFaults } from './password-rules.js';

const GOOD = 'violet-harbour-93-teapots';

describe('passwordFaults', () => {
  it.each([GOOD, 'correct horse battery', 'señora Núñez y yo', '密码密码不是好密码呢吗啊', ' spaces are fine '])(
    'has none for %j',
    (password) => {
      expect(passwordFaults(password, ['maria@example.org', 'maria', null, undefined, ''])).toEqual([]);
    },
  );

  it('counts characters, not bytes or code units', () => {
    const letters = [...'aβ🏡дéñ-7кΩxZ!'];
    expect(passwordFaults(letters.slice(0, PASSWORD_MIN).join(''))).toEqual([]);
    expect(passwordFaults(letters.slice(0, PASSWORD_MIN - 1).join(''))).toHaveLength(1);
    const houses = Array.from({ length: PASSWORD_MAX }, (_, index) => String.fromCodePoint(0x1f300 + index));
    expect(passwordFaults(houses.join(''))).toEqual([]);
    expect(passwordFaults([...houses, '🏡'].join(''))).toHaveLength(1);
  });

  it('names every broken rule by itself', () => {
    const [short] = passwordFaults('short-ñ');
    const [long] = passwordFaults(`${GOOD} `.repeat(5) + GOOD);
    const [common] = passwordFaults('passwordpassword');
    const [personal] = passwordFaults('maria.nunez.1984', ['maria.nunez.1984@example.org']);
    const faults = [short, long, common, personal];
    expect(faults).not.toContain(undefined);
    expect(new Set(faults).size).toBe(4);
    expect(passwordFaults('anna', ['anna'])).toEqual([short, personal]);
  });

  it.each([
    ['maria.nunez@example.org', ['maria.nunez@example.org']],
    ['Maria.Nunez@Example.org', ['maria.nunez@example.org']],
    ['maria.nunez.1984', ['maria.nunez.1984@example.org']],
    ['marianunez1984x', [null, 'marianunez1984x']],
  ])('%s is the person’s own name', (password, personal) => {
    expect(passwordFaults(password, personal)).toHaveLength(1);
    expect(passwordFaults(`${password} and more`, personal)).toHaveLength(0);
  });
});

describe('isCommonPassword', () => {
  it.each([
    'passwordpassword',
    'PASSWORDpassword',
    'ｐａｓｓｗｏｒｄpassword',
    '1q2w3e4r5t6y',
    'aaaaaaaaaaaa',
    'abababababab',
    'abcdabcdabcdab',
    '🏡🏡🏡🏡',
  ])('knows %s', (password) => {
    expect(isCommonPassword(password)).toBe(true);
  });

  it.each([GOOD, '', 'teapotteapot harbour', 'x'.repeat(2)])('does not know %j', (password) => {
    expect(isCommonPassword(password)).toBe(false);
  });
});
