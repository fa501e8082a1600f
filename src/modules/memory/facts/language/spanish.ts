import { ADDRESS, kinOf } from '../lexicon/kinship.js';
import { NOBODY, type People, type Who } from '../people/people.js';
import { type Word, words as plainWords } from './fold.js';
import { type Grammar, type Mood, ownerOf, type Subject, type VerbPhrase } from './grammar.js';
import { type SpanishForm, spanishForms } from './spanish.verbs.js';

/** Written in a hurry. */
const TYPOS = new Map(
  'q=que,k=que,xq=porque,pq=porque,tb=tambien,tmb=tambien,tambn=tambien,alergica=alergica,vivmos=vivimos,alerjico=alergico,alerjica=alergica,alergía=alergia,ijo=hijo,ija=hija,gustaa=gusta,cumple=cumple,nvia=novia,bamos=vamos,aora=ahora,benimos=venimos,bivo=vivo,bive=vive,bivimos=vivimos,ai=hay,trabjo=trabajo,trbajo=trabajo,vegetarina=vegetariana'
    .split(',')
    .map((pair) => pair.split('=') as [string, string]),
);

const OWNERS = /^(?:mi|mis|nuestr[oa]s?|su|sus)$/;
const ARTICLES = /^(?:el|la|los|las)$/;
const DESCRIBING = /^(?:adolescente|pequen[oa]s?|mayor|mayores|menor|menores|querid[oa]|otr[oa]|nuev[oa]|mejor|chic[oa]|grande|difunt[oa]|gemel[oa]s|median[oa]|antigu[oa]|ex)$/;
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
  if (word === 'yo' || word === 'mi' && words[at]?.raw.toLowerCase() === 'mí') return { who: [people.speaker], next: at + 1, first: true, plural: false };
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
  return !words.slice(at + 1, at + 5).some((each) => /^(?:y|no|se|le|me|ya|tambien)$/.test(each.text) || spanishForms(each.text, each.raw).some(({ person }) => person !== '-'));
}

function meant(gender: 'f' | 'm' | 'any', people: People, last: readonly Who[]): readonly Who[] {
  const candidates = last.length > 0 ? last : people.subject ? [people.subject] : [];
  if (gender === 'any') return candidates.length > 1 ? candidates : candidates.length === 1 && candidates[0] === people.subject ? candidates : [NOBODY];
  const fitting = candidates.filter((who) => who.person !== null && who !== people.speaker && (!who.gender || who.gender === gender));
  return fitting.length === 1 ? fitting : [NOBODY];
}

function kinPhrase(words: readonly Word[], at: number, people: People, last: readonly Who[]): NounPhrase | null {
  let next = at;
  const article = words[at]?.text ?? '';
  let owner = ownerOf([people.speaker]);
  if (OWNERS.test(article) || ARTICLES.test(article)) next++;
  if (article === 'su' || article === 'sus') owner = ownerOf(last.length === 1 ? last : []);
  const described: string[] = [];
  while (DESCRIBING.test(words[next]?.text ?? '') && !kinOf(words[next]?.text ?? '')) described.push(words[next++]?.text ?? '');
  const noun = words[next]?.text ?? '';
  if (/^(?:gemel[oa]s|melliz[oa]s)$/.test(noun) || /^gemel/.test(described.at(-1) ?? '')) {
    const who = people.twins();
    return { who: who.length > 0 ? who : [NOBODY], next: kinOf(noun) ? next + 1 : noun.startsWith('gem') || noun.startsWith('mell') ? next + 1 : next, first: false, plural: true };
  }
  let kin = kinOf(noun);
  if (!kin && /^(?:mayor|menor|pequen[oa]|median[oa])$/.test(described.at(-1) ?? '')) {
    kin = kinOf(described.at(-1)?.endsWith('a') ? 'hija' : 'hijo');
    next--;
  }
  if (!kin) return null;
  next++;
  while (DESCRIBING.test(words[next]?.text ?? '')) described.push(words[next++]?.text ?? '');
  if (ARTICLES.test(article) && (kin.tie === 'outsider' || (kin.tie !== 'grandparent' && kin.tie !== 'child' && words[next]?.text !== 'de'))) return null;
  if (described.some((word) => /^(?:difunt|antigu|ex$|otr)/.test(word)) ) return { who: [NOBODY], next, first: false, plural: kin.plural };
  const named = people.named(words, next);
  if (named && kin.tie !== 'outsider') return { who: [named.who], next: named.next, first: false, plural: false };
  if (words[next]?.text === 'de') {
    const of = nounPhrase(words, next + 1, people, last);
    if (!of) return { who: [NOBODY], next: next + 2, first: false, plural: kin.plural };
    const person = ownerOf(of.who);
    const found = person ? people.kin(kin, person, described) : [];
    return { who: found.length > 0 ? found : [NOBODY], next: of.next, first: false, plural: kin.plural };
  }
  const follower = words[next];
  if (!kin.plural && follower && /^\p{Lu}\p{Ll}/u.test(follower.raw) && !isFinite(follower)) return { who: [NOBODY], next: next + 1, first: false, plural: false };
  const found = people.kin(kin, owner, described);
  return { who: found.length > 0 ? found : [NOBODY], next, first: false, plural: kin.plural };
}

