import { describe, expect, test } from '@jest/globals';
import { isInstant, withZone } from './instant.js';

describe('an instant', () => {
  test.each([
    '2026-01-31',
    '2024-02-29',
    '2026-01-31T08:00Z',
    '2026-01-31T08:00:00Z',
    '2026-01-31T08:00:00.123456Z',
    '2026-01-31T08:00:00+05:30',
  ])('is %s', (text) => {
    expect(isInstant(text)).toBe(true);
    expect(withZone(text)).toMatch(/T.*(Z|\d)$/);
  });

  test.each([
    '',
    '2026',
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '0000-01-01',
    '2026-W05',
    '2026-01-31T08:00:00',
    '2026-01-31T24:00:00Z',
    '2026-01-31T08:60:00Z',
    '2026-01-31T08:00:00+15:00',
    ' 2026-01-31',
    "2026-01-31'; --",
    ['2026-01-31'],
    5,
    undefined,
  ])('is not %j', (text) => {
    expect(isInstant(text)).toBe(false);
  });
});
