import { type Context, type Language, type Statement } from '../facts.types.js';
import { fold } from '../language/fold.js';
import { type Grammar } from '../language/grammar.js';
import { NOBODY, type People, type Who } from '../people/people.js';
import { blank, readTiming } from '../when/time-phrases.js';
import { accept, type Asked } from './accept.js';
import { bornChild } from './arrivals.js';
import { childrenByName } from './counts.js';
import { divorceOf, formerSpouse } from './partings.js';
import { related } from './owned.js';
import { petGone, petNews } from './pets.js';
import { petRenamed, petOfHouse, petsByName, petsCalled, type Unnamed } from './pets.named.js';
import { postLeft } from './posts.js';
import { type Claim, localDay, SAID, statementsOf } from './statements.js';

/** A message while it is read. */
export interface Speech {
  readonly context: Context;
  readonly people: People;
  readonly language: Language;
  readonly grammar: Grammar;
  /** Whether the message knows capitals. */
  readonly cased: boolean;
  /** Whom the last clause was about. */
  readonly last: readonly Who[];
  readonly asked: Asked;
  /** A pet that was just told of, without its name. */
  readonly pet: Unnamed | null;
}

interface Clause {
  readonly raw: string;
  readonly folded: string;
}

/** What a clause of a shape of its own says, and whom the next "she" means; null when it has no such shape. */
export interface Told {
  readonly statements: readonly Statement[];
  readonly last?: readonly Who[];
}

/** "Call me Bob", birthdays of today, news of pets and babies, kin by name. */
export function occasionOf(clause: Clause, speech: Speech, span: string): Told | null {
  return (
    called(clause, speech, span) ??
    aged(clause, speech, span) ??
    birthday(clause, speech, span) ??
    post(clause, speech, span) ??
    parted(clause, speech, span) ??
    (speech.cased ? children(clause, speech, span) : null) ??
    (speech.cased ? petNames(clause, speech, span) : null) ??
    pet(clause, speech, span) ??
    (speech.cased ? (baby(clause, speech, span) ?? kin(clause, speech, span)) : null)
  );
}

