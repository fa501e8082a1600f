import { ADDRESS, kinOf } from '../lexicon/kinship.js';
import { NOBODY, type People, type Who } from '../people/people.js';
import { englishForms } from './english.verbs.js';
import { type Word } from './fold.js';
import { ownerOf, type Subject } from './grammar.js';

const OWNERS = /^(?:my|our|his|her|their)$/;
const DESCRIBING =
  /^(?:little|big|younger|older|elder|eldest|oldest|youngest|baby|dear|lovely|twin|own|poor|late|grown-up|teenage|middle|second|first|other|best|new|old|former|\d+-year-old|wonderful|amazing|beloved|next-door|darling)$/;
const PRONOUNS: Record<string, 'f' | 'm' | 'any'> = { he: 'm', she: 'f', they: 'any' };

interface NounPhrase {
  readonly who: readonly Who[];
  readonly next: number;
  readonly first: boolean;
  readonly plural: boolean;
}

/** One of the coordinated parts of a subject. */
function nounPhrase(words: readonly Word[], at: number, people: People, last: readonly Who[]): NounPhrase | null {
  const word = words[at]?.text;
  if (word === undefined) return null;
  if (word === 'i' || word === 'me') return { who: [people.speaker], next: at + 1, first: true, plural: false };
  if (word === 'we')
    return { who: [people.speaker], next: skip(words, at + 1, /^(?:both|all)$/), first: true, plural: true };
  const gender = PRONOUNS[word];
  if (gender) return { who: meant(gender, people, last), next: at + 1, first: false, plural: word === 'they' };
  if (/^(?:both|all)$/.test(word)) {
    const next = words[at + 1]?.text === 'of' ? at + 2 : at + 1;
    if (words[next]?.text === 'them') return { who: last, next: next + 1, first: false, plural: true };
    return nounPhrase(words, next, people, last);
  }
  const named = people.named(words, at);
  if (named && (!isCommonWord(words[at]) || isActing(words, at)))
    return ofKin(words, { ...named, who: [named.who], first: false, plural: false }, people);
  if (OWNERS.test(word) || word === 'the' || ADDRESS.test(word)) return kinPhrase(words, at, people, last);
  return null;
}

/** "max has switched": written small, but no thing that has or does something. */
const isActing = (words: readonly Word[], at: number): boolean =>
  /^(?:max|mia|rob|pat|sue|flo|pip|ray|ruby|grace|jack|lily|drew|mark|poppy|daisy)$/.test(words[at]?.text ?? '') &&
  /^(?:has|is|'s|does|was|likes|loves|hates|plays|goes|wants|lives|works|left|quit|got|had|started|stopped)$/.test(
    words[at + 1]?.text ?? '',
  );

/** Names that are words as well need their capital. */
const isCommonWord = (word: Word | undefined): boolean =>
  word !== undefined &&
  word.raw === word.raw.toLowerCase() &&
  /^(?:will|mark|may|rose|grace|jack|art|bill|pat|drew|hope|joy|faith|sue|rob|dot|flo|max|pip|ray|gene|grant|sandy|poppy|lily|daisy|ivy|iris|ruby|holly|may|june|april|gran|mia)$/.test(
    word.text,
  );

function meant(gender: 'f' | 'm' | 'any', people: People, last: readonly Who[]): readonly Who[] {
  if (gender === 'any')
    return last.length > 1 ? last : last.length === 0 && people.subject ? [people.subject] : [NOBODY];
  const candidates = last.length > 0 ? last : people.subject ? [people.subject] : [];
  const fitting = candidates.filter(
    (who) =>
      who.person !== null && who.person.id !== people.speaker.person?.id && (!who.gender || who.gender === gender),
  );
  return fitting.length === 1 && candidates.every((who) => who.person !== null || candidates.length === 1)
    ? fitting
    : [NOBODY];
}

/** "my little brother Leo", "the kids", "mum", "her husband", "the twins". */
function kinPhrase(words: readonly Word[], at: number, people: People, last: readonly Who[]): NounPhrase | null {
  let next = at;
  const article = words[at]?.text ?? '';
  let owner = ownerOf([people.speaker]);
  if (OWNERS.test(article) || article === 'the') next++;
  if (article === 'his' || article === 'her' || article === 'their')
    owner = ownerOf(meant(article === 'his' ? 'm' : article === 'her' ? 'f' : 'any', people, last));
  const ownerKnown = owner !== null || article === 'the' || ADDRESS.test(article);
  const described: string[] = [];
  while (DESCRIBING.test(words[next]?.text ?? '')) described.push(words[next++]?.text ?? '');
  const noun = words[next]?.text ?? '';
  if (noun === 'twins' || described.at(-1) === 'twins') {
    const who = people.twins();
    return { who: who.length > 0 ? who : [NOBODY], next: next + 1, first: false, plural: true };
  }
  let kin = kinOf(noun);
  if (!kin && /^(?:eldest|oldest|youngest|middle)$/.test(described.at(-1) ?? '')) {
    kin = kinOf('child');
    next--;
  }
  if (!kin) return null;
  next++;
  if (words[next]?.text === 'in' && words[next + 1]?.text === 'law') kin = kinOf('mother-in-law') ?? kin;
  if (
    article === 'the' &&
    (kin.tie === 'outsider' || (!kin.plural && kin.tie !== 'grandparent' && kin.tie !== 'child'))
  )
    return null;
  if (described.some((word) => /^(?:late|former|old|other)$/.test(word)))
    return { who: [NOBODY], next, first: false, plural: kin.plural };
  const named = people.named(words, next);
  // An in-law by name is the member of that name.
  if (named?.who.person && kin.relation.endsWith('-in-law'))
    return ofKin(words, { who: [named.who], next: named.next, first: false, plural: false }, people);
  const isNamed = named && kin.tie !== 'outsider';
  if (isNamed && !people.isKin(named.who, kin, owner))
    return { who: [NOBODY], next: named.next, first: false, plural: false };
  if (isNamed) return ofKin(words, { who: [named.who], next: named.next, first: false, plural: false }, people);
  const stranger =
    !kin.plural &&
    /^\p{Lu}\p{Ll}/u.test(words[next]?.raw ?? '') &&
    words[next + 1]?.text !== undefined &&
    englishForms(words[next]?.text ?? '').length === 0;
  if (stranger) return { who: [NOBODY], next: next + 1, first: false, plural: false };
  const found = ownerKnown ? people.kin(kin, owner, described) : [];
  return ofKin(words, { who: found.length > 0 ? found : [NOBODY], next, first: false, plural: kin.plural }, people);
}

