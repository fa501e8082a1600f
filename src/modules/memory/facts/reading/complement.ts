import { type Language, type Statement } from '../facts.types.js';
import { fold } from '../language/fold.js';
import { type VerbPhrase } from '../language/grammar.js';
import { type Who } from '../people/people.js';
import { type Rule, type Rules } from '../rules/rule.js';
import { type Timing } from '../when/time-phrases.js';
import { accept, type Accepted, type Asked } from './accept.js';
import { type Claim, claimOf, endingsOf, SAID, statementsOf } from './statements.js';

/** A clause of which subject and verb are read. */
export interface Scene {
  readonly raw: string;
  readonly folded: string;
  readonly who: readonly Who[];
  readonly phrase: VerbPhrase;
  readonly timing: Timing;
  /** The sentence, as said. */
  readonly span: string;
  readonly language: Language;
  readonly rules: Rules;
  readonly asked: Asked;
}

/** "Every Tuesday", "los lunes". */
export const FREQUENT: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:every|each) (?:other |single )?(?:day|morning|evening|night|afternoon|week|weekend|weekday|month|monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?\b|\bon (?:mon|tues|wednes|thurs|fri|satur|sun)days(?: and (?:mon|tues|wednes|thurs|fri|satur|sun)days)?\b|\b(?:once|twice|(?:two|three|four) times) a (?:day|week|month)\b/,
  es: /\b(?:todos los|todas las|cada|los) (?:dias?|mananas?|tardes?|noches?|semanas?|lunes|martes|miercoles|jueves|viernes|sabados?|domingos?|fines? de semana)\b|\b(?:una vez|dos veces|tres veces) (?:al|a la) (?:dia|semana|mes)\b/,
};
/** Little words behind what is told. */
const TRAILING =
  /(?:[\s.!,;)]+(?:really well|very well|so well|pretty well|well|beautifully|like a pro|all the time|de maravilla|muy bien|fenomenal|genial|fatal|now|too|as well|again|at the moment|currently|these days|already|ahora|tambien|ya|de nuevo|otra vez|at last|actualmente|de momento|por fin|hoy en dia|ahora mismo|right now|instead|though|btw|by the way|por cierto))*[\s.!,;)]*$/;
const WEEK = 7 * 86_400_000;
/** Enumerations beyond this many members are no plain statement. */
const MOST_PARTS = 8;

/**
 * What the rules of the verb make of the text behind it, from `start` on: "is left-handed and afraid of spiders", "has
 * asthma and two cats" fit several rules. Null when none fits.
 */
export function complementOf(scene: Scene, start: number): Statement[] | null {
  if (!/^(?:be|have|get|ser|estar|tener)$/.test(scene.phrase.lemma)) return apply(scene, start, scene.raw.length);
  const joints = [...scene.folded.slice(start).matchAll(/\s*,\s*(?:and |y )?|\s(?:and|y|e)\s/g)].slice(0, MOST_PARTS);
  const starts = [start, ...joints.map(({ index, 0: text }) => start + index + text.length)];
  const ends = [...joints.map(({ index }) => start + index), scene.raw.length];
  // From the back: what can be said of each tail, alone or as a head with a tail that stands by itself.
  const tails: (Statement[] | null)[] = [];
  for (let head = starts.length - 1; head >= 0; head--) {
    const from = starts[head] ?? start;
    tails[head] = apply(scene, from, scene.raw.length);
    for (let next = head + 1; next < starts.length; next++) {
      const right = tails[next];
      const left = right?.length ? apply(scene, from, ends[next - 1] ?? from) : null;
      if (!left?.length || !right) continue;
      tails[head] = [...left, ...right];
      break;
    }
  }
  return tails[0] ?? null;
}

/** Feelings and conditions are no routines. */
const STATES =
  /^(?:be|want|need|love|like|hate|feel|say|think|know|ser|estar|querer|gustar|encantar|odiar|adorar|saber|creer|doler)$/;

/** What happens every week and no rule knows; `raw` still has its words of time. */
export function routineOf(scene: Scene, raw: string, start: number): Statement[] | null {
  const { phrase, language, who, span } = scene;
  if (STATES.test(phrase.lemma) || phrase.negated || phrase.mood !== 'present' || !FREQUENT[language].test(fold(raw)))
    return null;
  const leads = FREQUENT[language].exec(fold(raw.slice(0, start)))?.[0];
  const said = raw.slice(start) + (leads === undefined ? '' : ` ${leads}`);
  return accept('routine', said, scene.asked).flatMap((accepted) => statementsOf(who, accepted, SAID, span));
}

const ADVERBS = /^\s*(?:(?:mas|really|very much|also|still|now|tambien|ya|ahora|siempre|muy|mucho|both|all)\s+)*/;

