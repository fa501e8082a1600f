import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddingError } from './embedding.errors.js';

/** How often and how patiently something is tried. */
export interface Patience {
  /** Calls at most, the first among them. */
  readonly attempts: number;
  /** Longest wait before the second call, in milliseconds; doubles with each call. */
  readonly firstDelay: number;
  /** Longest wait before any call, in milliseconds. Who is told to wait longer gives up instead. */
  readonly maxDelay: number;
}

/**
 * Tries again what failed for now. Waits are random up to a bound that doubles ("full jitter", so that many who failed
 * together do not come back together), or as long as the other side asks by Retry-After.
 * @throws EmbeddingError the last one, when it is not retryable, the attempts are used up, or the wait would be too long
 */
export async function withRetries<T>(patience: Patience, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof EmbeddingError) || !error.isRetryable || attempt >= patience.attempts) throw error;
      const delay = delayBefore(attempt, patience, error.retryAfter);
      if (delay > patience.maxDelay || signal.aborted) throw error;
      await pause(delay, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}

function delayBefore(attempt: number, { firstDelay, maxDelay }: Patience, retryAfter: number | undefined): number {
  if (retryAfter !== undefined) return retryAfter * 1000;
  return Math.random() * Math.min(maxDelay, firstDelay * 2 ** (attempt - 1));
}

/**
 * Seconds of a Retry-After header, which is a number of seconds or a date (RFC 9110, 10.2.3).
 * @returns undefined when there is none, or nonsense
 */
export function retryAfterOf(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
