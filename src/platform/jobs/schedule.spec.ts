import { describe, expect, test } from '@jest/globals';
import { defineSchedule, nextRun } from './schedule.js';

const execute = (): Promise<void> => Promise.resolve();
const after = (cron: string, timeZone: string, moment: string): string =>
  nextRun({ id: 'test', cron, timeZone }, new Date(moment)).toISOString();

describe('a schedule', () => {
  test('runs in its zone', () => {
    expect(after('30 3 * * *', 'Europe/Madrid', '2026-01-10T12:00:00Z')).toBe('2026-01-11T02:30:00.000Z');
    expect(after('30 3 * * *', 'Europe/Madrid', '2026-07-10T12:00:00Z')).toBe('2026-07-11T01:30:00.000Z');
  });

  test('runs after the moment, not at it', () => {
    expect(after('0 * * * *', 'UTC', '2026-01-10T12:00:00Z')).toBe('2026-01-10T13:00:00.000Z');
  });

  test('whose hour is skipped by the clock change runs on that day all the same', () => {
    expect(after('30 2 * * *', 'Europe/Madrid', '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00.000Z');
  });

  test('whose hour is repeated runs once in it', () => {
    const first = after('30 2 * * *', 'Europe/Madrid', '2026-10-24T12:00:00Z');
    expect(first).toBe('2026-10-25T00:30:00.000Z');
    expect(after('30 2 * * *', 'Europe/Madrid', first)).toBe('2026-10-26T01:30:00.000Z');
  });

  test.each([
    ['every minute', 'UTC'],
    ['* * * * * *', 'UTC'],
    ['61 * * * *', 'UTC'],
    ['0 0 30 2 *', 'UTC'],
    ['0 0 * * *', 'Mars/Olympus'],
  ])('is refused as %j in %j', (cron, timeZone) => {
    expect(() => defineSchedule({ id: 'test', cron, timeZone, execute })).toThrow();
  });
});
