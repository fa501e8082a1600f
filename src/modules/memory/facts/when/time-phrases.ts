import { type Context, type Interval } from '../facts.types.js';
import { stretchOf } from './calendar.js';

/** What a clause says of time, and the clause with those words blanked (same length). */
export interface Timing {
  readonly text: string;
  /** True since. */
  readonly from: Date | null;
  /** True until. */
  readonly until: Date | null;
  /** When it happened or was so. */
  readonly at: Interval | null;
  readonly future: boolean;
}

const MONTHS =
  '(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre)';
const YEAR = '(?:19|20)\\d\\d';
const COUNT =
  '(?:\\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|couple of|a couple of|few|a few|some|un|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|quince|veinte|unos|unas|un par de)';
const UNIT = '(?:days?|weeks?|fortnight|months?|years?|dias?|semanas?|mes(?:es)?|anos?)';
const WEEKDAY =
  '(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|lunes|martes|miercoles|jueves|viernes|sabado|domingo)';
const SEASON =
  '(?:spring|summer|autumn|fall|winter|primavera|verano|otono|invierno|christmas|easter|navidad|navidades|semana santa)';
const DATE = `(?:the |el |dia |el dia )?\\d{1,2}(?:st|nd|rd|th)?(?: of| de)? ${MONTHS}(?:,? (?:de |del )?${YEAR})?|${MONTHS} \\d{1,2}(?:st|nd|rd|th)?(?:,? ${YEAR})?|\\d{1,2}/\\d{1,2}/\\d{2,4}|\\d{4}-\\d\\d-\\d\\d`;
/** Expressions that say when by themselves. */
const CLEAR = `yesterday|today|tomorrow|last night|this morning|this afternoon|tonight|anteayer|ayer|anoche|hoy(?! en dia)|manana|esta manana|esta tarde|esta semana|este (?:mes|ano|verano|invierno|otono|curso|finde)|esta primavera|this (?:week|month|year|term|spring|summer|autumn|fall|winter|weekend)|(?:the )?(?:last|next|this coming) (?:week|month|year|term|weekend|night|${SEASON}|${MONTHS}|${WEEKDAY})|(?:la|el) (?:semana|mes|ano|${SEASON}|${WEEKDAY}|${MONTHS}|curso|finde|fin de semana) (?:pasad[oa]|que viene|proxim[oa])|(?:el|la) proxim[oa] (?:semana|mes|ano|curso|${SEASON}|${WEEKDAY})|el pasado (?:mes|ano|${SEASON}|${WEEKDAY}|${MONTHS})|${COUNT} ${UNIT} ago|hace(?: ya| como| casi| mas de)? ${COUNT} ${UNIT}|the other day|recently|lately|hace poco|recientemente|ultimamente|el otro dia|dentro de ${COUNT} ${UNIT}|in ${COUNT} ${UNIT}(?: time)?`;
/** Expressions that need a preposition to be about time. */
const BARE = `${DATE}|${MONTHS}(?:,? (?:of |de |del )?${YEAR})?|(?:the )?${SEASON}(?: (?:of |de |del )?${YEAR})?|${YEAR}|${WEEKDAY}`;
const ANY = `(?:(?:the (?:start|beginning|end|middle) of |early |late |mid-?|(?:principios|finales|mediados) de )?(?:${CLEAR}|${BARE}))`;
const PHRASE = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:(?<range>from|between|de|desde|entre) (?:el )?(?<first>${ANY}) (?:to|until|till|and|through|a|al|hasta|y) (?:el )?(?<last>${ANY})|` +
    `(?<since>since|ever since|from|starting|as of|desde|a partir de)(?: el| la)? (?<start>${ANY}|${COUNT} ${UNIT})|` +
    `(?<until>until|till|up until|up to|hasta)(?: el| la)? (?<end>${ANY})|` +
    `(?<=\\bllev(?:o|a|amos|an) (?:ya )?(?:mas de |casi )?)(?<lasting>${COUNT} ${UNIT})|(?<for>for(?: about| over| nearly| almost| more than)?(?: the (?:last|past))?|durante) (?<length>${COUNT} ${UNIT})(?: now| ya)?|` +
    `(?:(?:in|on|during|at|by|en|durante|por) )?(?<clear>${CLEAR})|(?:(?:back )?(?:in|on|during|at|by|around|over|en|el|durante|por|para)(?: el| la)? )(?<at>${ANY}))(?![\\p{L}\\p{N}])`,
  'gu',
);
const FUTURE = /next|coming|tomorrow|que viene|proxim|dentro de|^in .* (?:time|days?|weeks?|months?|years?)$|^manana$/;

/** The folded text with its words of time blanked. */
export const withoutTime = (folded: string): string => folded.replace(PHRASE, (match) => ' '.repeat(match.length));

/** Reads and blanks what a folded clause says of time. */
export function readTiming(folded: string, context: Context): Timing {
  let from: Date | null = null;
  let until: Date | null = null;
  let at: Interval | null = null;
  let future = false;
  const stretch = (phrase: string): Interval | null => {
    const read = context.readTime?.(phrase, context.saidAt, context.timeZone)[0];
    return read ?? stretchOf(phrase, context.saidAt, context.timeZone);
  };
  const text = folded.replace(PHRASE, (match, ...rest) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    const bare = groups['at'] ?? groups['clear'];
    if (groups['first'] !== undefined && groups['last'] !== undefined) {
      from = stretch(groups['first'])?.from ?? null;
      until = stretch(groups['last'])?.to ?? null;
    } else if (groups['start'] !== undefined) {
      const start = groups['start'];
      from =
        stretch(start.startsWith('hace') || !new RegExp(`^${COUNT} ${UNIT}$`).test(start) ? start : `${start} ago`)
          ?.from ?? null;
    } else if (groups['end'] !== undefined) until = stretch(groups['end'])?.from ?? null;
    else if (groups['length'] !== undefined) from = stretch(`${groups['length']} ago`)?.from ?? null;
    else if (groups['lasting'] !== undefined) from = stretch(`${groups['lasting']} ago`)?.from ?? null;
    else if (bare !== undefined) {
      if (FUTURE.test(bare) || FUTURE.test(match)) future = true;
      else at = stretch(bare);
    }
    return ' '.repeat(match.length);
  });
  const begins = from as Date | null;
  if (begins && begins > context.saidAt) future = true;
  return { text, from, until, at, future };
}

/** The text without the words that are blanks in the folded one; places stay. */
export function blank(raw: string, timed: string): string {
  let text = '';
  for (let at = 0; at < raw.length; at++) text += timed[at] === ' ' ? ' ' : (raw[at] ?? '');
  return text;
}
