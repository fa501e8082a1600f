import { fold } from './language/fold.js';
import { conceptKey, isOf } from './lexicon/concepts.js';
import { dayOf } from './lexicon/dates.js';
import { numberOf } from './lexicon/numbers.js';
import { PREDICATES } from './predicates.js';

const ARTICLE =
  /^(?:the|an?|some|any|my|our|his|her|their|your|el|la|los|las|lo|un|una|unos|unas|mi|mis|su|sus|nuestr[oa]s?|al|del|all|todos|todas|lots of|plenty of|mucho|mucha|muchos|muchas|called|named)\s+/i;
/** What chatty people put behind a fact: not part of it. */
const TRAILER =
  /[\s,]+(?:now|too|as well|either|anymore|any more|any longer|no more|again|really|at the moment|at present|these days|nowadays|right now|already|still|very much|so much|so so much|a lot|the most|btw|by the way|though|of course|please|thanks|tbh|honestly|actually|after all|instead|for now|currently|today|best|in fact|definitely|together|full-time|part-time|full time|part time|apparently|finally|yet|ok|okay|just so you know|fyi|xx?x?|ahora(?: mismo)?|tambien|también|tampoco|ya|mas|más|de nuevo|otra vez|actualmente|hoy(?: en) dia|hoy(?: en)? día|mucho|muchisimo|muchísimo|un monton|un montón|de momento|por ahora|por fin|al final|al final no|la verdad|gracias|eh|vale|por cierto|hoy|juntos|juntas|todavia|todavía|finalmente|en realidad|de hecho|a tiempo completo|a tiempo parcial|when (?:i|he|she) grows? up|de mayor|for real|like crazy|to bits|con locura)$/i;
