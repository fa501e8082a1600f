import { ADDRESS, kinOf } from '../lexicon/kinship.js';
import { NOBODY, type People, type Who } from '../people/people.js';
import { type Word } from './fold.js';
import { ownerOf, type Subject } from './grammar.js';
import { SKIPPED } from './spanish.phrases.js';
import { isFinite, spanishForms } from './spanish.verbs.js';

const OWNERS = /^(?:mi|mis|nuestr[oa]s?|su|sus)$/;
const ARTICLES = /^(?:el|la|los|las|al)$/;
const DESCRIBING =
  /^(?:adolescente|pequen[oa]s?|mayor|mayores|menor|menores|querid[oa]|otr[oa]|nuev[oa]|mejor|chic[oa]|grande|difunt[oa]|gemel[oa]s|median[oa]|antigu[oa]|ex)$/;
const PRONOUNS: Record<string, 'f' | 'm' | 'any'> = { el: 'm', ella: 'f', ellos: 'any', ellas: 'any' };

interface NounPhrase {
  readonly who: readonly Who[];
  readonly next: number;
  readonly first: boolean;
  readonly plural: boolean;
}

function nounPhrase(words: readonly Word[], at: number, people: People, last: readonly Who[]): NounPhrase | null {
  const word = words[at]?.text;
  if (word === undefined) return null;
  if (word === 'yo' || (word === 'mi' && words[at]?.raw.toLowerCase() === 'mí'))
    return { who: [people.speaker], next: at + 1, first: true, plural: false };
  if (/^nosotr[oa]s$/.test(word)) return { who: [people.speaker], next: at + 1, first: true, plural: true };
  if (/^(?:ambos|ambas)$/.test(word)) return { who: last, next: at + 1, first: false, plural: true };
  const gender = PRONOUNS[word];
  const article = ARTICLES.test(word);
  if (gender && !(word === 'el' && words[at]?.raw.toLowerCase() === 'el' && isNoun(words, at + 1, people)))
    return { who: meant(gender, people, last), next: at + 1, first: false, plural: gender === 'any' };
  const nameAt = article && people.named(words, at + 1) ? at + 1 : at;
  const named = people.named(words, nameAt);
  if (named && !isVerb(words, nameAt)) return { who: [named.who], next: named.next, first: false, plural: false };
  if (OWNERS.test(word) || article || ADDRESS.test(word)) return kinPhrase(words, at, people, last);
  return null;
}

function isNoun(words: readonly Word[], at: number, people: People): boolean {
  const word = words[at];
  if (!word || /^(?:no|ya|se|me|le|tambien|nunca|siempre|tampoco)$/.test(word.text)) return false;
  return spanishForms(word.text, word.raw).length === 0 || people.named(words, at) !== null;
}

/** "Leo mucho": a name that is a verb as well is one when a verb follows or it is written small. */
function isVerb(words: readonly Word[], at: number): boolean {
  const word = words[at];
  if (!word || spanishForms(word.text, word.raw).length === 0) return false;
  if (word.raw === word.raw.toLowerCase()) {
    let next = at + 1;
    while (/^(?:no|ya|se|le|me|les|tambien)$/.test(words[next]?.text ?? '')) next++;
    const follower = words[next];
    return !follower || !isFinite(follower);
  }
  return !words
    .slice(at + 1, at + 5)
    .some(
      (each) =>
        /^(?:y|no|se|le|me|ya|tambien)$/.test(each.text) ||
        spanishForms(each.text, each.raw).some(({ person }) => person !== '-'),
    );
}

function meant(gender: 'f' | 'm' | 'any', people: People, last: readonly Who[]): readonly Who[] {
  const candidates = last.length > 0 ? last : people.subject ? [people.subject] : [];
  if (gender === 'any')
    return candidates.length > 1
      ? candidates
      : candidates.length === 1 && candidates[0] === people.subject
        ? candidates
        : [NOBODY];
  const fitting = candidates.filter(
    (who) =>
      who.person !== null && who.person.id !== people.speaker.person?.id && (!who.gender || who.gender === gender),
  );
  return fitting.length === 1 ? fitting : [NOBODY];
}

