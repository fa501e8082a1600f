import { type Context, type Language, type Statement } from './facts.types.js';
import { ENGLISH } from './language/english.js';
import { fold, type Word } from './language/fold.js';
import { type Grammar, type Subject, type VerbPhrase } from './language/grammar.js';
import { SPANISH } from './language/spanish.js';
import { spelled } from './language/spelled.js';
import { NOBODY, People, type Who } from './people/people.js';
import { accept, type Asked } from './reading/accept.js';
import { isBeside, isOpenEnding, opensBeside, tellsNow } from './reading/beside.js';
import { type Clause, clausesOf, type Joints, withoutLead } from './reading/clauses.js';
import { endsInDoubt, isDoubt, isHearsay, isOwnWords, isVoid, shiftsTopic, withoutOwnWords } from './reading/gates.js';
import { complementOf, FREQUENT, routineOf, type Scene } from './reading/complement.js';
import { jointsOf } from './reading/joints.js';
import { isCount } from './reading/counts.js';
import { mentionedIn } from './reading/mentions.js';
import { type Unnamed } from './reading/pets.named.js';
import { likedFirst, occasionOf, type Speech } from './reading/occasions.js';
import { owned, ownedOf, turned, type Owned } from './reading/owned.js';
import {
  butRather,
  patientFirst,
  quotes,
  uncleft,
  valueNamed,
  withoutRebuttal,
  withoutRemarks,
} from './reading/rephrase.js';
import { languageOf, type Sentence, sentencesOf } from './reading/sentences.js';
import { type Claim, isCased, SAID, statementsOf } from './reading/statements.js';
import { ENGLISH_RULES } from './rules/english.rules.js';
import { type Rules } from './rules/rule.js';
import { SPANISH_RULES } from './rules/spanish.rules.js';
import { blank, readTiming, type Timing } from './when/time-phrases.js';

const GRAMMARS: Readonly<Record<Language, { grammar: Grammar; rules: Rules }>> = {
  en: { grammar: ENGLISH, rules: ENGLISH_RULES },
  es: { grammar: SPANISH, rules: SPANISH_RULES },
};
const NO_TIME: Timing = { text: '', from: null, until: null, at: null, future: false };
/** Dates are the object there, not the time of what is said. */
const DATED =
  /birth|bday|birtday|\bdob\b|\bborn\b|cumpleanos|cumple (?:es|el|de)\b|cumpl(?:o|e|en|imos) (?:los )?anos|(?:mi|su) cumple\b|\bnaci|\bnacio\b|anniversary|aniversario|\bsanto\b|name day/;
const ELLIPTIC =
  /^(?<verb>(?:is|es) )?(?:(?:now|also|very|severely|muy|ahora) )*(?=(?:allergic to|alergic[oa] a|lactose intolerant|intolerante|coeliac|celiac|diabetic|diabetic[oa]|asthmatic|vegetarian|vegan|vegetarian[oa]|vegan[oa])\b)/;

/**
 * The lasting facts that a message states, in English or Spanish, without any model: plain statements of its speaker.
 * Questions, wishes, guesses, irony, fiction and other people's words give nothing. Statements without a subject speak
 * of somebody outside the family, or of nobody who could be told. Takes time linear in the text.
 */
export function understand(text: string, context: Context): Statement[] {
  return new Reading(text, context).statements();
}

class Reading {
  private readonly people: People;
  private readonly language: Language;
  private readonly cased: boolean;
  private readonly grammar: Grammar;
  private readonly rules: Rules;
  private readonly joints: Joints;
  private last: readonly Who[] = [];
  private previous: VerbPhrase | null = null;
  private pet: Unnamed | null = null;
  private topic: Owned | null = null;

  constructor(
    private readonly text: string,
    private readonly context: Context,
  ) {
    this.people = new People(context);
    this.language = context.language === undefined ? languageOf(text) : languageOfSome(text, context.language);
    this.cased = isCased(text.slice(0, 2000));
    ({ grammar: this.grammar, rules: this.rules } = GRAMMARS[this.language]);
    const { grammar, people, language } = this;
    this.joints = jointsOf({ grammar, people, language, last: () => this.last });
  }

