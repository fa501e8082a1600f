import { describe, expect, test } from '@jest/globals';
import { defineJob, retryDelay } from './job.js';

describe('a kind of job', () => {
  test('has defaults, and keeps what is given', () => {
    expect(defineJob({ name: 'memory.embed', batchSize: 50 })).toMatchObject({
      name: 'memory.embed',
      batchSize: 50,
      concurrency: 1,
      retryLimit: 8,
    });
  });

  test.each(['', 'Memory', 'a b', '1st', 'a'.repeat(101)])('is refused with the name %j', (name) => {
    expect(() => defineJob({ name })).toThrow(RangeError);
  });

  test.each([{ batchSize: 0 }, { concurrency: 1.5 }, { timeout: -1 }])('is refused with %j', (options) => {
    expect(() => defineJob({ name: 'a', ...options })).toThrow(RangeError);
  });
});

describe('the pause before a retry', () => {
  const backoff = { base: 1000, max: 60_000 };

  test('doubles, up to the most', () => {
    expect([1, 2, 3, 6, 7, 30].map((attempt) => retryDelay(backoff, attempt, 0.5))).toEqual([
      1000, 2000, 4000, 32_000, 60_000, 60_000,
    ]);
  });

  test('is spread by a tenth to either side', () => {
    expect([retryDelay(backoff, 1, 0), retryDelay(backoff, 1, 1)]).toEqual([900, 1100]);
  });
});