const isFinite = (word: Word): boolean => spanishForms(word.text, word.raw).some(({ person }) => person !== '-');

function subjects(words: readonly Word[], people: People, last: readonly Who[]): Subject[] {
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
  if (/^(?:mi|mis|nuestr[oa]s?)$/.test(first)) found.push({ who: [people.speaker], next: 1, person: '1', plural: first.startsWith('n'), owns: true });
  if (/^(?:su|sus)$/.test(first)) found.push({ who: last.length === 1 ? last : people.subject ? [people.subject] : [NOBODY], next: 1, person: '3', plural: false, owns: true });
  if (found.length > 0) return found;
  if (/^(?:esto|eso|esta|este|ese|esa|tu|usted|ustedes|vosotros|alguien|todos|nadie|hay|que|quien|un|una|unos|unas|los|las|el|la|te|os)$/.test(first) || start) {
    const thing = words.findIndex((word, index) => index > 0 && isFinite(word));
    return [{ who: [NOBODY], next: Math.max(thing, 1), person: 'x', plural: false, owns: false }];
  }
  const strange = words[0];
  if (strange && /^\p{Lu}\p{Ll}/u.test(strange.raw) && spanishForms(strange.text, strange.raw).length === 0 && words[1] && (isFinite(words[1]) || /^(?:no|ya|se|tambien)$/.test(words[1].text)) && !SKIPPED.test(strange.text))
    found.push({ who: [NOBODY], next: 1, person: 'x', plural: false, owns: false });
  else found.push({ who: last, next: 0, person: '0', plural: false, owns: false });
  return found;
}

const SKIPPED =
  /^(?:ya|tambien|siempre|antes|ahora|aun|todavia|solo|solamente|realmente|por|fin|hoy|ayer|recientemente|actualmente|normalmente|casi|muy|tan|ambos|ambas|dos|los|las|en|casa|mucho|antiguamente|al|final|desgraciadamente|lamentablemente|oficialmente|hace|poco|todo|toda|todos|de|verdad|nada|pues|mas|tampoco|no|nunca|jamas|me|te|se|nos|le|les|lo|la)$/;

/** Reads negation, clitics, auxiliaries and the main verb. */
function verbs(words: readonly Word[], start: number, subject: Subject): VerbPhrase[] {
  let at = start;
  let negated = false;
  let ended = false;
  let before = false;
  let dative: VerbPhrase['dative'];
  for (; at < words.length && SKIPPED.test(words[at]?.text ?? ''); at++) {
    const word = words[at]?.text ?? '';
    const current = words[at];
    const form = current && isFinite(current) && !/^(?:me|te|se|nos|le|les|no|casa|ya|antes|mas|nada|poco|los|las|la|lo|de|en|al|hace)$/.test(word);
    if (form) break;
    if (/^(?:no|nunca|jamas|tampoco)$/.test(word)) {
      ended ||= words[at - 1]?.text === 'ya';
      negated = true;
    }
    if (word === 'antes' || word === 'antiguamente') before = true;
    if (word === 'me' || word === 'nos' || word === 'le' || word === 'les') dative = word;
  }
  if (negated && /^(?:mas|ya)$/.test(words.at(-1)?.text ?? '') ) ended = true;
  const found: VerbPhrase[] = [];
  const word = words[at];
  if (!word) return found;
  for (const form of spanishForms(word.text, word.raw)) {
    if (form.person === '-') continue;
    const person = form.person.startsWith('1') ? '1' : '3';
    const read = compound(words, at, form);
    if (!read) continue;
    let mood: Mood = read.mood;
    if (mood === 'past' && before) mood = 'ended';
    if (ended) mood = 'ended';
    const isDative = DATIVE.test(read.lemma) || (dative !== undefined && form.person === '3p' && IMPERSONAL.test(read.lemma));
    if (!isDative && subject.person === '3' && person === '1') continue;
    if (!isDative && subject.person === '1' && person === '3') continue;
    found.push({
      lemma: read.lemma,
      mood,
      negated: negated && !ended,
      shared: read.shared,
      next: read.next,
      person: isDative ? (dative === 'me' || dative === 'nos' ? '1' : '3') : person,
      ...(isDative && dative ? { dative } : {}),
    });
  }
  return found;
}

