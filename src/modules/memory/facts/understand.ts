import { type Context, type Language, type Statement } from './facts.types.js';
import { ENGLISH } from './language/english.js';
import { fold } from './language/fold.js';
import { type Grammar, type Subject, type VerbPhrase } from './language/grammar.js';
import { SPANISH } from './language/spanish.js';
import { NOBODY, People, type Who } from './people/people.js';
import { accept, type Accepted, type Asked } from './reading/accept.js';
import { type Clause, clausesOf, withoutLead } from './reading/clauses.js';
import { isHearsay, isVoid } from './reading/gates.js';
import { bornChild } from './reading/arrivals.js';
import { owned, ownedOf, related, turned, type Owned } from './reading/owned.js';
import { petGone, petNews } from './reading/pets.js';
import { languageOf, type Sentence, sentencesOf } from './reading/sentences.js';
import { type Claim, claimOf, endingsOf, isCased, localDay, statementsOf } from './reading/statements.js';
import { ENGLISH_RULES } from './rules/english.rules.js';
import { type Rule, type Rules } from './rules/rule.js';
import { SPANISH_RULES } from './rules/spanish.rules.js';
import { readTiming, type Timing } from './when/time-phrases.js';

const GRAMMARS: Readonly<Record<Language, { grammar: Grammar; rules: Rules }>> = {
  en: { grammar: ENGLISH, rules: ENGLISH_RULES },
  es: { grammar: SPANISH, rules: SPANISH_RULES },
};
const SAID: Claim = { polarity: 'asserts', from: null, to: null, confidence: 0.9 };
const NO_TIME: Timing = { text: '', from: null, until: null, at: null, future: false };
const FREQUENT: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:every|each) (?:other |single )?(?:day|morning|evening|night|afternoon|week|weekend|weekday|month|monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days\b|\b(?:once|twice|(?:two|three|four) times) a (?:day|week|month)\b/,
  es: /\b(?:todos los|todas las|cada|los) (?:dias?|mananas?|tardes?|noches?|semanas?|lunes|martes|miercoles|jueves|viernes|sabados?|domingos?|fines? de semana)\b|\b(?:una vez|dos veces|tres veces) (?:al|a la) (?:dia|semana|mes)\b/,
};
/** Dates are the object there, not the time of what is said. */
const DATED = /birth|bday|birtday|\bdob\b|\bborn\b|cumple|\bnaci|\bnacio\b|anniversary|aniversario|\bsanto\b|name day/;
const ELLIPTIC =
  /^(?:(?:is |now |also |very |severely |muy |es |ahora )*)(?=(?:allergic to|alergic[oa] a|lactose intolerant|intolerante|coeliac|celiac|diabetic|diabetic[oa]|asthmatic|vegetarian|vegan|vegetarian[oa]|vegan[oa])\b)/;

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
  private last: readonly Who[] = [];
  private previous: VerbPhrase | null = null;

  constructor(
    private readonly text: string,
    private readonly context: Context,
  ) {
    this.people = new People(context);
    this.language = context.language === undefined ? languageOf(text) : languageOfSome(text, context.language);
    this.cased = isCased(text.slice(0, 2000));
    ({ grammar: this.grammar, rules: this.rules } = GRAMMARS[this.language]);
  }

  statements(): Statement[] {
    const found: Statement[] = [];
    for (const sentence of sentencesOf(this.text)) {
      if (isVoid(sentence, this.language)) continue;
      found.push(...this.sentence(sentence));
    }
    return unique(found);
  }

  private sentence(sentence: Sentence): Statement[] {
    const whole = withoutLead({ ...sentence, joined: false }, this.language);
    const found: Statement[] = [];
    this.previous = null;
    if (/^\p{L}+(?: \p{L}+)?:\s/u.test(whole.raw) && this.owned(whole) === null) {
      // "Ana: I live in Rome" is Ana's line in a pasted conversation.
      if (/^\p{Lu}\p{L}+:\s/u.test(whole.raw)) return found;
    }
    const clauses = clausesOf(
      whole,
      this.language,
      (folded, raw) => this.hasVerb(folded, raw, true),
      (folded, raw) => this.hasVerb(folded, raw, false),
    );
    for (const [at, clause] of clauses.entries()) {
      const plain = withoutLead(clause, this.language);
      if (isHearsay(plain.folded, this.language)) {
        const isAside = at === clauses.length - 1 && plain.folded.split(' ').length <= 5;
        return isAside ? [] : found;
      }
      found.push(...this.clause(plain, sentence.raw));
    }
    return found;
  }

  /** Whether a text reads as subject and verb; where a clause may begin, the subject may be shared. */
  private hasVerb(folded: string, raw: string, begins: boolean): boolean {
    const { raw: text } = withoutLead(
      { raw: raw.slice(0, 200), folded: folded.slice(0, 200), joined: false },
      this.language,
    );
    const words = this.grammar.words(text);
    const subjects = this.grammar.subjects(words, this.people, begins ? [this.people.speaker] : this.last);
    return subjects.some((subject) => {
      if (subject.owns)
        return words
          .slice(subject.next)
          .some(({ text: word }) => /^(?:is|are|'s|was|es|son|era|esta|estan)$/.test(word));
      return this.grammar
        .verbs(words, subject.next, subject)
        .some((verb) => verb.next < words.length || subject.person !== '0' || !begins);
    });
  }

  private clause(clause: Clause, span: string): Statement[] {
    const special = this.special(clause, span);
    if (special) return special;
    const own = this.owned(clause);
    const read = own && this.valued(own, clause, span);
    return read && read.length > 0 ? read : this.predicate(clause, span);
  }

  private valued(own: Owned, clause: Clause, span: string): Statement[] {
    {
      const claim: Claim = own.negated || own.past ? { ...SAID, polarity: own.past ? 'ends' : 'denies' } : SAID;
      const raw = clause.raw.slice(own.start, own.end);
      const timing =
        DATED.test(clause.folded) || own.predicate === 'important_date' ? null : readTiming(fold(raw), this.context);
      if (timing?.future) return [];
      const object = own.prefix + (timing ? blank(raw, timing.text) : raw);
      this.last = own.who;
      const asked = this.asked(own.who);
      if (own.predicate === 'important_date' && !/\d/.test(object)) return [];
      return accept(own.predicate, object, asked).flatMap((accepted) =>
        statementsOf(own.who, accepted, { ...claim, from: timing?.from ?? timing?.at?.from ?? null }, span),
      );
    }
  }

  private asked(who: readonly Who[]): Asked {
    return { negated: false, cased: this.cased, young: isYoung(who), isName: (word) => this.people.isName(word) };
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

  /** Birthdays of today, pets, kin by name, "call me". */
  private special(clause: Clause, span: string): Statement[] | null {
    const { raw, folded } = clause;
    const call =
      /^(?:(?:please |just |everyone |everybody |people |you can |friends |my friends )*call(?:s)? me|(?:por favor )?llam(?:ame|adme)) (?<name>\p{Lu}[\p{L}'-]+)[\s.!]*$/iu.exec(
        raw,
      );
    if (call?.groups?.['name'] !== undefined) {
      return accept('preferred_name', call.groups['name'], this.asked([])).flatMap((one) =>
        statementsOf([this.people.speaker], one, SAID, span),
      );
    }
    const today =
      /^(?:(?:today|hoy) (?:is|es) (?<owner>.+?)(?: birthday)|it(?:'s| is) (?<it>.+?) birthday today|hoy es (?:el )?(?<de>.*?)cumple(?:anos)?(?: de (?<of>.+?))?|hoy cumple (?:anos )?(?<who>\D+))[\s.!]*$/.exec(
        folded,
      );
    if (today) {
      const groups = today.groups ?? {};
      const owner = groups['owner'] ?? groups['it'] ?? groups['of'] ?? groups['who'] ?? groups['de'] ?? '';
      const at = folded.indexOf(owner);
      const words = this.grammar.words(`${raw.slice(at, at + owner.length)} ${this.language === 'en' ? 'is' : 'es'}`);
      const subject = this.grammar.subjects(words, this.people, this.last)[0];
      const day = localDay(this.context, 0);
      return subject && subject.person !== '0'
        ? statementsOf(subject.who, { predicate: 'birth_date', object: day }, SAID, span).map((one) => ({
            ...one,
            objectKey: day,
          }))
        : [];
    }
    const pet = petGone(raw, folded, this.language, (name) =>
      this.people.isName(name) ? null : this.people.keeperOf(name),
    );
    if (pet)
      return statementsOf([pet.who], { predicate: 'pet', object: pet.object }, { ...SAID, polarity: 'ends' }, span);
    const words = this.grammar.words(raw);
    for (const subject of this.grammar.subjects(words, this.people, this.last)) {
      const at = words[subject.next]?.start;
      if (!subject.owns || at === undefined) continue;
      const timing = readTiming(folded.slice(at), this.context);
      const news = petNews(raw.slice(at), folded.slice(at), this.language);
      if (!news) continue;
      this.last = [];
      const claim: Claim = {
        ...SAID,
        polarity: news.ends ? 'ends' : 'asserts',
        to: news.ends ? (timing.at?.from ?? null) : null,
      };
      return statementsOf(subject.who, { predicate: 'pet', object: news.object }, claim, span);
    }
    const timing = readTiming(folded, this.context);
    const child = this.cased ? bornChild(blank(raw, timing.text), this.language) : null;
    if (child !== null)
      return this.people.isName(fold(child))
        ? []
        : statementsOf(
            [this.people.speaker],
            { predicate: 'birth', object: child },
            { ...SAID, from: timing.at?.from ?? null },
            span,
          );
    const kin = this.cased ? related(clause) : null;
    if (!kin) return null;
    this.last = this.people.named(this.grammar.words(kin.object.split(' ').at(-1) ?? ''), 0)?.who
      ? [this.people.named(this.grammar.words(kin.object.split(' ').at(-1) ?? ''), 0)?.who ?? NOBODY]
      : [NOBODY];
    return statementsOf([this.people.speaker], kin, SAID, span);
  }

  /** Subject, verb, and what the rules of the verb make of the rest. */
  private predicate(clause: Clause, span: string): Statement[] {
    const timing = DATED.test(clause.folded)
      ? { ...NO_TIME, text: clause.folded }
      : readTiming(clause.folded, this.context);
    const raw = blank(clause.raw, timing.text);
    const words = this.grammar.words(raw);
    const subjects = this.grammar.subjects(words, this.people, this.last);
    for (const subject of subjects.filter(({ owns }) => !owns)) {
      for (const phrase of this.grammar.verbs(words, subject.next, subject)) {
        const who = this.whoOf(subject, phrase, clause.joined);
        if (who === null) continue;
        const verb = this.shared(phrase, clause.joined);
        const start = words[verb.next]?.start ?? raw.length;
        const found =
          this.coordinated(raw, start, who, verb, timing, span) ??
          this.routine(raw, words[phrase.next - 1]?.start ?? start, who, verb, span);
        if (subject.person !== '0') this.last = subject.person === 'x' ? [NOBODY] : who;
        else if (found) this.last = who;
        this.previous = verb;
        if (found) return found;
      }
      if (subject.person === '3' && subject.who.some(({ person }) => person)) this.last = subject.who;
    }
    return this.elliptic(clause, raw, timing, span);
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
      if (subject.person === '0') return this.last.length > 0 ? this.last : given ? [given] : [NOBODY];
      return subject.who;
    }
    if (subject.person !== '0') return subject.who;
    if (this.language === 'es')
      return phrase.person === '1' ? [speaker] : this.last.length > 0 ? this.last : given ? [given] : [NOBODY];
    if (joined && this.last.length > 0) return this.last;
    if (phrase.person === '3') return this.last.length > 0 ? this.last : given ? [given] : [NOBODY];
    if (phrase.person === '1') return null;
    return [given ?? speaker];
  }

  private elliptic(clause: Clause, raw: string, timing: Timing, span: string): Statement[] {
    const start = ELLIPTIC.exec(clause.folded);
    if (!start) return [];
    const who = [this.people.subject ?? this.people.speaker];
    const phrase: VerbPhrase = {
      lemma: this.language === 'en' ? 'be' : 'ser',
      mood: 'present',
      negated: false,
      shared: false,
      next: 0,
      person: null,
    };
    return this.apply(raw, fold(raw), start[0].length, who, phrase, timing, span) ?? [];
  }

  /** "is left-handed and afraid of spiders", "has asthma and two cats": one verb, several rules. */
  private coordinated(
    raw: string,
    start: number,
    who: readonly Who[],
    phrase: VerbPhrase,
    timing: Timing,
    span: string,
  ): Statement[] | null {
    const folded = fold(raw);
    if (/^(?:be|have|get|ser|estar|tener)$/.test(phrase.lemma)) {
      for (const joint of folded.slice(start).matchAll(/\s*,\s*(?:and |y )?|\s(?:and|y|e)\s/g)) {
        const [from, to] = [start + joint.index, start + joint.index + joint[0].length];
        const right = this.coordinated(raw, to, who, phrase, timing, span);
        if (!right || right.length === 0) continue;
        const left = this.apply(raw.slice(0, from), folded.slice(0, from), start, who, phrase, timing, span);
        if (left && left.length > 0) return [...left, ...right];
      }
    }
    return this.apply(raw, folded, start, who, phrase, timing, span);
  }

  /** What happens every week and no other rule knows. */
  private routine(
    raw: string,
    start: number,
    who: readonly Who[],
    phrase: VerbPhrase,
    span: string,
  ): Statement[] | null {
    if (phrase.negated || phrase.mood !== 'present' || !FREQUENT[this.language].test(fold(raw))) return null;
    return accept('routine', raw.slice(start), this.asked(who)).flatMap((accepted) =>
      statementsOf(who, accepted, SAID, span),
    );
  }

  /** Null when no rule fits. */
  private apply(
    raw: string,
    folded: string,
    at: number,
    who: readonly Who[],
    phrase: VerbPhrase,
    timing: Timing,
    span: string,
  ): Statement[] | null {
    const skipped =
      /^\s*(?:(?:really|very much|also|still|now|tambien|ya|ahora|siempre|muy|mucho|both|all)\s+)*/.exec(
        folded.slice(at),
      )?.[0].length ?? 0;
    const start = phrase.lemma === 'be' || this.language === 'es' || skipped > 0 ? at + skipped : at;
    const rest = folded
      .slice(start)
      .replace(FREQUENT[this.language], (often) => ' '.repeat(often.length))
      .replace(/[\s.!,;]+$/, '')
      .replace(/\s{2,}/g, (gap) => ' '.repeat(gap.length));
    for (const rule of this.rules.get(phrase.lemma) ?? []) {
      if (rule.moods && !rule.moods.includes(phrase.mood)) continue;
      const match = rule.rest.exec(rest.replace(/\s+(?:anymore|any more|any longer|no more)$/, ''));
      if (!match) continue;
      const found = this.fire(rule, match, raw, start, who, phrase, timing, span);
      if (found) return found;
    }
    return null;
  }

  private fire(
    rule: Rule,
    match: RegExpExecArray,
    raw: string,
    start: number,
    who: readonly Who[],
    phrase: VerbPhrase,
    timing: Timing,
    span: string,
  ): Statement[] | null {
    if (phrase.negated && rule.negative === null) return [];
    const asked = { ...this.asked(who), negated: phrase.negated };
    const said: Accepted[] = [];
    const captured = new Set<string>();
    for (const [group, place] of Object.entries(match.indices?.groups ?? {})) {
      // A group that took no part has no place, whatever the declaration says.
      const [from, to] = (place as [number, number] | undefined) ?? [-1, -1];
      if (from < 0) continue;
      const name = group.replace(/_$/, '');
      captured.add(name);
      const predicate = phrase.negated && typeof rule.negative === 'string' ? rule.negative : name;
      const object = raw.slice(start + from, start + to);
      if (phrase.negated && rule.negative === undefined && /^(?:any(?:thing)?|nada|ningun[oa]?)\b/.test(fold(object))) {
        return who.flatMap((one) =>
          statementsOf([one], { predicate: name, object: '*' }, { ...SAID, polarity: 'denies' }, span),
        );
      }
      said.push(...accept(predicate === 'avoids_food' && name === 'eats' ? 'avoids_food' : predicate, object, asked));
    }
    if (captured.size > 0 && said.length === 0) return null;
    for (const [name, object] of Object.entries(rule.set ?? {})) {
      const predicate = name.replace(/_$/, '');
      if (!captured.has(predicate)) said.push({ predicate, object });
    }
    const flips = phrase.negated && typeof rule.negative === 'string';
    const plain = flips ? { ...phrase, negated: false } : phrase;
    const found = said.flatMap((accepted) => {
      const claim = accepted.inverted ? this.eating(plain, timing) : claimOf(accepted.predicate, plain, rule, timing);
      return claim ? statementsOf(who, accepted, claim, span) : [];
    });
    if (rule.ends && !phrase.negated && phrase.mood !== 'future' && phrase.mood !== 'ended' && !timing.future)
      found.push(...endingsOf(who, rule.ends, { ...SAID, from: timing.at?.from ?? timing.from }, span));
    if (phrase.negated && rule.negative === 'pet')
      return who.flatMap((one) =>
        statementsOf([one], { predicate: 'pet', object: '*' }, { ...SAID, polarity: 'denies' }, span),
      );
    return found;
  }

  /** Who eats something avoids it no longer; who stopped avoids it. */
  private eating(phrase: VerbPhrase, timing: Timing): Claim | null {
    if (phrase.mood === 'ended') return { ...SAID, from: timing.at?.from ?? timing.from };
    return phrase.mood === 'present' || phrase.mood === 'can' || phrase.mood === 'begun'
      ? { ...SAID, polarity: 'ends' }
      : null;
  }
}

const isYoung = (who: readonly Who[]): boolean => who.some(({ person }) => person?.ageGroup === 'child');

/** The text without the words of time, which are blanks in the folded one; places stay. */
function blank(raw: string, timed: string): string {
  let text = '';
  for (let at = 0; at < raw.length; at++) text += timed[at] === ' ' ? ' ' : (raw[at] ?? '');
  return text;
}

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
