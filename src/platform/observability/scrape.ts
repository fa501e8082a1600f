import { setTimeout as sleep } from 'node:timers/promises';

/** Longest wait for a number that others have, in milliseconds: Prometheus gives up after ten seconds, with all the rest. */
const PATIENCE = 2000;

/** What a gauge is read from, unless that takes too long: a database that is busy must not hide the metrics that say so. */
export async function inTimeForScrape<T>(reading: Promise<T>): Promise<T> {
  const abort = new AbortController();
  const late = sleep(PATIENCE, undefined, { signal: abort.signal, ref: false }).then(() => {
    throw new Error('the number took too long');
  });
  try {
    return await Promise.race([reading, late]);
  } finally {
    late.catch(() => undefined);
    abort.abort();
  }
}