  statements(): Statement[] {
    const found: Statement[] = [];
    for (const sentence of sentencesOf(this.text)) {
      const raw = withoutRebuttal(spelled(sentence.raw, this.language), this.language);
      const said = raw === sentence.raw ? sentence : { ...sentence, raw, folded: fold(raw) };
      if (isVoid(said, this.language)) continue;
      found.push(...this.sentence(said, sentence.raw));
    }
    return unique(found.filter((statement) => this.isLikely(statement)));
  }

  /** Nobody tells their own death, and children are neither married nor employed but in play. */
  private isLikely({ subjectId, predicate, object, polarity }: Statement): boolean {
    if (polarity === 'asserts' && isCount(predicate, object)) return false;
    const person = this.context.family.find(({ id }) => id === subjectId);
    if (predicate === 'death')
      return subjectId !== this.context.speaker?.id && /^(?:adult|elder)$/.test(person?.ageGroup ?? '');
    return person?.ageGroup !== 'child' || !GROWN_UP.has(predicate);
  }

  private sentence(sentence: Sentence, span: string): Statement[] {
    const raw = sentence.raw
      .replace(/\s?\((?:[^()\s]+ ?){1,3}\)/g, ' ')
      .replace(/[\p{Extended_Pictographic}\ufe0f\u200d]+/gu, ' ')
      .trim();
    const active = this.language === 'en' ? butRather(patientFirst(raw)) : raw;
    const said = withoutLead({ raw: active, folded: fold(active), joined: false }, this.language);
    const colon = said.folded.search(/:\s/);
    const quoted = colon > 0 && quotes(said.folded.slice(0, colon), this.language);
    const whole = quoted ? { ...said, raw: said.raw.slice(0, colon), folded: said.folded.slice(0, colon) } : said;
    const found: Statement[] = [];
    const adds = opensBeside(sentence.folded, this.language);
    let unread = false;
    this.previous = null;
    if (/^\p{L}+(?: \p{L}+)?:\s/u.test(whole.raw) && this.owned(whole) === null) {
      // "Ana: I live in Rome" is Ana's line in a pasted conversation.
      if (/^\p{Lu}\p{L}+:\s/u.test(whole.raw)) return found;
    }
    // "My number: 612 345 678" is one clause.
    const isLabelled = /^[^:]{1,40}:\s/.test(whole.raw) && this.owned(whole) !== null;
    const clauses = isLabelled ? [whole] : clausesOf(whole, this.language, this.joints);
    let blocked = false;
    for (const [at, clause] of clauses.entries()) {
      const plain = withoutOwnWords(withoutLead(clause, this.language), this.language);
      if (blocked && !shiftsTopic(clause.folded, this.language)) continue;
      blocked = false;
      if (isHearsay(plain.folded, this.language)) {
        const isAside = at === clauses.length - 1 && plain.folded.split(' ').length <= 5;
        if (isAside && isDoubt(plain.folded, this.language)) return [];
        if (endsInDoubt(plain.folded, this.language) || isOwnWords(plain.folded, this.language)) continue;
        blocked = true;
        continue;
      }
      const rephrased = uncleft(plain.raw, this.language);
      const texts = rephrased.length > 0 ? rephrased : [valueNamed(plain.raw, whole.raw, this.language)];
      const told = texts.map((text) => (text === plain.raw ? plain : { ...plain, raw: text, folded: fold(text) }));
      for (const each of told) {
        const read = this.remarked(this.progressive(each), span);
        unread ||= read.length === 0 && tellsNow(clause.folded, this.language);
        found.push(...read.filter((one) => !isBeside(one, plain.folded, adds && at === 0, this.language)));
      }
    }
    return unread ? found.filter((one) => !isOpenEnding(one, found)) : found;
  }