/** "Leo's sister", "my mum's partner": one step further, as long as kin follow. */
function ofKin(words: readonly Word[], start: NounPhrase, people: People): NounPhrase {
  let at = start;
  while (words[at.next]?.text === "'s") {
    let next = at.next + 1;
    const described: string[] = [];
    while (DESCRIBING.test(words[next]?.text ?? '')) described.push(words[next++]?.text ?? '');
    const kin = kinOf(words[next]?.text ?? '');
    if (!kin || englishForms(words[next + 1]?.text ?? '').length + (words[next + 1]?.text === "'s" ? 1 : 0) === 0)
      break;
    // "Leo's teacher is Ms Smith" tells who the teacher is.
    if (kin.tie === 'outsider' && /^(?:is|'s)$/.test(words[next + 1]?.text ?? '')) break;
    const owner = ownerOf(at.who);
    const found = owner ? people.kin(kin, owner, described) : [];
    at = { who: found.length > 0 ? found : [NOBODY], next: next + 1, first: false, plural: kin.plural };
  }
  return at;
}

const skip = (words: readonly Word[], at: number, what: RegExp): number =>
  what.test(words[at]?.text ?? '') ? at + 1 : at;

/** Reads the beginning of a clause as its subject: see `Grammar`. */
export function englishSubjects(words: readonly Word[], people: People, last: readonly Who[]): Subject[] {
  const found: Subject[] = [];
  const first = words[0]?.text ?? '';
  let phrase = nounPhrase(words, 0, people, last);
  if (phrase) {
    const who = [...phrase.who];
    let { next } = phrase;
    let isFirst = phrase.first;
    let plural = phrase.plural;
    for (;;) {
      const joined = /^(?:and|&)$/.test(words[next]?.text ?? '')
        ? next + 1
        : (words[next - 1]?.end ?? 0) > 0 && next < words.length
          ? next
          : -1;
      const comma = joined === next;
      if (joined < 0) break;
      phrase = nounPhrase(words, joined, people, last);
      if (!phrase || (comma && !/^(?:and|&)$/.test(words[phrase.next]?.text ?? ''))) break;
      who.push(...phrase.who);
      next = phrase.next;
      isFirst ||= phrase.first;
      plural = true;
    }
    const person = isFirst ? '1' : '3';
    if (words[next]?.text === "'s") found.push({ who, next: next + 1, person, plural, owns: true });
    found.push({ who, next: skip(words, next, /^(?:both|all)$/), person, plural, owns: false });
  }
  if (first === 'my' || first === 'our')
    found.push({ who: [people.speaker], next: 1, person: '1', plural: first === 'our', owns: true });
  if (first === 'his' || first === 'her')
    found.push({
      who: meant(first === 'his' ? 'm' : 'f', people, last),
      next: 1,
      person: '3',
      plural: false,
      owns: true,
    });
  if (first === 'their')
    found.push({ who: meant('any', people, last), next: 1, person: '3', plural: true, owns: true });
  if (found.length > 0) return found;
  const thing = words.findIndex((word) =>
    englishForms(word.text).some(({ tense }) => tense === 'present' || tense === 'past'),
  );
  if (
    /^(?:it|this|that|these|those|there|you|who|what|your|someone|somebody|everyone|everybody|nobody|people|one|a|an|the)$/.test(
      first,
    )
  )
    return [{ who: [NOBODY], next: Math.max(thing, 1), person: 'x', plural: false, owns: false }];
  if (
    thing > 0 &&
    thing < 5 &&
    /^\p{Lu}/u.test(words[0]?.raw ?? '') &&
    !/^(?:just|finally|recently|never|not|also|still|only|already|really|always)$/.test(first)
  )
    found.push({ who: [NOBODY], next: thing, person: 'x', plural: false, owns: false });
  else found.push({ who: last, next: 0, person: '0', plural: false, owns: false });
  return found;
}