const DATIVE = /^(?:gustar|encantar|doler|interesar|apasionar|molar|chiflar|flipar|fascinar|entusiasmar|repugnar|horrorizar|apetecer|aterrar|asustar|costar|dar|sentar)$/;
const IMPERSONAL = /^(?:diagnosticar|detectar|operar|llamar|poner|quitar|despedir|echar|ascender)$/;

interface Compound {
  readonly lemma: string;
  readonly mood: Mood;
  readonly next: number;
  readonly shared: boolean;
}

/** "he vivido", "está trabajando", "dejó de comer", "va a ir", "sabe tocar": the verb that carries the meaning. */
function compound(words: readonly Word[], at: number, form: SpanishForm): Compound | null {
  const simple: Mood = form.tense === 'present' ? 'present' : 'past';
  const after = nextWord(words, at + 1);
  const inner = (what: SpanishForm['tense'], from: number): { lemma: string; next: number } | null => {
    const index = nextWord(words, from);
    const word = words[index];
    if (!word) return null;
    const read = spanishForms(word.text, word.raw).find(({ tense }) => tense === what);
    const reflexive = what === 'infinitive' ? /^(.+r)(?:me|se|nos|le)$/.exec(word.text)?.[1] : what === 'gerund' ? /^(.+ndo)(?:me|se|nos|le)$/.exec(word.text)?.[1] : undefined;
    const lemma = read?.lemma ?? (reflexive ? spanishForms(reflexive, reflexive).find(({ tense }) => tense === what)?.lemma : undefined);
    return lemma === undefined ? null : { lemma, next: index + 1 };
  };
  const found = (read: { lemma: string; next: number } | null, mood: Mood): Compound | null => (read ? { ...read, mood, shared: true } : null);
  const link = words[after]?.text;
  switch (form.lemma) {
    case 'haber': {
      const participle = inner('participle', at + 1);
      if (!participle) return null;
      if (/^(?:estar|seguir|llevar)$/.test(participle.lemma)) return found(inner('gerund', participle.next), 'present');
      if (participle.lemma === 'dejar' && words[participle.next]?.text === 'de') return found(inner('infinitive', participle.next + 1), 'ended');
      if (/^(?:empezar|comenzar|volver)$/.test(participle.lemma) && words[participle.next]?.text === 'a') {
        const begun = found(inner('infinitive', participle.next + 1), 'begun');
        if (begun) return begun;
      }
      return { ...participle, mood: form.tense === 'imperfect' ? 'past' : 'done', shared: false };
    }
    case 'estar':
    case 'seguir':
    case 'llevar': {
      const gerund = inner('gerund', at + 1);
      if (gerund) return found(gerund, simple);
      break;
    }
    case 'soler':
      return found(inner('infinitive', at + 1), form.tense === 'present' ? 'present' : 'ended');
    case 'dejar':
      if (link === 'de') return found(inner('infinitive', after + 1), 'ended');
      break;
    case 'empezar':
    case 'comenzar':
    case 'volver':
      if (link === 'a' && form.tense !== 'imperfect') {
        const begun = found(inner('infinitive', after + 1), 'begun');
        if (begun) return begun;
      }
      break;
    case 'acabar':
      if (link === 'de') return found(inner('infinitive', after + 1), 'done');
      break;
    case 'ir':
      if (link === 'a') {
        const future = found(inner('infinitive', after + 1), 'future');
        if (future) return future;
      }
      break;
    case 'poder':
    case 'saber': {
      const can = found(inner('infinitive', at + 1), 'can');
      if (can || form.lemma === 'poder') return can;
      break;
    }
  }
  return { lemma: form.lemma, mood: simple, next: at + 1, shared: false };
}

function nextWord(words: readonly Word[], at: number): number {
  let next = at;
  while (/^(?:ya|tambien|siempre|muy|mucho|tambien|recien|por|fin|aun|todavia|ahora|bien|no)$/.test(words[next]?.text ?? '')) next++;
  return next;
}

const expand = (word: Word): Word[] => {
  const right = TYPOS.get(word.text);
  if (word.text === 'al') return [word];
  return right === undefined || right === word.text ? [word] : [{ ...word, text: right, raw: right }];
};

export const SPANISH: Grammar = { words: (clause) => plainWords(clause).flatMap(expand), subjects, verbs };