  /** "Dropped French, doing Spanish now": with the subject and the auxiliary that are left out. */
  private progressive(clause: Clause): Clause {
    if (this.language !== 'en' || !LEFT_OUT.test(clause.folded)) return clause;
    const others = this.others();
    const before = others && others[0] !== NOBODY ? 'is ' : 'i am ';
    return { ...clause, raw: before + clause.raw, folded: before + clause.folded };
  }

  /** A clause as it is, or without the remarks behind it. */
  private remarked(clause: Clause, span: string, tries = MOST_TAILS): Statement[] {
    const raw = withoutRemarks(clause.raw, this.language);
    const plain = raw === clause.raw ? clause : { ...clause, raw, folded: clause.folded.slice(0, raw.length) };
    const found = this.clause(plain, span);
    const mentioned = found.length === 0 ? mentionedIn(this.grammar.words(plain.raw), this.people) : null;
    if (mentioned && !this.last.some(({ person }) => person && person.id !== this.people.speaker.person?.id))
      this.last = mentioned;
    this.pet = unnamedIn(found, this.people) ?? this.pet;
    if (found.length > 0) return found;
    const comma = plain.folded.lastIndexOf(',');
    if (comma < 3 || tries === 0) return [];
    return this.remarked(
      { ...plain, raw: plain.raw.slice(0, comma), folded: plain.folded.slice(0, comma) },
      span,
      tries - 1,
    );
  }

  private clause(said: Clause, span: string): Statement[] {
    const clause = this.withoutAddress(said);
    const occasion = occasionOf(clause, this.speech(), span);
    if (occasion) {
      this.last = occasion.last ?? this.last;
      return [...occasion.statements];
    }
    const own = this.owned(clause) ?? this.again(clause);
    const read = own && this.valued(own, clause, span);
    return read && read.length > 0 ? read : this.predicate(clause, span);
  }

  /** "Tom, I love pizza" speaks to Tom. */
  private withoutAddress(clause: Clause): Clause {
    const name =
      /^(?<name>\p{L}+),\s*(?=(?:i|i'm|im|my|we|our|we're|he|she|they|yo|mi|me|nos|nosotros|el|la|ya|no|tu|you)\b)/u.exec(
        clause.folded,
      );
    if (!name || !this.people.isName(name.groups?.['name'] ?? '')) return clause;
    return { ...clause, raw: clause.raw.slice(name[0].length), folded: clause.folded.slice(name[0].length) };
  }

  /** "His favourite colour was blue, now it's green": another value of what was spoken of. */
  private again(clause: Clause): Owned | null {
    const its = ITS_NOW[this.language].exec(clause.folded)?.[0];
    if (!this.topic || its === undefined) return null;
    return { ...this.topic, start: its.length, end: clause.raw.length, negated: false, past: false };
  }

  private valued(own: Owned, clause: Clause, span: string): Statement[] {
    const claim: Claim = own.negated || own.past ? { ...SAID, polarity: own.past ? 'ends' : 'denies' } : SAID;
    const raw = clause.raw.slice(own.start, own.end);
    const timing =
      DATED.test(clause.folded) || own.predicate === 'important_date' ? null : readTiming(fold(raw), this.context);
    if (timing?.future) return [];
    const object = own.prefix + (timing ? blank(raw, timing.text) : raw);
    this.last = own.who;
    this.topic = own;
    const asked = this.asked(own.who);
    if (own.predicate === 'important_date' && !/\d/.test(object)) return [];
    return accept(own.predicate, object, asked).flatMap((accepted) =>
      statementsOf(own.who, accepted, { ...claim, from: timing?.from ?? timing?.at?.from ?? null }, span),
    );
  }

  private speech(): Speech {
    const { context, people, language, grammar, cased, last, pet } = this;
    return { context, people, language, grammar, cased, last, pet, asked: this.asked([]) };
  }

