import { type Language } from '../facts.types.js';
import { fold } from '../language/fold.js';
import { blank, withoutTime } from '../when/time-phrases.js';

/** Words before a statement that say nothing of it. */
const LEADS: Readonly<Record<Language, RegExp>> = {
  en: /^(?:[\s,.:!?*"()-]+|(?:ok(?:ay)?|so|well|hey|hi|hello|oh|ah|um+|erm|btw|by the way|fyi|also|actually|just so you know|just to let you know|just fyi|for the record|as you know|you know|yes|yep|yeah|no|nope|and|but|then|plus|besides|honestly|tbh|good news|bad news|sad news|great news|big news|exciting news|news|update|reminder|note|remember(?: that)?(?! to| when)|please (?:remember|note)(?: that)?|note that|keep in mind(?: that)?|don't forget that|correction|guess what|look|listen|anyway|right|sure|sorry|thanks|thank you|good morning|morning|good evening|turns out(?: that)?|it turns out(?: that)?|as it turns out|the thing is(?: that)?|the truth is(?: that)?|fun fact|in fact|i just wanted to (?:say|let you know)(?: that)?|just wanted to let you know(?: that)?|i can confirm(?: that)?|you should know(?: that)?|ps|p\.s|unfortunately|sadly|luckily|fortunately|happily|nowadays|these days|currently|at the moment|right now|since then|now|finally|obviously|of course|dear assistant|when i grow up|one day when i grow up|wow|ugh|omg|yay|woohoo|hooray|btw,? )(?=[\s,.:!-]|$))+/,
  es: /^(?:[\s,.:!?¡¿*"()-]+|(?:vale|bueno|pues|hola|buenas|buenos dias|oye|ah|eh|mira|por cierto|ademas|tambien|que sepas que|para que (?:lo )?sepas|para que conste|recuerda que|apunta que|ten en cuenta que|no olvides que|acuerdate de que|acuerdate que|nota|y|pero|entonces|la verdad(?: es)?(?: que)?|lo cierto es que|el caso es que|resulta que|al final|buenas noticias|malas noticias|noticia|noticias|novedad|aviso|te cuento|os cuento|te aviso|te recuerdo que|aviso de que|si,|sí|no,|claro|por fin|desgraciadamente|lamentablemente|por desgracia|por suerte|afortunadamente|actualmente|hoy en dia|ahora mismo|ahora|ultimamente|gracias|perdon|correccion|en realidad|de hecho|adivina que|sabes que|ps|de mayor|cuando sea mayor|uf|ay|guau|oh|ojo|ojo que|total que|asi que|encima|es que)(?=[\s,.:!-]|$))+/,
};

/** Always a new clause. */
const HARD: Readonly<Record<Language, RegExp>> = {
  en: /\s*(?:\s[-–—]+\s|[–—]|[()]|:\s|,?\s(?:but|because|although|though|while|whereas|so that|even though|however|unlike|not like|which is why|which means)\s|,\s*(?:so|yet)\s|\s(?:so)\s(?=(?:i|we|he|she|they|my|our)\b)|\s(?:cos|cuz|bc|coz)\s)\s*/g,
  es: /\s*(?:\s[-–—]+\s|[–—]|[()]|:\s|,?\s(?:pero|porque|aunque|mientras que|sino que|asi que|en cambio|ya que|puesto que|por eso|por lo que)\s)\s*/g,
};
/** A new clause where one can begin there. */
const SOFT: Readonly<Record<Language, RegExp>> = {
  en: /\s*,(?!\d)\s*(?:and\s+|then\s+|but\s+|also\s+|plus\s+|though\s+)?|\s+(?:and(?:\s+(?:also|then|now))?|&|plus|then)\s+/g,
  es: /\s*,(?!\d)\s*(?:y\s+|e\s+|pero\s+|ademas\s+|tambien\s+)?|\s+(?:y|e|&|y\s+(?:ademas|tambien|ahora|luego))\s+/g,
};

/** Where commas are more than this, they enumerate. */
const MOST_SPOTS = 24;
/** Characters within which a clause shows subject and verb. */
const VERB_WITHIN = 80;

/** A part of a sentence with its place in it. */
export interface Clause {
  readonly raw: string;
  readonly folded: string;
  /** Joined to the one before by "and" or a comma: may share its subject. */
  readonly joined: boolean;
}

function cut(
  text: string,
  folded: string,
  at: readonly [number, number][],
  joins: boolean,
): (Clause & { at: number })[] {
  const found: (Clause & { at: number })[] = [];
  let start = 0;
  for (const [from, to] of [...at, [text.length, text.length] as const]) {
    if (from > start)
      found.push({
        raw: text.slice(start, from),
        folded: folded.slice(start, from),
        joined: joins && start > 0,
        at: start,
      });
    start = to;
  }
  return found;
}

const spots = (folded: string, pattern: RegExp): [number, number][] =>
  [...folded.matchAll(pattern)].map((match) => [match.index, match.index + match[0].length]);

/** Takes away what leads in: "By the way, remember that ..." */
export function withoutLead(clause: Clause, language: Language): Clause {
  const lead = LEADS[language].exec(clause.folded)?.[0].length ?? 0;
  return lead === 0 ? clause : { ...clause, raw: clause.raw.slice(lead), folded: clause.folded.slice(lead) };
}

/** Relative clauses between commas and in brackets become clauses of their own that share the subject. */
const RELATIVE = /^(.{1,60}?),\s*(?:who|que|quien)(?:'s)?\s([^,]{2,80}),\s*(.+)$/;

/**
 * The clauses of a sentence: cut at conjunctions that always begin one, and at commas and "and" where `begins` sees one
 * begin and the part before is complete.
 */
export function clausesOf(
  sentence: { raw: string; folded: string },
  language: Language,
  begins: (text: string) => boolean,
  complete: (text: string) => boolean,
): Clause[] {
  const relative = RELATIVE.exec(sentence.folded);
  if (relative && complete(relative[2] ?? '')) {
    const [, subject = '', inside = '', rest = ''] = relative;
    const insideAt = sentence.folded.indexOf(inside, subject.length);
    const restAt = sentence.folded.length - rest.length;
    const name = sentence.raw.slice(0, subject.length);
    const whose = /who's\s$/.test(sentence.folded.slice(subject.length, insideAt)) ? ' is ' : ' ';
    const parts = [
      `${name}${whose}${sentence.raw.slice(insideAt, insideAt + inside.length)}`,
      `${name} ${sentence.raw.slice(restAt)}`,
    ];
    return parts.flatMap((raw) => clausesOf({ raw, folded: fold(raw) }, language, begins, complete));
  }
  const timeless = blank(sentence.raw, withoutTime(sentence.folded));
  const hard = cut(sentence.raw, sentence.folded, spots(sentence.folded, HARD[language]), false);
  return hard.flatMap((part) => {
    const text = timeless.slice(part.at, part.at + part.raw.length);
    const found: Clause[] = [];
    const soft = spots(part.folded, SOFT[language]).slice(0, MOST_SPOTS);
    let start = 0;
    let joined = part.joined;
    for (const [from, to] of soft) {
      if (!begins(text.slice(to, to + VERB_WITHIN)) || !complete(text.slice(start, from))) continue;
      found.push({ raw: part.raw.slice(start, from), folded: part.folded.slice(start, from), joined });
      start = to;
      joined = true;
    }
    found.push({ raw: part.raw.slice(start), folded: part.folded.slice(start), joined });
    return found;
  });
}
