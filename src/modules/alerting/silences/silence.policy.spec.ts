import { describe, expect, it } from '@jest/globals';
import { faultOf, startOf, stateOf } from './silence.policy.js';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;

describe('a silence', () => {
  it('begins now, or later, and never before', () => {
    expect([undefined, NOW - 1, NOW + 1].map((asked) => startOf(asked, NOW))).toEqual([NOW, NOW, NOW + 1]);
  });

  it.each([
    ['of an hour', NOW, NOW + DAY / 24, undefined],
    ['of a year', NOW, NOW + 365 * DAY, undefined],
    ['that has ended', NOW, NOW, 'ends_at'],
    ['that lasts for ever', NOW, NOW + 367 * DAY, 'ends_at'],
    ['that ends before it begins', NOW + 2, NOW + 1, 'starts_at'],
  ])('%s', (_what, startsAt, endsAt, field) => {
    expect(faultOf({ startsAt, endsAt }, NOW)?.[0]).toBe(field);
  });

  it.each([
    ['pending', NOW + 1, NOW + 2, undefined],
    ['active', NOW, NOW + 1, undefined],
    ['expired', NOW - 1, NOW, undefined],
    ['expired', NOW - 1, NOW + 1, NOW],
  ])('is %s', (state, startsAt, endsAt, expiredAt) => {
    expect(stateOf({ startsAt, endsAt, expiredAt }, NOW)).toBe(state);
  });
});