  private scene(raw: string, who: readonly Who[], phrase: VerbPhrase, timing: Timing, span: string): Scene {
    const { language, rules } = this;
    return { raw, folded: fold(raw), who, phrase, timing, span, language, rules, asked: this.asked(who) };
  }

  private asked(who: readonly Who[]): Asked {
    return { cased: this.cased, young: isYoung(who), pupil: isPupil(who), isName: (word) => this.people.isName(word) };
  }

  private owned(clause: Clause): Owned | null {
    const subjectsOf = (raw: string): { subjects: readonly Subject[]; words: ReturnType<Grammar['words']> } => {
      const words = this.grammar.words(raw);
      return { words, subjects: this.grammar.subjects(words, this.people, this.last) };
    };
    const { words, subjects } = subjectsOf(clause.raw);
    for (const subject of subjects) {
      const found = owned(clause, words, subject, this.language);
      if (found) return found;
    }
    return (this.language === 'es' ? ownedOf(clause, subjectsOf) : null) ?? turned(clause, this.language, subjectsOf);
  }

  /** Subject, verb, and what the rules of the verb make of the rest. */
  private predicate(clause: Clause, span: string): Statement[] {
    const timing = DATED.test(clause.folded)
      ? { ...NO_TIME, text: clause.folded }
      : readTiming(clause.folded, this.context);
    const often = timing.text.replace(FREQUENT[this.language], (words) => ' '.repeat(words.length));
    const raw = blank(clause.raw, often);
    const liked = this.language === 'es' ? likedFirst(raw, this.speech(), span) : null;
    if (liked) return liked;
    const words = this.grammar.words(raw);
    let known = false;
    let hasVerb = false;
    const subjects = this.grammar.subjects(words, this.people, this.last);
    for (const subject of subjects.filter(({ owns }) => !owns)) {
      for (const phrase of this.grammar.verbs(words, subject.next, subject)) {
        hasVerb = true;
        const who = this.whoOf(subject, phrase, clause.joined);
        if (who === null) continue;
        const verb = this.shared(phrase, clause.joined && subject.person === '0');
        const start = words[verb.next]?.start ?? raw.length;
        const scene = this.scene(raw, who, verb, timing, span);
        const found =
          complementOf(scene, start) ?? routineOf(scene, clause.raw, words[phrase.next - 1]?.start ?? start);
        if (subject.person !== '0') this.last = subject.person === 'x' ? [NOBODY] : who;
        else if (found) this.last = who;
        this.previous = verb;
        if (found?.length) return found;
        known ||= found !== null;
      }
      if (subject.person === '3' && subject.who.some(({ person }) => person)) this.last = subject.who;
    }
    if (known) return [];
    const gapped = clause.joined && !hasVerb ? this.gapped(words, subjects[0], raw, timing, span) : null;
    if (gapped) return gapped;
    return this.elliptic(clause, raw, timing, span);
  }

  /** "Ruby plays the drums and Max the trumpet": the verb of before, with another subject. */
  private gapped(
    words: readonly Word[],
    subject: Subject | undefined,
    raw: string,
    timing: Timing,
    span: string,
  ): Statement[] | null {
    const start = subject?.person === '3' && !subject.owns ? words[subject.next]?.start : undefined;
    if (subject === undefined || start === undefined || !this.previous || words.length - subject.next > 4) return null;
    return complementOf(this.scene(raw, subject.who, { ...this.previous, person: null }, timing, span), start);
  }

  /** "I used to live here and work there": the second verb shares what the first one's auxiliary says. */
  private shared(phrase: VerbPhrase, joined: boolean): VerbPhrase {
    const before = this.previous;
    if (!joined || this.language !== 'en' || phrase.person !== '1' || !before?.shared || phrase.shared) return phrase;
    return { ...phrase, mood: before.mood, negated: before.negated, shared: true };
  }

