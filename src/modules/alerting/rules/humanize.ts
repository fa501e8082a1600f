const SMALL = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];
const LARGE = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];

/** A number as Go prints it (`%v`). */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const exponent = Number(value.toExponential().split('e')[1]);
  return exponent < -4 || exponent >= 6 ? goExponent(value.toExponential()) : String(value);
}

/** Go writes exponents with two digits at least. */
const goExponent = (text: string): string =>
  text.replace(/e([+-])(\d)$/, (_whole, sign: string, digit: string) => `e${sign}0${digit}`);

/** `%.4g` */
function fourDigits(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatNumber(value);
  const text = value.toExponential(3);
  const exponent = Number(text.split('e')[1]);
  const isLong = exponent < -4 || exponent >= 4;
  const shortest = isLong ? text : value.toFixed(Math.max(3 - exponent, 0));
  const [digits = '', power] = shortest.split('e');
  const trimmed = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  return power === undefined ? trimmed : goExponent(`${trimmed}e${power}`);
}

function scaled(value: number, base: number, prefixes: readonly string[]): string {
  let [rest, prefix] = [value, ''];
  for (const each of prefixes) {
    if (Math.abs(rest) < base) break;
    prefix = each;
    rest /= base;
  }
  return `${fourDigits(rest)}${prefix}`;
}

function small(value: number): string {
  let [rest, prefix] = [value, ''];
  for (const each of SMALL) {
    if (Math.abs(rest) >= 1) break;
    prefix = each;
    rest *= 1000;
  }
  return `${fourDigits(rest)}${prefix}`;
}

function duration(value: number): string {
  if (!Number.isFinite(value)) return fourDigits(value);
  if (value === 0) return '0s';
  if (Math.abs(value) < 1) return `${small(value)}s`;
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  const whole = Math.trunc(size);
  const [days, hours, minutes] = [86_400, 3600, 60].map((unit) => Math.floor(whole / unit)) as [number, number, number];
  const parts: [number, string][] = [
    [days, 'd'],
    [hours % 24, 'h'],
    [minutes % 60, 'm'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count !== 0);
  if (minutes === 0) return `${sign}${fourDigits(size)}s`;
  return `${sign}${parts
    .slice(first)
    .map(([count, unit]) => `${String(count)}${unit}`)
    .join(' ')}`;
}

/** Numbers for people, as the functions of the same names in Prometheus' templates write them. */
export const HUMANIZE: Readonly<Record<string, (value: number) => string>> = {
  humanize: (value) => {
    if (value === 0 || !Number.isFinite(value)) return fourDigits(value);
    return Math.abs(value) >= 1 ? scaled(value, 1000, LARGE) : small(value);
  },
  humanize1024: (value) =>
    Math.abs(value) <= 1 || !Number.isFinite(value)
      ? fourDigits(value)
      : scaled(
          value,
          1024,
          [...'kMGTPEZY'].map((letter) => `${letter}i`),
        ),
  humanizeDuration: duration,
  humanizePercentage: (value) => `${fourDigits(value * 100)}%`,
};
