const ENGLISH =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty';
const SPANISH =
  'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve veinte';
const TENS_EN = 'thirty forty fifty sixty seventy eighty ninety';
const TENS_ES = 'treinta cuarenta cincuenta sesenta setenta ochenta noventa';
const ORDINALS =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth|primero segundo tercero cuarto quinto sexto septimo octavo noveno decimo';

const NUMBERS = new Map<string, number>();
for (const list of [ENGLISH, SPANISH]) list.split(' ').forEach((word, value) => NUMBERS.set(word, value));
for (const list of [TENS_EN, TENS_ES]) list.split(' ').forEach((word, at) => NUMBERS.set(word, (at + 3) * 10));
'veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve'
  .split(' ')
  .forEach((word, at) => NUMBERS.set(word, 21 + at));
for (const list of ORDINALS.split('|')) list.split(' ').forEach((word, at) => NUMBERS.set(word, at + 1));
for (const [word, value] of [
  ['una', 1],
  ['primer', 1],
  ['tercer', 3],
  ['couple', 2],
] as const)
  NUMBERS.set(word, value);

/** The number that a folded word names, in digits, letters or as an ordinal ("3rd", "third", "3º"); null for other words. */
export function numberOf(word: string): number | null {
  const digits = /^(\d{1,4})(?:st|nd|rd|th|º|ª|o|a)?$/.exec(word);
  if (digits) return Number(digits[1]);
  const known = NUMBERS.get(word);
  if (known !== undefined) return known;
  const [tens, ones] = word.split('-');
  const high = NUMBERS.get(tens ?? '');
  const low = NUMBERS.get(ones ?? '');
  return high !== undefined && low !== undefined && high >= 20 && low < 10 ? high + low : null;
}
