import { type Word } from './fold.js';
import { type Mood, type Subject, type VerbPhrase } from './grammar.js';
import { isFinite, type SpanishForm, spanishForms } from './spanish.verbs.js';

/** Little words between subject and verb. */
export const SKIPPED =
  /^(?:ya|tambien|siempre|antes|ahora|aun|todavia|solo|solamente|realmente|por|fin|hoy|ayer|recientemente|actualmente|normalmente|casi|muy|tan|ambos|ambas|dos|los|las|en|casa|mucho|antiguamente|al|final|desgraciadamente|lamentablemente|oficialmente|poco|todo|toda|todos|de|verdad|nada|pues|mas|tampoco|no|nunca|jamas|me|te|se|nos|le|les|lo|la)$/;

/** Reads negation, clitics, auxiliaries and the main verb. */
export function spanishPhrases(words: readonly Word[], start: number, subject: Subject): VerbPhrase[] {
  let at = start;
  let negated = false;
  let ended = false;
  let before = false;
  let dative: VerbPhrase['dative'];
  let whom = false;
  for (; at < words.length && SKIPPED.test(words[at]?.text ?? ''); at++) {
    const word = words[at]?.text ?? '';
    const current = words[at];
    const form =
      current &&
      isFinite(current) &&
      !/^(?:me|te|se|nos|le|les|no|casa|ya|antes|mas|nada|poco|los|las|la|lo|de|en|al)$/.test(word);
    if (form) break;
    if (/^(?:no|nunca|jamas|tampoco)$/.test(word)) {
      ended ||= words[at - 1]?.text === 'ya';
      negated = true;
    }
    if (word === 'antes' || word === 'antiguamente') before = true;
    if (word === 'me' || word === 'nos' || word === 'le' || word === 'les') dative = word;
    if (/^(?:lo|la|los|las)$/.test(word) && at > 0) whom = true;
  }
  if (negated && /^(?:mas|ya)$/.test(words.at(-1)?.text ?? '')) ended = true;
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
    // "Al abuelo lo operaron": the object is who it is about.
    if (whom && dative === undefined && form.person === '3p' && IMPERSONAL.test(read.lemma)) dative = 'le';
    const isDative =
      DATIVE.test(read.lemma) ||
      (dative !== undefined && form.person === '3p' && IMPERSONAL.test(read.lemma)) ||
      (dative !== undefined && form.person === '3s' && /^[x0]$/.test(subject.person) && ORDERED.test(read.lemma));
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

const DATIVE =
  /^(?:gustar|encantar|doler|interesar|apasionar|molar|chiflar|flipar|fascinar|entusiasmar|repugnar|horrorizar|apetecer|aterrar|asustar|costar|dar|sentar)$/;
const IMPERSONAL =
  /^(?:coger|contratar|recetar|mandar|pautar|prescribir|retirar|cambiar|suspender|fichar|diagnosticar|detectar|operar|llamar|poner|quitar|despedir|echar|ascender)$/;

/** What doctors do to somebody. */
const ORDERED = /^(?:recetar|mandar|pautar|prescribir|retirar|suspender|poner|quitar|diagnosticar|operar|detectar)$/;

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
    const reflexive =
      what === 'infinitive'
        ? /^(.+r)(?:me|se|nos|le)$/.exec(word.text)?.[1]
        : what === 'gerund'
          ? /^(.+ndo)(?:me|se|nos|le)$/.exec(word.text)?.[1]
          : undefined;
    const lemma =
      read?.lemma ??
      (reflexive ? spanishForms(reflexive, reflexive).find(({ tense }) => tense === what)?.lemma : undefined);
    return lemma === undefined ? null : { lemma, next: index + 1 };
  };
  const found = (read: { lemma: string; next: number } | null, mood: Mood): Compound | null =>
    read ? { ...read, mood, shared: true } : null;
  const link = words[after]?.text;
  switch (form.lemma) {
    case 'haber': {
      const participle = inner('participle', at + 1);
      if (!participle) return null;
      if (/^(?:estar|seguir|llevar)$/.test(participle.lemma)) return found(inner('gerund', participle.next), 'present');
      if (participle.lemma === 'dejar' && words[participle.next]?.text === 'de')
        return found(inner('infinitive', participle.next + 1), 'ended');
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
    case 'tener': {
      const must = link === 'que' ? inner('infinitive', after + 1) : null;
      if (must && /^(?:llevar|usar|evitar|pinchar)$/.test(must.lemma)) return found(must, simple);
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
  while (
    /^(?:ya|tambien|siempre|muy|mucho|tambien|recien|por|fin|aun|todavia|ahora|bien|no)$/.test(words[next]?.text ?? '')
  )
    next++;
  return next;
}