  private whoOf(subject: Subject, phrase: VerbPhrase, joined: boolean): readonly Who[] | null {
    const { speaker, subject: given } = this.people;
    if (this.language === 'es' && phrase.dative !== undefined) {
      if (phrase.dative === 'me' || phrase.dative === 'nos')
        return subject.person === '3' && subject.who.some(({ person }) => person) ? null : [speaker];
      if (subject.person === '0') return this.others() ?? (given ? [given] : [NOBODY]);
      return subject.who;
    }
    if (subject.person !== '0') return subject.who;
    if (this.language === 'es')
      return phrase.person === '1' ? [speaker] : (this.others() ?? (given ? [given] : [NOBODY]));
    if (joined && this.last.length > 0) return this.last;
    if (phrase.person === '3') return this.others() ?? (given ? [given] : [NOBODY]);
    if (phrase.person === '1') return null;
    return [given ?? speaker];
  }

  /** Whom a left-out "he" or "she" can mean: whom the clause before was about, unless it was the speaker. */
  private others(): readonly Who[] | null {
    if (this.last.length === 0) return null;
    const { person } = this.people.speaker;
    return this.last.some((who) => who.person !== null && who.person.id === person?.id) ? [NOBODY] : this.last;
  }

  private elliptic(clause: Clause, raw: string, timing: Timing, span: string): Statement[] {
    const start = ELLIPTIC.exec(clause.folded);
    // "is allergic to ..." has lost its subject; only who was named by the caller can be meant.
    if (!start || (start.groups?.['verb'] !== undefined && !this.people.subject)) return [];
    const who = [this.people.subject ?? this.people.speaker];
    const phrase: VerbPhrase = {
      lemma: this.language === 'en' ? 'be' : 'ser',
      mood: 'present',
      negated: false,
      shared: false,
      next: 0,
      person: null,
    };
    return complementOf(this.scene(raw, who, phrase, timing, span), start[0].length) ?? [];
  }
}

/** The pet that statements tell of without its name. */
function unnamedIn(found: readonly Statement[], people: People): Unnamed | null {
  const told = found.filter(({ predicate, polarity }) => predicate === 'pet' && polarity === 'asserts');
  const kinds = new Set(told.map(({ object }) => object));
  const [kind] = kinds;
  if (kind === undefined || kinds.size > 1 || /\b(?:called|named|llama|llamad[oa])\b/.test(kind)) return null;
  return { kind, who: told.map(({ subjectId }) => people.byId(subjectId)) };
}

const LEFT_OUT =
  /^(?:doing|playing|learning|working|living|studying|taking|on|at) .*\b(?:now|instead|these days)[\s.!]*$/;

const ITS_NOW: Readonly<Record<Language, RegExp>> = {
  en: /^(?:and |but |now )*(?:it'?s|it is|they'?re|the new one is) (?:now )?(?!(?:a|an|so|very|really|not|been|my|his|her|all)\b)/,
  es: /^(?:y |pero )*(?:ahora es|ahora son|el nuevo es|la nueva es) (?!(?:un|una|muy|que|mi|su)\b)/,
};

/** Tails after commas that are left away, one by one, until a clause is read. */
const MOST_TAILS = 3;

const GROWN_UP = new Set(['relationship_status', 'spouse', 'employer', 'occupation', 'pregnancy', 'vehicle', 'child']);
const isYoung = (who: readonly Who[]): boolean => who.some(({ person }) => person?.ageGroup === 'child');

const isPupil = (who: readonly Who[]): boolean =>
  who.some(({ person }) => /^(?:child|teen)$/.test(person?.ageGroup ?? ''));

/** A person may write the other language now and then. */
function languageOfSome(text: string, preferred: Language): Language {
  const read = languageOf(text);
  return read === 'en' && preferred === 'es' && !/\b(?:i|i'm|my|is|the|are)\b/i.test(text) ? preferred : read;
}

function unique(statements: readonly Statement[]): Statement[] {
  const seen = new Set<string>();
  return statements.filter((one) => {
    const key = `${one.subjectId ?? ''}|${one.predicate}|${one.objectKey}|${one.polarity}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
