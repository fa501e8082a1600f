import { type Language } from '../facts.types.js';
import { type Word } from '../language/fold.js';
import { type Subject } from '../language/grammar.js';
import { kinOf, type Tie } from '../lexicon/kinship.js';
import { type Who } from '../people/people.js';
import { ENGLISH_ATTRIBUTES } from '../rules/english.attributes.js';
import { type Attributes } from '../rules/rule.js';
import { SPANISH_ATTRIBUTES } from '../rules/spanish.attributes.js';
import { favouriteOf } from './objects.words.js';

/** "Leo's favourite food is sushi", read. */
export interface Owned {
  readonly who: readonly Who[];
  readonly predicate: string;
  readonly start: number;
  readonly end: number;
  readonly negated: boolean;
  readonly past: boolean;
  /** Added before the object. */
  readonly prefix: string;
}

type SubjectsOf = (raw: string) => { subjects: readonly Subject[]; words: readonly Word[] };

const COPULA: Readonly<Record<Language, RegExp>> = {
  en: /^(?:'s\s+|\s*[:=]\s*|\s+(?:(?:is|are|was|used to be|has changed to|changed to|isn't|is)(?=[\s:])))\s*(?<after>(?:(?:now|also|still|always|currently|actually|definitely|called|named|probably|on|:|by far|not|no longer)\s+)*)/,
  es: /^(?:\s*[:=]\s*|\s+(?:no )?(?:ahora |ya no |ya |tambien |siempre |sigue )*(?:es|son|era|eran|ha cambiado a|ha pasado a ser|siendo|se llama)\s+)\s*(?<after>(?:(?:ahora|tambien|siempre|el dia|:)\s+)*)/,
};

interface Noun {
  readonly predicate: string;
  readonly length: number;
  readonly prefix: string;
}

const FOLLOWS: Readonly<Record<Language, RegExp>> = {
  en: /'s\s|\s*[:=]|\s+(?:is|are|was|used|has changed|changed|isn't)[\s:]/,
  es: /\s*[:=]|\s+(?:no |ahora |ya no |ya |tambien |siempre |sigue )*(?:es|son|era|eran|ha cambiado|ha pasado|siendo|se llama)\s/,
};
const followedBy = (nouns: Attributes, follows: RegExp): Attributes =>
  nouns.map(([noun, predicate]) => [new RegExp(`${noun.source}(?=${follows.source})`), predicate]);
const NOUNS: Readonly<Record<Language, Attributes>> = {
  en: followedBy(ENGLISH_ATTRIBUTES, FOLLOWS.en),
  es: followedBy(SPANISH_ATTRIBUTES, FOLLOWS.es),
};
const NOUNS_OF = followedBy(SPANISH_ATTRIBUTES, /\s+del?\s/);

/** The attribute noun at the beginning of a folded text. */
function nounAt(text: string, nouns: Attributes): Noun | null {
  for (const [pattern, predicate] of nouns) {
    const match = pattern.exec(text);
    if (!match) continue;
    const what = match.groups?.['what'];
    if (predicate === 'favourite') {
      const named = what === undefined ? null : favouriteOf(what);
      return named === null ? null : { predicate: named, length: match[0].length, prefix: '' };
    }
    if (predicate === 'anniversary')
      return { predicate: 'important_date', length: match[0].length, prefix: `${match[0]}: ` };
    if (predicate === 'pet_name')
      return { predicate: 'pet', length: match[0].length, prefix: `${match[0].replace(/ ?'?s name$/, '')} called ` };
    return { predicate, length: match[0].length, prefix: '' };
  }
  return null;
}

/** An owned noun and its value, for subjects that own ("my", "Leo's") and for the Spanish "el cumpleaños de Leo". */
export function owned(
  clause: { raw: string; folded: string },
  words: readonly Word[],
  subject: Subject,
  language: Language,
): Owned | null {
  const at = words[subject.next]?.start;
  if (!subject.owns || at === undefined) return null;
  const text = clause.folded.slice(at);
  const noun = nounAt(text, NOUNS[language]);
  return noun ? valued(clause.folded, at + noun.length, noun, subject.who, language) : null;
}