function apply(scene: Scene, at: number, end: number): Statement[] | null {
  const { phrase, folded } = scene;
  const start = at + (ADVERBS.exec(folded.slice(at, end))?.[0].length ?? 0);
  const rest = folded
    .slice(start, end)
    .replace(FREQUENT[scene.language], (often) => ' '.repeat(often.length))
    .replace(TRAILING, '')
    .replace(/\s+(?:anymore|any more|any longer|no more)$/, '');
  for (const rule of scene.rules.get(phrase.lemma) ?? []) {
    if (rule.moods && !rule.moods.includes(phrase.mood)) continue;
    if (rule.heard && !rule.heard.test(fold(scene.span))) continue;
    const match = rule.rest.exec(rest);
    const found = match && fire(scene, rule, match, start);
    if (found) return found;
  }
  return null;
}

/** The statements of a rule that fits; null when its objects can't be meant. */
function fire(scene: Scene, rule: Rule, match: RegExpExecArray, start: number): Statement[] | null {
  const { phrase, who, span, timing } = scene;
  const isNo = phrase.negated || phrase.mood === 'ended';
  if (rule.needsNo)
    return isNo
      ? fire({ ...scene, phrase: { ...phrase, negated: false, mood: 'present' } }, { rest: rule.rest }, match, start)
      : null;
  if (phrase.negated && rule.negative === null) return [];
  const flipped = phrase.negated && typeof rule.negative === 'string' ? rule.negative : null;
  const said: Accepted[] = [];
  const captured = new Set<string>();
  for (const [group, place] of Object.entries(match.indices?.groups ?? {})) {
    // A group that took no part has no place, whatever the declaration says.
    const [from, to] = (place as [number, number] | undefined) ?? [-1, -1];
    if (from < 0) continue;
    const name = group.replace(/_$/, '');
    captured.add(name);
    const object = scene.raw.slice(start + from, start + to);
    if (phrase.negated && !flipped && /^(?:any(?:thing)?|nada|ningun[oa]?)\b/.test(fold(object)))
      return denyAll(scene, name);
    const accepted = accept(flipped ?? name, object, scene.asked);
    // "Did an Erasmus in Turin": what is no trade has no employer.
    if (name === 'trade' && accepted.length === 0) return null;
    said.push(...accepted);
  }
  if (captured.size > 0 && said.length === 0) return flipped === 'pet' ? denyAll(scene, 'pet') : null;
  for (const [name, object] of Object.entries(rule.set ?? {})) {
    const predicate = name.replace(/_$/, '');
    if (!captured.has(predicate)) said.push({ predicate, object });
  }
  if (flipped === 'pet') return denyAll(scene, 'pet');
  if (isNo && said.some(({ predicate }) => predicate === 'pregnancy'))
    return statementsOf(who, { predicate: 'pregnancy', object: '*' }, { ...SAID, polarity: 'ends' }, span);
  const plain = flipped ? { ...phrase, negated: false } : phrase;
  const found = said.flatMap((accepted) => {
    if (accepted.predicate === 'travel' && !isJourney(scene)) return [];
    if (accepted.over) {
      const to = timing.at?.from ?? timing.from;
      return phrase.negated || timing.future
        ? []
        : statementsOf(who, accepted, { ...SAID, polarity: 'ends', to }, span);
    }
    const claim = accepted.inverted ? eating(plain, timing) : claimOf(accepted.predicate, plain, rule, timing);
    return claim ? statementsOf(who, accepted, claim, span) : [];
  });
  const over = !phrase.negated && phrase.mood !== 'future' && phrase.mood !== 'ended' && !timing.future;
  if (over) found.push(...endingsOf(who, rule.ends, { ...SAID, from: timing.at?.from ?? timing.from }, span));
  return found;
}

/** "Went to Rome last summer", not to the shop. */
function isJourney({ phrase, folded, timing }: Scene): boolean {
  if (!/^(?:go|ir|be|estar)$/.test(phrase.lemma)) return true;
  const long = timing.at !== null && timing.at.to.getTime() - timing.at.from.getTime() > WEEK / 2;
  return (
    long ||
    phrase.mood === 'done' ||
    /\b(?:holiday|holidays|vacation|trip|honeymoon|vacaciones|viaje|luna de miel|excursion|weekend|finde|twice|once)\b/.test(
      folded,
    )
  );
}

const denyAll = ({ who, span }: Scene, predicate: string): Statement[] =>
  statementsOf(who, { predicate, object: '*' }, { ...SAID, polarity: 'denies' }, span);

/** Who eats something avoids it no longer; who stopped avoids it. */
function eating({ mood }: VerbPhrase, timing: Timing): Claim | null {
  if (mood === 'ended') return { ...SAID, from: timing.at?.from ?? timing.from };
  return mood === 'present' || mood === 'can' || mood === 'begun' ? { ...SAID, polarity: 'ends' } : null;
}
