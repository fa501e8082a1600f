import { type Language, type Statement } from '../facts.types.js';

const SINGLE_VALUED = new Set(['employer', 'occupation', 'school', 'home_location']);
/** Folded words of a second one beside the first. */
const BESIDE: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:also|as well(?! as)|part[- ]?time|second (?:job|home|house|flat|school)|on the side)\b/,
  es: /\b(?:tambien|a tiempo parcial|(?:a )?media jornada|segund[oa] (?:trabajo|curro|empleo|casa|vivienda|residencia|piso))\b/,
};
const SOME_TIME: Readonly<Record<Language, RegExp>> = {
  en: /\bfor (?:an?|a few|a couple of|some|several|the next|one|two|three|four|five|six|seven|eight|ten|\d+)(?: \w+)? (?:days?|nights?|weeks?|weekends?|months?|while)\b|\btemporarily\b|\bduring the (?:week|term|summer|holidays)\b|\b(?:on|at) (?:the )?weekends?\b|\bon weekdays\b|\bmidweek\b/,
  es: /\b(?:(?:por|durante) )?(?:un|una|un par de|unos|unas|algun[oa]s|dos|tres|cuatro|cinco|seis|siete|ocho|diez|\d+) (?:dias?|noches?|semanas?|mes(?:es)?)\b|\btemporalmente\b|\bprovisionalmente\b|\bentre semana\b|\b(?:los|el|en) (?:fin(?:es)? de semana|findes?)\b/,
};
/** "I have lived here for two months" counts from when it began. */
const SO_FAR = /\b(?:have|has|'ve|been|now|llev\w+|hace|desde|ahora)\b|'(?:ve|s (?:lived|been))\b/;
const OPENS = /^(?:(?:y|pero|bueno|hola|oye)[\s,]+)*tambien (?!,)/;

/** Whether a sentence adds to what was said before ("también trabajo en ..."). */
export const opensBeside = (folded: string, language: Language): boolean => language === 'es' && OPENS.test(folded);

/** Whether a clause tells of a second job, school or home, or of a home for some time: it replaces none and is no fact. */
export function isBeside(
  { predicate, polarity }: Statement,
  folded: string,
  adds: boolean,
  language: Language,
): boolean {
  if (polarity !== 'asserts' || !SINGLE_VALUED.has(predicate)) return false;
  if (adds || BESIDE[language].test(folded)) return true;
  return predicate === 'home_location' && SOME_TIME[language].test(folded) && !SO_FAR.test(folded);
}

const NOW: Readonly<Record<Language, RegExp>> = {
  en: /\bnow\b(?=.*\b(?:go|goes|going|attends?|lives?|living|works?|working|at)\b)|\b(?:go|goes|going|attends?|lives?|living|works?|working|at)\b.*\bnow\b/,
  es: /\bsino\b|\bahora\b(?=.*\b(?:voy|va|vamos|van|vivo|vive|vivimos|viven|trabajo|trabaja|estoy|esta|estamos|estudia|estudio)\b)|\b(?:voy|va|vivo|vive|trabajo|trabaja|esta|estoy)\b.*\bahora\b/,
};

/** Whether a clause tells where somebody is now: unread, it leaves nothing known of what it replaced. */
export const tellsNow = (folded: string, language: Language): boolean => NOW[language].test(folded);

/** Endings of what only one can be of, whose successor nobody could read. */
export const isOpenEnding = ({ predicate, polarity }: Statement, found: readonly Statement[]): boolean =>
  polarity !== 'asserts' &&
  SINGLE_VALUED.has(predicate) &&
  !found.some((other) => other.predicate === predicate && other.polarity === 'asserts');