function valued(folded: string, at: number, noun: Noun, who: readonly Who[], language: Language): Owned | null {
  const copula = COPULA[language].exec(folded.slice(at));
  if (!copula) return null;
  const said = copula[0];
  if (said.includes('probably')) return null;
  // "Was always green": it may well be so still.
  if (/\b(?:was|era|eran)\b/.test(said) && /^[^,]*\b(?:always|siempre)\b/.test(folded.slice(at))) return null;
  return {
    who,
    predicate: noun.predicate,
    start: at + said.length,
    end: folded.length,
    negated: /\b(?:not|isn't|no longer|no)\b/.test(said),
    past: /\b(?:was|used to be|era|eran|no longer|ya no)\b/.test(said),
    prefix: noun.prefix,
  };
}

/** "El cumpleaños de Leo es ...", "la comida favorita de mi hija es ...". */
export function ownedOf(clause: { raw: string; folded: string }, subjectsOf: SubjectsOf): Owned | null {
  const article = /^(?:el|la|los|las) /.exec(clause.folded);
  if (!article) return null;
  const noun = nounAt(clause.folded.slice(article[0].length), NOUNS_OF);
  if (!noun) return null;
  const of = /^\s+del?\s+/.exec(clause.folded.slice(article[0].length + noun.length));
  if (!of) return null;
  const at = article[0].length + noun.length + of[0].length - (of[0].includes('del') ? 1 : 0);
  const { subjects, words } = subjectsOf(clause.raw.slice(at));
  const subject = subjects[0];
  const last = subject?.person === '3' ? words[subject.next - 1] : undefined;
  return subject && last ? valued(clause.folded, at + last.end, noun, subject.who, 'es') : null;
}

/** "Sushi is my favourite food": who, predicate and where the object ends. */
export function turned(
  clause: { raw: string; folded: string },
  language: Language,
  subjectsOf: SubjectsOf,
): Owned | null {
  const found =
    language === 'en'
      ? /^(?<object>.{2,60}?)(?: is| are|'s) (?<now>(?:now |still |definitely )*)(?<owner>(?:my|our|his|her|\S+(?: \S+)?'s)) (?:all-time |absolute |new |current )?favou?rite (?<what>[a-z ]+?)(?: ever| now| of all time| in the world)?[\s.!]*$/.exec(
          clause.folded,
        )
      : /^(?<object>.{2,60}?) (?:es|son) (?<now>(?:ahora |ya )*)(?<owner>mi|mis|su|nuestr[oa]|el|la) (?<what>[a-z ]+?) (?:favorit|preferid)[oa]s?(?<of> de .+)?[\s.!]*$/.exec(
          clause.folded,
        );
  const groups = found?.groups;
  if (!groups) return null;
  const { object = '', owner = '', what = '', of = '' } = groups;
  const predicate = favouriteOf(what);
  if (predicate === null || /^(?:what|which|it|this|that|esto|eso|my|mi|el .* que|lo)\b/.test(object)) return null;
  const from = clause.folded.indexOf(owner, object.length);
  const { subjects } = of
    ? subjectsOf(`${clause.raw.slice(clause.folded.lastIndexOf(of) + 4)} es`)
    : subjectsOf(`${clause.raw.slice(from, from + owner.length)} x`);
  const subject = of ? subjects[0] : subjects.find(({ owns }) => owns);
  return subject
    ? { who: subject.who, predicate, start: 0, end: object.length, negated: false, past: false, prefix: '' }
    : null;
}

const RELATIONS: Readonly<Record<Tie, string | null>> = {
  parent: 'parent',
  child: 'child',
  sibling: 'sibling',
  partner: 'spouse',
  grandparent: 'relative',
  grandchild: 'relative',
  outsider: null,
};

/** "Paul is my brother", "mi hermano se llama Paul": somebody by name who belongs to somebody. */
export function related(clause: { raw: string; folded: string }): { predicate: string; object: string } | null {
  const is =
    /^(?<name>\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+)?) (?:is|es) (?:my|our|mi|nuestr[oa]) (?:\p{L}+ )?(?<kin>\p{L}+)[\s.!]*$/u.exec(
      clause.raw,
    );
  const called =
    /^(?:my|our|mi|nuestr[oa]) (?:(?:little|big|older|younger|elder|twin|best|eldest|youngest|oldest|mejor) )?(?<kin>\p{L}+)(?: mayor| menor| pequeñ[oa]| gemel[oa])?(?:'s name is| is called| is named|'s called| se llama) (?<name>\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+)?)[\s.!]*$/iu.exec(
      clause.raw,
    );
  const { name, kin } = (is ?? called)?.groups ?? {};
  if (name === undefined || kin === undefined) return null;
  const word = clause.folded.slice(clause.raw.indexOf(kin), clause.raw.indexOf(kin) + kin.length);
  const tie = kinOf(word);
  if (!tie || tie.plural) return null;
  const outsiders = /^(?:friend|amig)/.test(word)
    ? 'friend'
    : /^(?:aunt|uncle|cousin|niece|nephew|ti[oa]$|prim[oa]$|sobrin)/.test(word)
      ? 'relative'
      : null;
  const predicate = RELATIONS[tie.tie] ?? outsiders;
  return predicate === null
    ? null
    : { predicate, object: predicate === 'spouse' || predicate === 'friend' ? name : `${word} ${name}` };
}
