import { uuidv7 } from '../ids.js';

const SANE = /^[A-Za-z0-9._-]{8,64}$/;

/** The caller's `X-Request-Id` where it is sane, otherwise a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && SANE.test(header) ? header : uuidv7();
}