function kinPhrase(words: readonly Word[], at: number, people: People, last: readonly Who[]): NounPhrase | null {
  let next = at;
  const article = words[at]?.text ?? '';
  let owner = ownerOf([people.speaker]);
  if (OWNERS.test(article) || ARTICLES.test(article)) next++;
  if (article === 'su' || article === 'sus') owner = ownerOf(last.length === 1 ? last : []);
  const described: string[] = [];
  while (DESCRIBING.test(words[next]?.text ?? '') && !kinOf(words[next]?.text ?? ''))
    described.push(words[next++]?.text ?? '');
  const noun = words[next]?.text ?? '';
  if (/^(?:gemel[oa]s|melliz[oa]s)$/.test(noun) || (described.at(-1) ?? '').startsWith('gemel')) {
    const who = people.twins();
    return {
      who: who.length > 0 ? who : [NOBODY],
      next: kinOf(noun) ? next + 1 : noun.startsWith('gem') || noun.startsWith('mell') ? next + 1 : next,
      first: false,
      plural: true,
    };
  }
  let kin = kinOf(noun);
  if (!kin && /^(?:mayor|menor|pequen[oa]|median[oa])$/.test(described.at(-1) ?? '')) {
    kin = kinOf(described.at(-1)?.endsWith('a') ? 'hija' : 'hijo');
    next--;
  }
  if (!kin) return null;
  next++;
  while (DESCRIBING.test(words[next]?.text ?? '')) described.push(words[next++]?.text ?? '');
  if (
    ARTICLES.test(article) &&
    (kin.tie === 'outsider' || (kin.tie !== 'grandparent' && kin.tie !== 'child' && words[next]?.text !== 'de'))
  )
    return null;
  if (described.some((word) => /^(?:difunt|antigu|ex$|otr)/.test(word)))
    return { who: [NOBODY], next, first: false, plural: kin.plural };
  const named = people.named(words, next);
  // An in-law by name is the member of that name.
  if (named?.who.person && /^(?:suegr|yern|nuer)/.test(kin.relation))
    return { who: [named.who], next: named.next, first: false, plural: false };
  if (named && kin.tie !== 'outsider' && !people.isKin(named.who, kin, owner))
    return { who: [NOBODY], next: named.next, first: false, plural: false };
  if (named && kin.tie !== 'outsider') return { who: [named.who], next: named.next, first: false, plural: false };
  if (words[next]?.text === 'de') {
    const of = nounPhrase(words, next + 1, people, last);
    if (!of) return { who: [NOBODY], next: next + 2, first: false, plural: kin.plural };
    const person = ownerOf(of.who);
    const found = person ? people.kin(kin, person, described) : [];
    return { who: found.length > 0 ? found : [NOBODY], next: of.next, first: false, plural: kin.plural };
  }
  const follower = words[next];
  if (!kin.plural && follower && /^\p{Lu}\p{Ll}/u.test(follower.raw) && !isFinite(follower))
    return { who: [NOBODY], next: next + 1, first: false, plural: false };
  const found = people.kin(kin, owner, described);
  return { who: found.length > 0 ? found : [NOBODY], next, first: false, plural: kin.plural };
}

/** Reads the beginning of a clause as its subject: see `Grammar`. */
export function spanishSubjects(words: readonly Word[], people: People, last: readonly Who[]): Subject[] {
  const found: Subject[] = [];
  const first = words[0]?.text ?? '';
  const start = first === 'a' ? 1 : 0;
  let phrase = nounPhrase(words, start, people, last);
  if (phrase) {
    const who = [...phrase.who];
    let { next } = phrase;
    let isFirst = phrase.first;
    let plural = phrase.plural;
    for (;;) {
      const joined = /^[ye&]$/.test(words[next]?.text ?? '');
      const from = (joined ? next + 1 : next) + (start && words[joined ? next + 1 : next]?.text === 'a' ? 1 : 0);
      phrase = nounPhrase(words, from, people, last);
      if (!phrase || (!joined && !/^[ye&]$/.test(words[phrase.next]?.text ?? ''))) break;
      who.push(...phrase.who);
      next = phrase.next;
      isFirst ||= phrase.first;
      plural = true;
    }
    found.push({ who, next, person: isFirst ? '1' : '3', plural, owns: false });
  }
  if (/^(?:mi|mis|nuestr[oa]s?)$/.test(first))
    found.push({ who: [people.speaker], next: 1, person: '1', plural: first.startsWith('n'), owns: true });
  if (/^(?:su|sus)$/.test(first))
    found.push({
      who: last.length === 1 ? last : people.subject ? [people.subject] : [NOBODY],
      next: 1,
      person: '3',
      plural: false,
      owns: true,
    });
  if (found.length > 0) return found;
  if (
    /^(?:esto|eso|esta|este|ese|esa|tu|usted|ustedes|vosotros|alguien|todos|nadie|hay|que|quien|un|una|unos|unas|los|las|el|la|te|os)$/.test(
      first,
    ) ||
    start
  ) {
    const thing = words.findIndex((word, index) => index > 0 && isFinite(word));
    return [{ who: [NOBODY], next: Math.max(thing, 1), person: 'x', plural: false, owns: false }];
  }
  const strange = words[0];
  if (
    strange &&
    /^\p{Lu}\p{Ll}/u.test(strange.raw) &&
    spanishForms(strange.text, strange.raw).length === 0 &&
    words[1] &&
    (isFinite(words[1]) || /^(?:no|ya|se|tambien)$/.test(words[1].text)) &&
    !SKIPPED.test(strange.text)
  )
    found.push({ who: [NOBODY], next: 1, person: 'x', plural: false, owns: false });
  else found.push({ who: last, next: 0, person: '0', plural: false, owns: false });
  return found;
}
