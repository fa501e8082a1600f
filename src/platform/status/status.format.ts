import type { RowValue } from './status.section.js';
import type { StatusLanguage } from './status.language.js';

const STEPS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** The largest unit of which there is one at least. @param seconds any number, negative ones too */
function unitOf(seconds: number): (typeof STEPS)[number] {
  return STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? STEPS[3];
}

/** `3 hours ago`; a moment to come is `in 3 hours`. */
export function ageOf(moment: Date, now: Date, language: StatusLanguage): string {
  const seconds = Math.round((moment.getTime() - now.getTime()) / 1000);
  const [unit, size] = unitOf(seconds);
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}

/** `2.4 s`, `35 ms`, `3 h`. @param seconds at least 0 */
export function durationOf(seconds: number, language: StatusLanguage): string {
  if (seconds < 1) return inUnits(language, 'millisecond', seconds * 1000, seconds < 0.01 ? 1 : 0);
  const [unit, size] = unitOf(seconds);
  return inUnits(language, unit, seconds / size, 1);
}

const inUnits = (language: StatusLanguage, unit: string, value: number, digits: number): string =>
  new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'day' ? 'long' : 'short',
    maximumFractionDigits: digits,
  }).format(value);

export const numberOf = (value: number, language: StatusLanguage): string =>
  new Intl.NumberFormat(language, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);

/** A value as text; moments are for `ageOf`. */
export function valueOf(value: Exclude<RowValue, Date>, language: StatusLanguage): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? numberOf(value, language) : durationOf(value.seconds, language);
}

/** Ends of the names of details, and what they say of the number. */
const UNITS: Readonly<Record<string, string>> = { ms: 'ms', mib: 'MiB', seconds: 's', percent: '%' };

/** What an indicator tells of itself, in a line: `{ free_mib: 5120 }` as `free 5,120 MiB`, `{ looked_ms_ago: 3 }` as `looked 3 ms ago`. Lists and the like are left out. */
export function detailsOf(details: Readonly<Record<string, unknown>>, language: StatusLanguage): string {
  return Object.entries(details)
    .flatMap(([key, value]) => {
      if (typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'boolean') return [];
      const words = key.split('_');
      if (typeof value !== 'number') return [`${words.join(' ')} ${String(value).replaceAll('_', ' ')}`];
      const at = words.findIndex((word) => UNITS[word] !== undefined);
      const unit = UNITS[words[at] ?? ''];
      const number = numberOf(value, language);
      if (unit === undefined) return [`${words.join(' ')} ${number}`];
      return [[...words.slice(0, at), number, unit, ...words.slice(at + 1)].join(' ')];
    })
    .join(' · ');
}
