import { numberOf } from './numbers.js';

const MONTHS = new Map<string, number>();
[
  'january jan enero ene',
  'february feb febrero',
  'march mar marzo',
  'april apr abril abr',
  'may mayo',
  'june jun junio',
  'july jul julio',
  'august aug agosto ago',
  'september sept sep septiembre setiembre',
  'october oct octubre',
  'november nov noviembre',
  'december dec diciembre dic',
].forEach((names, at) => {
  for (const name of names.split(' ')) MONTHS.set(name, at + 1);
});

/** The month a folded word names, 1-12. */
export const monthOf = (word: string): number | null => MONTHS.get(word) ?? null;

const two = (value: number): string => String(value).padStart(2, '0');
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function iso(year: number | null, month: number, day: number): string | null {
  if (day < 1 || day > (LONGEST[month - 1] ?? 0)) return null;
  const rest = `${two(month)}-${two(day)}`;
  return year === null ? `--${rest}` : `${String(year)}-${rest}`;
}

/**
 * A calendar day in a folded text, as ISO 8601 `2015-05-04`, or `--05-04` without a year; null when there is none.
 * Days in digits are read day first unless that is no date ("5/23/2015").
 */
export function dayOf(text: string): string | null {
  const plain = /(\d{4})-(\d{1,2})-(\d{1,2})/.exec(text);
  if (plain) return iso(Number(plain[1]), Number(plain[2]), Number(plain[3]));
  const yearless = /^--(\d\d)-(\d\d)$/.exec(text);
  if (yearless) return iso(null, Number(yearless[1]), Number(yearless[2]));
  const digits = /(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?(?!\d)/.exec(text);
  if (digits) {
    const [first, second] = [Number(digits[1]), Number(digits[2])];
    const year = digits[3] === undefined ? null : digits[3].length === 4 ? Number(digits[3]) : centuryOf(digits[3]);
    return second > 12 ? iso(year, first, second) : iso(year, second, first);
  }
  const parts = text
    .replace(/[.,]/g, ' ')
    .split(' ')
    .filter((part) => part && !/^(?:the|of|on|el|de|del|dia|año|ano)$/.test(part));
  const at = parts.findIndex((part) => monthOf(part) !== null);
  if (at < 0) return null;
  const month = monthOf(parts[at] ?? '') ?? 0;
  const before = numberOf(parts[at - 1] ?? '');
  const after = numberOf(parts[at + 1] ?? '');
  const year = parts.map((part) => /^(?:19|20)\d\d$/.exec(part)?.[0]).find((found) => found !== undefined);
  const day = before !== null && before <= 31 ? before : after !== null && after <= 31 ? after : null;
  return day === null ? null : iso(year === undefined ? null : Number(year), month, day);
}

/** Two digits of a year: nobody alive was born in the coming ones. */
const centuryOf = (digits: string): number => (Number(digits) > 29 ? 1900 : 2000) + Number(digits);
