import { microsOf, type Micros } from '../../platform/database/index.js';
import { fieldError } from '../../platform/http/index.js';
import { InvalidTimeError, parsePartialTime } from './time/index.js';

/** A stretch of time that a request names, half-open. */
export interface Stretch {
  readonly from: Micros;
  readonly to: Micros;
}

const DAY = 86_400_000_000;

/**
 * A time of a request: an instant, or a day, month or year in full, in the zone of the family. An instant is empty: both
 * ends are the same.
 * @throws DomainError 400 on the field
 */
export function stretchOf(field: string, value: string, timeZone: string): Stretch {
  try {
    const { from, to } = parsePartialTime(value, timeZone);
    const stretch = { from: microsOf(from), to: microsOf(to) };
    if (stretch.to - stretch.from >= DAY / 2) return stretch;
    const instant = stretch.from + microsWithin(value);
    return { from: instant, to: instant };
  } catch (error) {
    if (!(error instanceof InvalidTimeError)) throw error;
    throw fieldError(field, `${field} must be a time, a day, a month or a year that exists, such as 2023-05-07`);
  }
}

/** What a time has beyond milliseconds: times of answers have it, and must mean the same when they are given back. */
function microsWithin(value: string): Micros {
  const [, digits = ''] = /\d[.,]\d{3}(\d{1,3})/.exec(value) ?? [];
  return Number(digits.padEnd(3, '0'));
}

/**
 * The time between two that a request names, either of which may be missing.
 * @throws DomainError 400 on `to` when it ends before it begins
 */
export function spanOf(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  timeZone: string,
): { readonly from: Micros | undefined; readonly to: Micros | undefined } {
  const span = { from: beginOf('from', from, timeZone), to: endOf('to', to, timeZone) };
  if (span.from !== undefined && span.to !== undefined && span.from >= span.to)
    throw fieldError('to', 'to must be after from');
  return span;
}

/** The beginning of what a request names; undefined for nothing. */
export const beginOf = (field: string, value: string | null | undefined, timeZone: string): Micros | undefined =>
  value === undefined || value === null ? undefined : stretchOf(field, value, timeZone).from;

/** The end of what a request names; undefined for nothing. */
export const endOf = (field: string, value: string | null | undefined, timeZone: string): Micros | undefined =>
  value === undefined || value === null ? undefined : stretchOf(field, value, timeZone).to;
