import { randomUUID } from 'node:crypto';

const SANE = /^[A-Za-z0-9._-]{8,64}$/;

/** The caller's `X-Request-Id` where it is sane, otherwise a new one (random: nothing sorts by it, and it is made for every request). */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && SANE.test(header) ? header : randomUUID();
}