const TAIL =
  /\s*(?:[,;:(]|\s-\s|\s--\s)?\s(?:because|which|although|though|since|so that|whereas|whenever|when|where|while|until|unless|except|but|thanks to|just like|like his|like her|like my|due to|after|before|ever|instead of|rather than|for (?:his|her|my|our|their|the)|porque|aunque|cuando|donde|mientras|hasta que|desde que|pero|igual que|como su|como mi|gracias a|despues de|antes de|en vez de|en lugar de|para (?:su|mi|el|la)|desde|que me|que le|que nos)\s.*$/i;
/** What the next clause says of it, though no sign stands between. */
const REMARK =
  /\s(?:now\s)?(?:and|y)\s(?:loving|enjoying|hating|doing|really|it|it's|he|she|they|we|i|i'm|he's|she's|so|so far|still|very|now|thriving|happy|absolutely|apparently|that's|le|me|nos|les|lo|esta|está|estan|están|estamos|estoy|muy|encantad[oa]s?|ya|la verdad|tan|ahora|es|son|no)\s.*$|\s(?:i|he|she|they|we|you)(?:'\w+)?\s.*$|\s(?:it's|that's|there's)\s.*$|(?:,?\s(?:and |y )?not|,\s(?:y )?no|,\s(?:antes|before|formerly|previously|but not|pero no))\s.*$/i;
const NOISE = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f/gu;
const EDGES = /^[\s"'«».,;:!¡?¿()*_~-]+|[\s"'«».,;:!¡?¿(*_~-]+$/g;

/** The object of a statement without articles, trailing adverbs, side clauses and ornaments; a title keeps its words. */
export function tidyObject(text: string, isTitle = false): string {
  let tidy = text.replace(NOISE, ' ').replace(/\s+/g, ' ');
  if (!isTitle) tidy = tidy.replace(TAIL, '').replace(REMARK, '');
  for (let before = ''; before !== tidy;) {
    before = tidy;
    tidy = tidy.replace(EDGES, '').replace(TRAILER, '');
    if (!isTitle) tidy = tidy.replace(ARTICLE, '');
    if (!tidy.includes('(')) tidy = tidy.replace(/\)+$/, '');
  }
  return tidy;
}

/** Names of places in the other language. */
const EXONYMS = new Map(
  'sevilla=seville,londres=london,nueva york=new york,paris=paris,roma=rome,lisboa=lisbon,zaragoza=saragossa,cordoba=cordova,la coruna=coruna,a coruna=coruna,munich=munich,ginebra=geneva,bruselas=brussels,edimburgo=edinburgh,berlin=berlin,florencia=florence,venecia=venice,milan=milan,viena=vienna,atenas=athens,moscu=moscow,ciudad de mexico=mexico city,alemania=germany,francia=france,italia=italy,espana=spain,inglaterra=england,reino unido=uk,united kingdom=uk,escocia=scotland,irlanda=ireland,gales=wales,estados unidos=usa,united states=usa,us=usa,eeuu=usa,ee uu=usa,america=usa,suiza=switzerland,japon=japan,grecia=greece,marruecos=morocco,brasil=brazil,belgica=belgium,holanda=netherlands,paises bajos=netherlands,holland=netherlands,noruega=norway,suecia=sweden,dinamarca=denmark,polonia=poland,turquia=turkey,egipto=egypt,tailandia=thailand,pais vasco=basque country,cataluna=catalonia,andalucia=andalusia,mallorca=majorca,islas canarias=canary islands,canarias=canary islands,english=british,ingles=british,inglesa=british,britanico=british,britanica=british,espanol=spanish,espanola=spanish,frances=french,francesa=french,aleman=german,alemana=german,italiano=italian,italiana=italian,mexicano=mexican,mexicana=mexican,argentino=argentinian,argentina=argentinian'
    .split(',')
    .map((pair) => pair.split('=') as [string, string]),
);
const PLACES = new Set(['home_location', 'birthplace', 'hometown', 'travel', 'nationality', 'routine']);

const stem = (word: string): string =>
  word.length > 3 && word.endsWith('s') && !/(?:ss|us|is)$/.test(word) ? word.slice(0, -1) : word;

/**
 * The object made comparable: no case, accents, articles, plural endings; numbers in digits, days in ISO 8601, things and
 * places with names in both languages under one of them.
 */
export function objectKey(predicate: string, object: string): string {
  const folded = fold(object).replace(/\s+/g, ' ').trim();
  if (predicate === 'phone_number') return folded.replace(/[^\d+]/g, '').replace(/^\+|^00/, '');
  if (predicate === 'email') return folded;
  if (predicate === 'birth_date') return dayOf(folded) ?? folded;
  if (predicate === 'important_date') {
    const day = dayOf(folded);
    return day === null ? plainKey(folded) : `${plainKey(folded.split(':')[0] ?? '')} ${day}`;
  }
  if (predicate === 'pronouns') return folded.replace(/\s*\/\s*/g, '/');
  const plain = folded.replace(ARTICLE, '');
  if (predicate === 'handedness') return /^(?:left|zurd)/.test(plain) ? 'left' : 'right';
  if (predicate === 'pet') return petKey(plain);
  if (predicate === 'school')
    return plainKey(plain.replace(/\b(?:ies|insti)\b/g, 'instituto').replace(/\b(?:ceip|cole)\b/g, 'colegio'));
  if (PLACES.has(predicate)) {
    const place = EXONYMS.get(plain);
    return (
      place ??
      plain
        .split(/,\s*/)
        .map((part) => EXONYMS.get(part) ?? plainKey(part))
        .join(' ')
    );
  }
  if (predicate === 'language' || predicate === 'native_language') return conceptKey(plain) ?? plainKey(plain);
  return conceptKey(plain) ?? plainKey(plain);
}

/** "cat called Misu", "gata que se llama Misu": the species in one language, and the name. */
const petKey = (folded: string): string => {
  const [kind = '', name] = folded.split(/,? (?:que se llaman?|called|named|llamad[oa]s?) /);
  const speciesOf = (word: string): string | null => (isOf('pet', word) ? conceptKey(word) : null);
  // Names are no things: Pepper is not peppers.
  const words = kind.split(' ').map((word) => speciesOf(word) ?? plainKey(word));
  if (name === undefined) return speciesOf(kind) ?? words.join(' ');
  return `${speciesOf(kind) ?? words.find((word) => isOf('pet', word)) ?? words.join(' ')} ${plainKey(name)}`;
};

function plainKey(folded: string): string {
  return folded
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}@+/-]+/gu, ' ')
    .trim()
    .split(' ')
    .filter((word) => !/^(?:the|an?|el|la|los|las|un|una|de|del|of)$/.test(word))
    .map((word) => (word === 'saint' ? 'st' : word === 'street' ? 'st' : String(numberOf(word) ?? stem(word))))
    .join(' ');
}

/** Words that make another name of a name: New York is not a part of York. */
const QUALIFIER =
  /^(?:new|nueva|nuevo|san|santa|santo|north|south|east|west|norte|sur|este|oeste|upper|lower|great|little|high|primary|secondary|middle|ex|half|step)$/;

/** How one object stands to another under a predicate. */
export type Likeness = 'equal' | 'finer' | 'coarser' | 'different';

/** `finer`: the first says the same as the second and more ("Calle Mayor 3, Madrid" beside "Madrid"). */
export function compareObjects(predicate: string, first: string, second: string): Likeness {
  if (first === second || first.replace(/ /g, '') === second.replace(/ /g, '')) return 'equal';
  if (predicate === 'birth_date') {
    if (first.endsWith(second.slice(2)) && second.startsWith('--')) return 'finer';
    if (second.endsWith(first.slice(2)) && first.startsWith('--')) return 'coarser';
    return 'different';
  }
  if (predicate === 'phone_number' && first.length > 6 && second.length > 6)
    return first.endsWith(second) ? 'finer' : second.endsWith(first) ? 'coarser' : 'different';
  if (PREDICATES.get(predicate)?.refines !== true) return 'different';
  const [a, b] = [first.split(' '), second.split(' ')];
  const [more, less] = a.length > b.length ? [a, b] : [b, a];
  if (more.some((word) => QUALIFIER.test(word) && !less.includes(word))) return 'different';
  if (b.length > 0 && b.every((word) => a.includes(word))) return 'finer';
  return a.every((word) => b.includes(word)) ? 'coarser' : 'different';
}
