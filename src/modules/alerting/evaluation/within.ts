import { setTimeout as sleep } from 'node:timers/promises';

/** It took longer than it may. What was begun is not stopped by it. */
export class TookTooLong extends Error {
  constructor() {
    super('it took too long');
    this.name = 'TookTooLong';
  }
}

/**
 * Waits for work, and no longer than `limit` milliseconds.
 * @throws TookTooLong
 */
export async function within<T>(work: Promise<T>, limit: number): Promise<T> {
  const abort = new AbortController();
  const late = sleep(limit, undefined, { signal: abort.signal, ref: false }).then(() => {
    throw new TookTooLong();
  });
  // Nobody waits for it any more once the work is done.
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    abort.abort();
  }
}
