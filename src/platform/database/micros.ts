/** A point of time in microseconds since 1970: PostgreSQL's precision, and whole numbers of it are exact in JavaScript. */
export type Micros = number;

export const microsOf = (time: Date): Micros => time.getTime() * 1000;

/** ISO 8601 with microseconds, as PostgreSQL takes it. */
export function isoOf(micros: Micros): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = String(micros - seconds * 1_000_000).padStart(6, '0');
  return new Date(seconds * 1000).toISOString().replace('.000Z', `.${fraction}Z`);
}

export const isoOrNull = (micros: Micros | null): string | null => (micros === null ? null : isoOf(micros));

/** A `tstzrange` literal, half-open; null is infinity. */
export const rangeOf = (from: Micros | null, to: Micros | null): string =>
  `[${isoOrNull(from) ?? ''},${isoOrNull(to) ?? ''})`;

/** The same where both ends may be one instant, which then belongs to it. */
export const momentOf = (from: Micros, to: Micros): string =>
  from === to ? `[${isoOf(from)},${isoOf(to)}]` : rangeOf(from, to);

/** SQL that reads a time as microseconds. */
export const microsSql = (expression: string): string => `(extract(epoch FROM ${expression}) * 1000000)::float8`;
