import { RunEnded } from './job.js';

/** How a run ended. `lost`: others have taken it over; `given_back`: the process stops. */
export type Ending =
  | { readonly outcome: 'succeeded' | 'lost' | 'given_back' }
  | { readonly outcome: 'failed' | 'timed_out'; readonly error: unknown };

interface LeaseOptions {
  /** Longest run, in milliseconds. */
  readonly timeout: number;
  /** Milliseconds for which the lease holds; it is renewed three times within. */
  readonly leaseTime: number;
  /** Keeps the lease; false when it is lost. */
  readonly renew: () => Promise<boolean>;
  /** Aborted when the process can wait no longer. */
  readonly stop: AbortSignal;
}

/** Runs work as long as the lease on it holds. Work that does not heed its signal is left to itself. */
export async function underLease(
  { timeout, leaseTime, renew, stop }: LeaseOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<Ending> {
  const controller = new AbortController();
  const { signal } = controller;
  const end = (outcome: RunEnded['outcome']): void => {
    controller.abort(new RunEnded(outcome));
  };
  const timer = setTimeout(end, timeout, 'timed_out');
  const renewal = setInterval(() => {
    // A database that is away takes the lease from nobody.
    renew().then(
      (isHeld) => {
        if (!isHeld) end('lost');
      },
      () => undefined,
    );
  }, leaseTime / 3);
  const onStop = (): void => {
    end('given_back');
  };
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) onStop();
  try {
    const early = new Promise<Ending>((resolve) => {
      const onAbort = (): void => {
        resolve(endingOf(signal.reason));
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    return await Promise.race([early, signal.aborted ? early : settle(work, signal)]);
  } finally {
    clearTimeout(timer);
    clearInterval(renewal);
    stop.removeEventListener('abort', onStop);
  }
}

async function settle(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<Ending> {
  try {
    await work(signal);
    return { outcome: 'succeeded' };
  } catch (error) {
    return endingOf(error);
  }
}

function endingOf(error: unknown): Ending {
  if (!(error instanceof RunEnded)) return { outcome: 'failed', error };
  return error.outcome === 'timed_out' ? { outcome: 'timed_out', error } : { outcome: error.outcome };
}
