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
    const beyond = microsBeyondMillis(value);
    const stretch = { from: microsOf(from) + beyond, to: microsOf(to) + beyond };
    return stretch.to - stretch.from < DAY / 2 ? { from: stretch.from, to: stretch.from } : stretch;
  } catch (error) {
    if (!(error instanceof InvalidTimeError)) throw error;
    throw fieldError(field, `${field} must be a time, a day, a month or a year that exists, such as 2023-05-07`);
  }
}

/** What a time says below the millisecond: times that an answer gave have it, and must come back as the same. */
const microsBeyondMillis = (value: string): number =>
  Number((/:\d{2}[.,]\d{3}(\d{1,3})/.exec(value)?.[1] ?? '').padEnd(3, '0'));

/** The beginning of what a request names; undefined for nothing. */
export const beginOf = (field: string, value: string | null | undefined, timeZone: string): Micros | undefined =>
  value === undefined || value === null ? undefined : stretchOf(field, value, timeZone).from;

/** The end of what a request names; undefined for nothing. */
export const endOf = (field: string, value: string | null | undefined, timeZone: string): Micros | undefined =>
  value === undefined || value === null ? undefined : stretchOf(field, value, timeZone).to;
