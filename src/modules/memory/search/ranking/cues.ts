import { fold } from '../../fold.js';

/**
 * Words by which a question asks for a time or a number, and a text says one, in English and
 * Spanish. They are cues that raise a score, not a parser: a false one costs a few ranks.
 */

// Texts are folded before they are compared, since a word boundary knows ASCII only.
const ASKS_TIME = words(
  'when (?:did|was|is|will|has|does)|how long|(?:^|(?<=¿)) *when|what (?:date|month|year|day|time)|which (?:month|year|day)',
  'cuando|que (?:fecha|dia|mes|ano|hora)|cuanto tiempo|en que (?:mes|ano|epoca)',
);
const ASKS_NUMBER = words('how (?:many|much|often|long|old)', 'cuant[oa]s?|que edad|cada cuanto|con que frecuencia');
const SAYS_TIME = words(
  'yesterday|today|tonight|tomorrow|ago|last|next|recently|just|this (?:morning|summer|winter|fall|autumn|spring)|weekend|week|month|year|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december|(?:19|20)\\d\\d|\\d+(?:st|nd|rd|th)',
  'ayer|anteayer|hoy|anoche|manana|hace|pasad[oa]|proxim[oa]|recientemente|acab[oa]|semana|mes|ano|lunes|martes|miercoles|jueves|viernes|sabado|domingo|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre',
);
const SAYS_NUMBER = words(
  '\\d+|one|two|three|four|five|six|seven|eight|nine|ten|dozen|once|twice|couple|few|several',
  'uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|docena|par|vari[oa]s|vez|veces',
);

/** Does the question ask when something was, or how long it took? */
export function asksForTime(question: string): boolean {
  return ASKS_TIME.test(fold(question));
}

/** Does the question ask how many, how much, how often, how long or how old? */
export function asksForNumber(question: string): boolean {
  return ASKS_NUMBER.test(fold(question));
}

/** Does the text tell a date, a day or a time relative to the day it was said? */
export function saysTime(text: string): boolean {
  return SAYS_TIME.test(fold(text));
}

/** Does the text hold a number, in digits or a small one in words? */
export function saysNumber(text: string): boolean {
  return SAYS_NUMBER.test(fold(text));
}

/** Does the text ask something? What comes next then probably answers it. */
export function hasQuestion(text: string): boolean {
  return text.includes('?');
}

function words(...alternatives: readonly string[]): RegExp {
  return new RegExp(`(?<!\\w)(?:${alternatives.join('|')})(?!\\w)`);
}
