import { type Language } from '../facts.types.js';
import { fold } from '../language/fold.js';

/** Says the opposite of what was said before; what follows stands by itself. */
const REBUTTAL: Readonly<Record<Language, RegExp>> = {
  en: /^[\s"'(]*(?:(?:(?:no+|nope|wrong|lies|liar|rubbish|nonsense|not true|that's not true|that is not true|that's wrong|not any ?more|hang on|wait|hey|oi|er|actually)[\s,.!:-]+)*(?:no+|yes|nope|wrong|lies|liar|rubbish|nonsense|not true|that's not true|that is not true|that's wrong)[\s,.!:-]+(?:(?:i|he|she|we|they|it)\s?(?:don'?t|do not|doesn'?t|does not|didn'?t|'m not|am not|isn'?t|is not|aren'?t|are not|haven'?t|hasn'?t|can'?t|won'?t|do|does|am|is|are|have|has)[\s,.!:-]+)?)(?=\S{1,9}\s)/,
  es: /^[\s"'¡(]*(?:no,\s*)?(?:mentira(?: cochina| podrida)?|eso es mentira|eso no es (?:verdad|cierto|asi)|no es (?:verdad|cierto)|es mentira|es falso|falso|que va|para nada|de eso nada)[\s,.!:-]+(?=\S{1,12}\s)/,
};

/** "Mentira, me encantan": without the rebuttal, which takes back somebody else's words and not these. */
export function withoutRebuttal(raw: string, language: Language): string {
  const match = REBUTTAL[language].exec(fold(raw));
  if (!match) return raw;
  const rest = raw.slice(match[0].length);
  return rest.split(' ').length > 1 ? rest : raw;
}

/** "It's Isla who's allergic", "la alérgica es Emilia": the same with the subject in its place, and for whom it is not so. */
const CLEFT: Readonly<Record<Language, readonly RegExp[]>> = {
  en: [
    /^(?:it'?s|it is|it was) (?<who>\p{L}+),? (?:who'?s|who is|that'?s|that is) (?<be>(?:allergic|vegetarian|vegan|coeliac|diabetic|asthmatic|the one)\b[^,]*?)(?:,? (?:and )?not (?<other>\p{L}+))?[\s.!]*$/iu,
    /^(?:it'?s|it is) (?<who>\p{L}+),? (?:who|that) (?<verb>(?:has|plays|likes|loves|hates|goes|lives|works|does|speaks)\b[^,]*?)(?:,? (?:and )?not (?<other>\p{L}+))?[\s.!]*$/iu,
    /^the (?:one who'?s|one that'?s|one who is) (?<be>[^,]+?) is (?:actually )?(?<who>\p{L}+)(?:,? (?:and )?not (?<other>\p{L}+))?[\s.!]*$/iu,
    /^(?<who>\p{L}+) is the one (?:who'?s|that'?s|who is) (?<be>[^,]+?)(?:,? (?:and )?not (?<other>\p{L}+))?[\s.!]*$/iu,
  ],
  es: [
    /^(?:es|era) (?<who>\p{L}+) (?:quien|el que|la que) (?:es|era) (?<be>[^,]+?)(?:,? (?:y )?no (?<other>\p{L}+))?[\s.!]*$/iu,
    /^(?:es|era) (?<who>\p{L}+) (?:quien|el que|la que) (?<verb>(?:tiene|toca|juega|va|vive|trabaja|habla)\b[^,]+?)(?:,? (?:y )?no (?<other>\p{L}+))?[\s.!]*$/iu,
    /^(?:el|la) (?:que es )?(?<be>al[eé]rgic[oa] .+?|vegetarian[oa]|vegan[oa]|cel[ií]ac[oa]|diab[eé]tic[oa]|asm[aá]tic[oa]) es (?<who>\p{L}+)(?:,? (?:y )?no (?<other>\p{L}+))?[\s.!]*$/iu,
  ],
};

/** "No vivo en Vigo sino en Ourense". */
const RATHER =
  /^(?<who>.{0,40}?)(?<no>(?:ya )?no )(?<verb>\p{L}+ )(?<not>(?:en|a|al|con|para|de|por) .+?),? sino (?<but>(?:en|a|al|con|para|de|por) .+)$/iu;

const PLACE = '(?:in|at|on|to|for|with|near) ';
const BUT_RATHER = new RegExp(
  `(?<who>(?:\\b(?:my|our) )?\\b\\p{L}+) ?(?<no>(?:do|does|am|are|is)(?: not|n['’]t) |['’](?:m|re|s) not |no longer )(?<verb>\\p{L}+ )` +
    `(?<not>${PLACE}[^,.;!?]{1,60}?),? but (?:rather |now |actually )?` +
    `(?<but>${PLACE}(?:(?!(?:i|he|she|we|they|it|you|my|our|his|her)\\b)[\\p{L}'’-]+ ?){1,5})(?=$|[,.;!]|and )`,
  'giu',
);

/** "I don't live in Leeds but in York": the second place with the subject and verb that it shares. */
export function butRather(raw: string): string {
  if (!/\bbut\b/.test(raw)) return raw;
  return raw.replace(BUT_RATHER, (match, ...rest) => {
    const { who = '', no = '', verb = '', but = '' } = rest.at(-1) as Record<string, string | undefined>;
    const denied = match.slice(0, match.lastIndexOf(' but ')).replace(/,$/, '');
    return `${denied}, but ${who} ${instead(no, verb, who)}${but}`;
  });
}

/** The verb as it is when it is not denied: "doesn't live" is "lives", "isn't working" is "is working". */
function instead(no: string, verb: string, who: string): string {
  if (/^does/i.test(no)) return `${verb.trimEnd()}${/(?:s|x|z|ch|sh|o) $/i.test(verb) ? 'es' : 's'} `;
  const be = /^(?:am|are|is)/i.exec(no)?.[0] ?? (/^['’]/.test(no) ? (BE[who.toLowerCase()] ?? 'is') : undefined);
  return be === undefined ? verb : `${be} ${verb}`;
}

const BE: Readonly<Record<string, string>> = { i: 'am', you: 'are', we: 'are', they: 'are' };

/** The plain sentences behind one that is cleft or says what is not so beside what is; empty when it is none. */
export function uncleft(raw: string, language: Language): string[] {
  const rather = language === 'es' ? RATHER.exec(raw)?.groups : undefined;
  const { who: whose, no, verb: does, not: before, but } = rather ?? {};
  if (whose !== undefined && no && does && before && but)
    return [`${whose}${no}${does}${before}`, `${whose}${does}${but}`];
  for (const cleft of CLEFT[language]) {
    const { who, be, verb, other } = cleft.exec(raw)?.groups ?? {};
    if (who === undefined) continue;
    const [is, not] = language === 'en' ? ['is', 'is not'] : ['es', 'no es'];
    if (be === undefined) return verb === undefined ? [] : [`${who} ${verb}`];
    return [`${who} ${is} ${be}`, ...(other === undefined ? [] : [`${other} ${not} ${be}`])];
  }
  return [];
}

/** Remarks that end a clause and are no part of what is told. */
const REMARK: Readonly<Record<Language, RegExp>> = {
  en: /[\s,]+(?:woop|cba(?: w(?:ith)? it)?|innit|x+|you see|you know|you understand|thank (?:goodness|god|heavens|you)|thanks (?:god|so much)|god help (?:me|us)|bless (?:her|him|them|his heart|her heart)|pray for (?:us|me)|poor (?:thing|lad|lass|love|boy|girl)|would you believe(?: it)?|believe it or not|at long last|at last|after all(?: that)?|as it happens|if you please|my (?:dear|love)|dear|love|mate|guys|everyone|all (?:my|his|her|their) (?:life|lives)|since (?:birth|forever|childhood)|from birth|always (?:have been|has been|have|has)|i'm afraid|to be fair|to be honest|long story|sorry|yuck|ugh|yay|woohoo|hooray|too much \w+|just saying|so there|anyway|phew|finally|officially|for the record|for good|for ever|forever|i swear|honest|and all that|and stuff|or something|god knows how|what a \w+|how (?:exciting|lovely|nice|cool|sad))$/,
  es: /[\s,]+(?:que (?:quede|conste|se quede) (?:apuntado|claro|dicho|anotado)|que lo sepa[si]s?|que lo sepan|para que (?:lo )?sepa[si]s|que conste|sabes|sabeis|ya sabes|ya ves|gracias a dios|menos mal|por dios|madre mia|pobre(?:cit[oa])?|pobre mi[oa]|perdon(?: \p{L}+)?|lo siento(?: \p{L}+)?|chic[oa]s|carin(?:o|ito)|guap[oa]s?|hij[oa]|tio|tia|wey|guey|che|boludo|mi amor|la verdad|de verdad|en serio|te lo juro|os lo juro|desde (?:siempre|pequen[oa]|nin[oa]|chic[oa]|que naci|que nacio|hace mucho|hace anos|la infancia|bebe)|de nacimiento|de toda la vida|toda la vida|de siempre|que asco|que pena|que rollo|que bien|que alegria|que ilusion|como siempre|y punto|y ya esta|y tal|y eso|por fin|para siempre|del todo|una pena|una lastima|o algo asi|no se como|qu[eé] le vamos a hacer)$/u,
};

/** A clause without its remarks and vocatives. */
export function withoutRemarks(raw: string, language: Language): string {
  let text = raw.replace(/[\s.!,;]+$/, '');
  for (let before = ''; before !== text;) {
    before = text;
    const match = REMARK[language].exec(fold(text));
    if (match && match.index > 0) text = text.slice(0, match.index);
  }
  return text.length < raw.replace(/[\s.!,;]+$/, '').length ? text : raw;
}

const HEALER =
  "(?:(?:the|my|our|his|her|a) (?:new )?(?:doctor|doc|docs|gp|hospital|nurse|consultant|specialist|paediatrician|cardiologist|surgery|dentist|optician)|dr \\p{L}+|they|doctor)(?:'ve|'s)?(?: (?:have|has|had|just|now|finally|also))*";
const WHOM = '(?<whom>me|him|her|us|them|\\p{L}+|(?:my|our) \\p{L}+)';
const ORDERED = new RegExp(
  `(?:^|(?<=[,;] )|(?<= and ))(?:(?:and )?${HEALER} )?(?<verb>put|started|taken|took|prescribed|given|gave|moved|switched) ${WHOM} (?=(?<way>off |on |onto |on to |from |a |an |some |[\\p{L}-]+(?:[\\s.,!]|$)))`,
  'giu',
);
const WAS: Readonly<Record<string, string>> = {
  me: 'I was',
  him: 'he was',
  her: 'she was',
  us: 'we were',
  them: 'they were',
};

/** "The doctor put me on X and took me off Y": whom it is about first, "I was put on X and I was taken off Y". */
export function patientFirst(raw: string): string {
  if (!/\b(?:put|started|taken|took|prescribed|gave|given|moved|switched)\b/.test(raw)) return raw;
  return raw.replace(ORDERED, (match, ...rest) => {
    const { verb = '', whom = '', way = '' } = rest.at(-1) as Record<string, string | undefined>;
    const isPlain = /^(?:off|on)/.test(way);
    const lower = verb.toLowerCase();
    if (lower === 'prescribed' ? isPlain : !isPlain && !(way === 'from ' && /^(?:moved|switched)$/.test(lower)))
      return match;
    if (/^(?:gave|given|switched|moved)$/.test(lower) && !/(?:doctor|gp|nurse|hospital|they|dr)\b/i.test(match))
      return match;
    if (/^(?:gave|given)$/.test(lower) || /^(?:it|up|on|off|the|a|in|out|down|to)$/i.test(whom)) return match;
    const who = WAS[whom.toLowerCase()] ?? `${whom} was`;
    return `${who} ${lower === 'took' ? 'taken' : lower === 'switched' || lower === 'moved' ? 'switched' : lower} `;
  });
}

const NEW_NUMBER =
  /\b(?:(?:changed|new|got|switched|cambiado|cambie|cambiamos|nuev[oa]|tengo otr[oa])\b.{0,25}\b(?:numbers?|phone|mobile|email|e-mail|numero|movil|telefono|correo|mail))\b/;
const ITS_VALUE =
  /^(?:(?:and |y )?(?:it'?s|it is|the new one is|its|this is it|ahora es|es|el nuevo es|la nueva es|ahora tengo|el nuevo)(?: now| ahora)?:? (?:el |the )?|new (?:number|email)[,:]? )(?<value>[\d +()-]{6,}|\S+@\S+)[\s.!]*$/i;

/** "I've changed my number, it's 0770 ...": the clause that has the value names what it is of. */
export function valueNamed(raw: string, sentence: string, language: Language): string {
  const value = ITS_VALUE.exec(fold(raw))?.groups?.['value'];
  if (value === undefined || !NEW_NUMBER.test(fold(sentence)) || /\b(?:his|her|their|su|sus)\b/.test(fold(sentence)))
    return raw;
  const isMail = value.includes('@');
  if (language === 'en') return `my ${isMail ? 'email' : 'number'} is ${value}`;
  return `mi ${isMail ? 'correo' : 'número'} es ${value}`;
}

/** What is said to come from somebody else, before a colon: "y va un tío y me suelta: vivo en Burgos". */
export const quotes = (folded: string, language: Language): boolean =>
  (language === 'en'
    ? /\b(?:goes|says|went|writes|reads|shouts|asks|turns round|comes up|on the (?:form|sign|label|poster)|lyrics?|caption|message from|text from|letter|card|sign|note from|poster|advert|ad) ?[^:]{0,40}$/
    : /\b(?:va|viene|coge|suelta|salta|dice|pone|ponia|leo|cartel|mensaje de|nota de|anuncio|letra|carta|pregunta|contesta|responde|grita)\b[^:]{0,40}$/
  ).test(folded);
