import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { RunEnded } from './job.js';
import { underLease } from './leased-run.js';

const DAY = 86_400_000;
const lease = (options: object = {}) => ({
  timeout: DAY,
  leaseTime: DAY,
  renew: () => Promise.resolve(true),
  stop: new AbortController().signal,
  ...options,
});
/** Work that ends when it is told to, as all should. */
const heeding = (signal: AbortSignal): Promise<void> => sleep(DAY, undefined, { signal }).catch(() => undefined);
/** Work that hears nothing. */
const deaf = (): Promise<void> => new Promise(() => undefined);

describe('a run under a lease', () => {
  test('succeeds or fails as its work does', async () => {
    expect(await underLease(lease(), () => Promise.resolve())).toEqual({ outcome: 'succeeded' });
    const error = new TypeError('on purpose');
    expect(await underLease(lease(), () => Promise.reject(error))).toEqual({ outcome: 'failed', error });
    expect(
      await underLease(lease(), () => {
        throw error;
      }),
    ).toEqual({ outcome: 'failed', error });
  });

  test.each([heeding, deaf])('ends when its time is up', async (work) => {
    expect(await underLease(lease({ timeout: 5 }), work)).toMatchObject({ outcome: 'timed_out' });
  });

  test('ends when the lease is lost, but not while the database is away', async () => {
    const answers = [
      () => Promise.resolve(true),
      () => Promise.reject(new Error('away')),
      () => Promise.resolve(false),
    ];
    const renew = () => (answers.shift() ?? answers[0])?.() ?? Promise.resolve(false);
    expect(await underLease(lease({ leaseTime: 15, renew }), deaf)).toEqual({ outcome: 'lost' });
    expect(answers).toEqual([]);
  });

  test('ends when the process stops, before or meanwhile', async () => {
    const stop = new AbortController();
    const running = underLease(lease({ stop: stop.signal }), deaf);
    stop.abort();
    expect(await running).toEqual({ outcome: 'given_back' });
    expect(await underLease(lease({ stop: stop.signal }), deaf)).toEqual({ outcome: 'given_back' });
  });

  test('tells its work why it ends', async () => {
    const reason = await new Promise<unknown>((resolve) => {
      const work = (signal: AbortSignal): Promise<void> =>
        heeding(signal).then(() => {
          resolve(signal.reason);
        });
      void underLease(lease({ timeout: 5 }), work);
    });
    expect(reason).toBeInstanceOf(RunEnded);
    expect(reason).toMatchObject({ outcome: 'timed_out' });
  });
});
