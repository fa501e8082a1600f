import { describe, expect, it } from '@jest/globals';
import { hashInvitationCode, newInvitationCode } from './invitation-code.js';

describe('newInvitationCode', () => {
  it('has twelve letters that survive handwriting and the telephone', () => {
    const codes = Array.from({ length: 2000 }, newInvitationCode);
    expect(new Set(codes).size).toBe(2000);
    for (const code of codes)
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32);
  });
});

describe('hashInvitationCode', () => {
  const hash = hashInvitationCode('7K2M-9QXA-R10D');

  it.each([
    '7k2m-9qxa-r10d',
    '7K2M9QXAR10D',
    ' 7K2M 9QXA R10D ',
    '7K2M—9QXA—R10D',
    '7K2M-9QXA-RLOD',
    '7K2M-9QXA-RIOD',
    '7k2m-9qxa-rlod',
  ])('reads %j as the same code', (typed) => {
    expect(hashInvitationCode(typed)).toEqual(hash);
  });

  it.each(['7K2M-9QXA-R10E', '7K2M-9QXA-R10', '7K2M-9QXA-R10DD', ''])('reads %j as another', (typed) => {
    expect(hashInvitationCode(typed)).not.toEqual(hash);
  });

  it('has 256 bits, and a code of 60 random bits behind it', () => {
    expect(hash).toHaveLength(32);
    expect(Math.log2(32 ** 12)).toBe(60);
  });
});