const CALLED =
  /^(?:(?:please |just |everyone |everybody |people |you can |friends |my friends |my family )*(?:at (?:home|school|work) )?calls? me|(?:por favor )?llam(?:ame|adme)|(?:tod[oa]s|tod[oa] el mundo|mis amig[oa]s|la gente|en casa|mi familia|en el cole) me (?:llaman|llama|dicen)) (?<name>\p{Lu}[\p{L}'-]+)[\s.!]*$/iu;

function called({ raw }: Clause, { people, asked }: Speech, span: string): Told | null {
  const name = CALLED.exec(raw)?.groups?.['name'];
  if (name === undefined) return null;
  const statements = accept('preferred_name', name, asked).flatMap((one) =>
    statementsOf([people.speaker], one, SAID, span),
  );
  return { statements };
}

const AGED =
  /^(?:hoy (?<subject>\D*?) ?(?<verb>cumplo|cumple) (?:los )?(?<years>[a-z0-9]+)(?: anos)?|(?<subject2>\D*?) ?(?<verb2>cumplo|cumple) hoy (?:los )?(?<years2>[a-z0-9]+)(?: anos)?|(?<subject3>\D*?) ?(?<verb3>cumplo|cumple) (?:los )?(?<years3>[a-z0-9]+)(?: anos)? (?:ya )?hoy)[\s.!]*$/;

/** "Hoy cumplo 9 años." */
function aged({ raw, folded }: Clause, { grammar, people, last, language, asked }: Speech, span: string): Told | null {
  const found = language === 'es' ? AGED.exec(folded)?.groups : undefined;
  if (!found) return null;
  const years = found['years'] ?? found['years2'] ?? found['years3'] ?? '';
  const subject = (found['subject'] ?? found['subject2'] ?? found['subject3'] ?? '').trim();
  const verb = found['verb'] ?? found['verb2'] ?? found['verb3'];
  const at = folded.indexOf(subject);
  const named =
    subject === ''
      ? last
      : grammar.subjects(grammar.words(`${raw.slice(at, at + subject.length)} es`), people, last)[0]?.who;
  const who = verb === 'cumplo' ? [people.speaker] : (named ?? [NOBODY]);
  return { statements: accept('age', years, asked).flatMap((one) => statementsOf(who, one, SAID, span)), last: who };
}

const TODAY =
  /^(?:(?:today|hoy) (?:is|es) (?<owner>.+?)(?: birthday)|it(?:'s| is) (?<it>.+?) birthday today|hoy es (?:el )?(?<de>.*?)cumple(?:anos)?(?: de (?<of>.+?))?|hoy cumple (?:anos )?(?<who>\D+))[\s.!]*$/;

function birthday(
  { raw, folded }: Clause,
  { grammar, people, last, language, context }: Speech,
  span: string,
): Told | null {
  const groups = TODAY.exec(folded)?.groups;
  if (!groups) return null;
  const owner = groups['owner'] ?? groups['it'] ?? groups['of'] ?? groups['who'] ?? groups['de'] ?? '';
  const at = folded.indexOf(owner);
  const words = grammar.words(`${raw.slice(at, at + owner.length)} ${language === 'en' ? 'is' : 'es'}`);
  const subject = grammar.subjects(words, people, last)[0];
  const accepted = { predicate: 'birth_date', object: localDay(context) };
  return { statements: subject && subject.person !== '0' ? statementsOf(subject.who, accepted, SAID, span) : [] };
}

const ENDED: Claim = { ...SAID, polarity: 'ends' };

function post({ raw }: Clause, { grammar, people, last, language }: Speech, span: string): Told | null {
  const left = postLeft(raw, language);
  if (!left) return null;
  const owner = left.owner.replace(/'s?$/, '');
  const subject = grammar.subjects(grammar.words(`${owner} ${language === 'en' ? 'is' : 'es'}`), people, last)[0];
  const isMine = /^(?:my|our|mi|nuestr[oa])$/i.test(owner);
  const who = isMine ? [people.speaker] : subject?.person === '3' ? subject.who : [NOBODY];
  return { statements: statementsOf(who, { predicate: left.predicate, object: '*' }, ENDED, span), last: who };
}

/** "Paul y yo nos divorciamos", "Paul is not my husband anymore": for both, as far as they are known. */
function parted({ raw, folded }: Clause, speech: Speech, span: string): Told | null {
  const { grammar, people, last, language, context } = speech;
  const former = formerSpouse(raw, language);
  if (former) {
    const claim: Claim = { ...SAID, polarity: former.isOver ? 'ends' : 'denies' };
    return { statements: statementsOf([people.speaker], { predicate: 'spouse', object: former.name }, claim, span) };
  }
  const divorce = divorceOf(folded, language);
  if (!divorce) return null;
  const timing = readTiming(folded, context);
  if (timing.future) return { statements: [] };
  const named = `${raw.slice(divorce.from, divorce.to)} ${language === 'en' ? 'is' : 'es'}`;
  const other = grammar.subjects(grammar.words(named), people, last)[0]?.who.filter(({ person }) => person) ?? [];
  const who = [people.speaker, ...other.filter(({ person }) => person?.id !== people.speaker.person?.id)];
  const from = timing.at?.from ?? timing.from;
  const status = { predicate: 'relationship_status', object: language === 'en' ? 'divorced' : 'divorciado' };
  const ended = statementsOf(who, { predicate: 'spouse', object: '*' }, { ...ENDED, to: from }, span);
  return { statements: [...statementsOf(who, status, { ...SAID, from }, span), ...ended], last: [people.speaker] };
}

/** "We have two children, Leo and Mia". */
function children({ raw }: Clause, { people, language }: Speech, span: string): Told | null {
  const names = childrenByName(raw, language);
  if (names.length === 0) return null;
  return {
    statements: names.flatMap((object) => statementsOf([people.speaker], { predicate: 'child', object }, SAID, span)),
  };
}

function petNames({ raw, folded }: Clause, speech: Speech, span: string): Told | null {
  const { grammar, people, last, language, context, pet: unnamed } = speech;
  const called = unnamed ? petsCalled(raw, language, unnamed) : [];
  if (unnamed && called.length > 0) return { statements: petsOf(unnamed.who, called, span) };
  const house = petOfHouse(raw, language);
  if (house.length > 0) return { statements: petsOf([people.speaker], house, span) };
  const listed = petsByName(raw, folded, language);
  if (listed.length > 0) {
    const subject = grammar.subjects(grammar.words(raw), people, last).find(({ owns }) => !owns);
    const isOurs =
      subject?.person === '0' && (language === 'en' || /(?:tengo|tenemos|hemos|adoptamos|compramos|he) /.test(folded));
    const who = isOurs ? [people.speaker] : (subject?.who ?? [NOBODY]);
    return { statements: petsOf(who, listed, span), last: who };
  }
  const renamed = petRenamed(raw, language);
  const keeper = renamed && !people.isName(fold(renamed.old)) ? people.keeperOf(fold(renamed.old)) : null;
  if (!renamed || !keeper) return null;
  const known = (context.known ?? []).find(
    ({ relation, name }) => relation === 'pet' && name?.split(' ').includes(renamed.old) === true,
  );
  const before = known?.name ?? renamed.old;
  const ended = statementsOf([keeper], { predicate: 'pet', object: before }, ENDED, span);
  const now = before === renamed.old ? renamed.name : before.replace(renamed.old, renamed.name);
  return { statements: [...ended, ...petsOf([keeper], [now], span)] };
}

const petsOf = (who: readonly Who[], pets: readonly string[], span: string): Statement[] =>
  pets.flatMap((object) => statementsOf(who, { predicate: 'pet', object }, SAID, span));

function pet({ raw, folded }: Clause, { grammar, people, last, language, context }: Speech, span: string): Told | null {
  const gone = petGone(raw, folded, language, (name) => (people.isName(name) ? null : people.keeperOf(name)));
  const ended = ENDED;
  if (gone) return { statements: statementsOf([gone.who], { predicate: 'pet', object: gone.object }, ended, span) };
  const words = grammar.words(raw);
  for (const subject of grammar.subjects(words, people, last)) {
    const at = words[subject.next]?.start;
    const news = subject.owns && at !== undefined ? petNews(raw.slice(at), folded.slice(at), language) : null;
    if (!news || at === undefined) continue;
    const claim: Claim = news.ends ? { ...ended, to: readTiming(folded.slice(at), context).at?.from ?? null } : SAID;
    return { statements: statementsOf(subject.who, { predicate: 'pet', object: news.object }, claim, span), last: [] };
  }
  return null;
}

function baby({ raw, folded }: Clause, { people, language, context }: Speech, span: string): Told | null {
  if (!/\bborn\b|\bnaci/.test(folded)) return null;
  const { text, at } = readTiming(folded, context);
  const name = bornChild(blank(raw, text), language);
  if (name === null || people.isName(fold(name))) return null;
  const claim: Claim = { ...SAID, from: at?.from ?? null };
  return { statements: statementsOf([people.speaker], { predicate: 'birth', object: name }, claim, span) };
}

function kin(clause: Clause, { people, grammar }: Speech, span: string): Told | null {
  const found = related(clause);
  if (!found) return null;
  const name = grammar.words(found.object.split(' ').at(-1) ?? '');
  const statements = statementsOf([people.speaker], found, SAID, span);
  return { statements, last: [people.named(name, 0)?.who ?? NOBODY] };
}

const LIKED =
  /^(?<object>(?!a )\S.{1,50}?) (?<not>ya no |no |tampoco )?(?<clitic>me|nos|le|les) (?:gusta|encanta|chifla|flipa|mola|apasiona|fascina|repugna)n?(?: (?:mucho|muchisimo|nada|un monton|tampoco|bastante))*(?<to> a .+)?$/;

/** "El chocolate le encanta a Ana", "el café no me gusta": what is liked comes first; the text is without words of time. */
export function likedFirst(raw: string, { grammar, people, last, asked }: Speech, span: string): Statement[] | null {
  const whole = raw.replace(/[\s.!]+$/, '');
  const fronted = fold(whole).startsWith('a ') ? grammar.subjects(grammar.words(whole), people, last)[0] : undefined;
  const from =
    fronted?.person === '1' || fronted?.person === '3' ? grammar.words(whole)[fronted.next]?.start : undefined;
  const text = from === undefined ? whole : whole.slice(from);
  const { object, not, clitic, to } = LIKED.exec(fold(text))?.groups ?? {};
  const isSubject = /^(?:yo|ya|tambien|siempre|antes|que|si|pero|nunca|el|ella|mi [a-z]+|a )$/;
  if (object === undefined || isSubject.test(object) || people.isName(object)) return null;
  const fan = to === undefined ? '' : text.slice(text.length - to.length + 3);
  const given = fan === '' ? null : grammar.subjects(grammar.words(`${fan} es`), people, last)[0];
  const liker = given?.who ?? (from === undefined ? last : (fronted?.who ?? last));
  const who = clitic === 'me' || clitic === 'nos' ? [people.speaker] : liker;
  const claim: Claim = not?.startsWith('ya') === true ? { ...SAID, polarity: 'ends' } : SAID;
  const predicate = not !== undefined && claim === SAID ? 'dislikes' : 'likes';
  return accept(predicate, text.slice(0, object.length), asked).flatMap((one) => statementsOf(who, one, claim, span));
}
