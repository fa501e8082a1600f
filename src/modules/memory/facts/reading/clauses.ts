import { type Language } from '../facts.types.js';
import { fold } from '../language/fold.js';
import { blank, withoutTime } from '../when/time-phrases.js';

/** Words before a statement that say nothing of it. */
const LEADS: Readonly<Record<Language, RegExp>> = {
  en: /^(?:[\s,.:!?*"()-]+|(?:ok(?:ay)? (?:assistant|computer|then|so)|ok(?:ay)?|sorry (?:typo|wrong|mistake|i meant(?: to say)?|i mean|my mistake|no)|typo|my mistake|my bad|oops|whoops|scratch that|scrap that|ignore that|no wait|actually no|i meant(?: to say)?|i mean|i got (?:that|it) wrong|i was wrong|correcting myself|wait|hang on|anyway|oh and|good morning dear|dear|notes? to self|quick (?:update|note|one|news)|small correction|big day|first of all|on top of that|apart from that|in other news|also|after all|in the end|for (?:birthdays|reference|info|the record)(?: etc)?|just to add|still|so|well|hey|hi|hello|oh|ah|um+|erm|btw|by the way|fyi|also|actually|just so you know|just to let you know|just fyi|for the record|as you know|you know|yes|yep|yeah|no|nope|and|but|then|plus|besides|honestly|tbh|good news|bad news|sad news|great news|big news|exciting news|news|update|reminder|note|remember(?: that)?(?! to| when)|please (?:remember|note)(?: that)?|note that|keep in mind(?: that)?|don't forget that|correction|guess what|look|listen|anyway|right|sure|sorry|thanks|thank you|good morning|morning|good evening|turns out(?: that)?|it turns out(?: that)?|as it turns out|the thing is(?: that)?|the truth is(?: that)?|fun fact|in fact|i just wanted to (?:say|let you know)(?: that)?|just wanted to let you know(?: that)?|i can confirm(?: that)?|you should know(?: that)?|ps|p\.s|unfortunately|sadly|luckily|fortunately|happily|nowadays|these days|currently|at the moment|right now|since then|now|finally|obviously|of course|dear assistant|when i grow up|one day when i grow up|wow|ugh|omg|yay|woohoo|hooray|btw,? )(?=[\s,.:!-]|$))+/,
  es: /^(?:[\s,.:!?¡¿*"()-]+|(?:me equivoque|me he equivocado|me confundi|me he confundido|he puesto mal|queria decir(?: que)?|quise decir(?: que)?|rectifico|perdona|perdonad|perdone|disculpa|disculpad|corrijo|error mio|error|fe de erratas|ups|uy|lo siento|digo|espera|che|wey|guey|mano|tio|tia|chic[oa]s|a ver|novedades|nota mental|apunta|apuntad|ultima hora|noticion|que me lio|no,? espera|al final|despues de todo|en fin|aparte de eso|es mas|vale|vale|bueno|pues|hola|buenas|buenos dias|oye|ah|eh|mira|por cierto|ademas|tambien|que sepas que|para que (?:lo )?sepas|para que conste|recuerda que|apunta que|ten en cuenta que|no olvides que|acuerdate de que|acuerdate que|nota|y|pero|entonces|la verdad(?: es)?(?: que)?|lo cierto es que|el caso es que|resulta que|al final|buenas noticias|malas noticias|noticia|noticias|novedad|aviso|te cuento|os cuento|te aviso|te recuerdo que|aviso de que|si,|sí|no,|claro|por fin|desgraciadamente|lamentablemente|por desgracia|por suerte|afortunadamente|actualmente|hoy en dia|ahora mismo|ahora|ultimamente|gracias|perdon|correccion|en realidad|de hecho|adivina que|sabes que|ps|de mayor|cuando sea mayor|uf|ay|guau|oh|ojo|ojo que|total que|asi que|encima|es que)(?=[\s,.:!-]|$))+/,
};

/** Always a new clause. */
const HARD: Readonly<Record<Language, RegExp>> = {
  en: /\s*(?:\s[-–—]+\s|[–—]|[()]|:\s|,?\s(?:but|because|although|though|while|whereas|so that|even though|however|unlike|not like|which is why|which means)\s|,\s*(?:so|yet)\s|,\s*(?=(?:and |but )?now (?:it's|it is|they're) )|\s(?:so)\s(?=(?:i|we|he|she|they|my|our)\b)|\s(?:cos|cuz|bc|coz)\s)\s*/g,
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

const merged = (
  soft: readonly [number, number][],
  runs: readonly [number, number][],
): readonly (readonly [number, number, boolean])[] =>
  [
    ...soft.map(([from, to]) => [from, to, false] as const),
    ...runs
      .filter(([from]) => !soft.some(([start, end]) => from >= start && from <= end))
      .map(([from, to]) => [from, to, true] as const),
  ].sort(([a], [b]) => a - b);

/** Takes away what leads in: "By the way, remember that ..." */
export function withoutLead(clause: Clause, language: Language): Clause {
  const lead = LEADS[language].exec(clause.folded)?.[0].length ?? 0;
  return lead === 0 ? clause : { ...clause, raw: clause.raw.slice(lead), folded: clause.folded.slice(lead) };
}

/** Relative clauses between commas and in brackets become clauses of their own that share the subject. */
const RELATIVE = /^(.{1,60}?),\s*(?:who|que|quien)(?:'s)?\s([^,]{2,80}),\s*(.+)$/;

/** What can be told of the texts beside a joint. */
export interface Joints {
  /** May begin a clause. */
  readonly begins: (text: string) => boolean;
  /** Is a clause. */
  readonly complete: (text: string) => boolean;
  /** Begins with a subject of its own and its verb: a clause whatever stands before the joint. */
  readonly opens: (text: string, joint: string) => boolean;
  /** May be the first part of a subject. */
  readonly isName: (text: string) => boolean;
}

/** "I hate mushrooms they are slimy": a pronoun and its verb begin a clause without any sign. */
const RUN_ON: Readonly<Record<Language, RegExp>> = {
  en: /\s+(?=(?:(?:i'm|im|i am|he's|hes|he is|she's|shes|she is|they're|theyre|they are|it's|it is|we're|that's|thats) |(?:i|he|she|they|we) (?:have|has|love|loves|like|likes|hate|hates|live|lives|play|plays|now|really|always|also|don't|doesn't|do not|does not|can't) |(?:anyway|btw|oh and|by the way) )\S)/g,
  es: /\s+(?=(?:por cierto|ademas|y ya no|pero ya no|es que|total que) \S)/g,
};
/** What stands before a pronoun that goes on with a clause. */
const GOES_ON =
  /(?:^|\s)(?:that|who|which|what|why|how|where|when|because|since|if|than|as|and|or|but|so|the|all|thing|stuff|food|foods|one|ones|only|until|before|after|while|say|says|said|think|know|knows|told|tell|hope|swear|guess|bet|reckon|wish|sure|glad|happy|sad|afraid|scared|worried|feel|me|her|him|them|us|out|like|although|though|whether|means|mean|course|is|every|time|sometimes|even|just|then|not|school|place|and also|music|games?|things|days?|reason|way)$/;

/**
 * The clauses of a sentence: cut at conjunctions that always begin one, and at commas and "and" where `begins` sees one
 * begin and the part before is complete.
 */
export function clausesOf(
  sentence: { raw: string; folded: string },
  language: Language,
  { begins, complete, opens, isName }: Joints,
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
    return parts.flatMap((raw) => clausesOf({ raw, folded: fold(raw) }, language, { begins, complete, opens, isName }));
  }
  const timeless = blank(sentence.raw, withoutTime(sentence.folded));
  const hard = cut(sentence.raw, sentence.folded, spots(sentence.folded, HARD[language]), false);
  return hard.flatMap((part) => {
    const text = timeless.slice(part.at, part.at + part.raw.length);
    const found: Clause[] = [];
    const runs = spots(part.folded, RUN_ON[language]).slice(0, MOST_SPOTS);
    const soft = spots(part.folded, SOFT[language]).slice(0, MOST_SPOTS);
    let start = 0;
    let joined = part.joined;
    for (const [from, to, isRun] of merged(soft, runs)) {
      if (isRun) {
        const head = part.folded.slice(start, from);
        if (GOES_ON.test(head) || !complete(text.slice(start, from))) continue;
        found.push({ raw: part.raw.slice(start, from), folded: head, joined });
        start = to;
        joined = false;
        continue;
      }
      const tail = text.slice(to, to + VERB_WITHIN);
      const head = text.slice(start, from);
      const isNew = (begins(tail) && complete(head)) || (opens(tail, part.folded.slice(from, to)) && !isName(head));
      if (!isNew) continue;
      found.push({ raw: part.raw.slice(start, from), folded: part.folded.slice(start, from), joined });
      start = to;
      joined = true;
    }
    found.push({ raw: part.raw.slice(start), folded: part.folded.slice(start), joined });
    return found;
  });
}
