import { type Context, type Polarity, type Statement } from '../facts.types.js';
import { type VerbPhrase } from '../language/grammar.js';
import { objectKey } from '../objects.js';
import { type Who } from '../people/people.js';
import { PREDICATES } from '../predicates.js';
import { type Rule } from '../rules/rule.js';
import { type Timing } from '../when/time-phrases.js';
import { type Accepted } from './accept.js';

/** What a clause claims, before it is known of whom. */
export interface Claim {
  readonly polarity: Polarity;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly confidence: number;
}

const SURE = 0.9;
/** A plain statement without words of time. */
export const SAID: Claim = { polarity: 'asserts', from: null, to: null, confidence: SURE };
const INFERRED = 0.7;
const STATIVE = /^(?:be|have|wear|drive|own|need|use|ser|estar|tener|llevar|usar|necesitar|conducir|cursar)$/;
const HEALTH = new Set(['allergy', 'intolerance', 'condition']);

/**
 * What verb, tense and time words claim of an object; null for nothing: plans, pasts that tell nothing of a lasting thing,
 * denials of what was never said.
 */
export function claimOf(predicate: string, phrase: VerbPhrase, rule: Rule, timing: Timing): Claim | null {
  const definition = PREDICATES.get(predicate);
  if (!definition || phrase.mood === 'future' || (timing.future && predicate !== 'goal')) return null;
  const { at, from, until } = timing;
  const start = at?.from ?? from;
  const claim = (polarity: Polarity, since: Date | null, to: Date | null, confidence = SURE): Claim => ({
    polarity,
    from: since,
    to,
    confidence,
  });
  if (phrase.negated) {
    if (phrase.mood === 'past' && !HEALTH.has(predicate)) return null;
    return claim('denies', null, null);
  }
  if (phrase.mood === 'ended') return claim('ends', null, start ?? until);
  if (rule.closes) return claim('ends', null, start ?? until);
  const begins = rule.begins === true || (rule.begins === 'becoming' && !STATIVE.test(phrase.lemma));
  if (phrase.mood === 'begun' || (begins && (phrase.mood === 'past' || phrase.mood === 'done')))
    return claim('asserts', start, null);
  // "We are getting divorced": not yet.
  if (begins && phrase.mood === 'present' && !STATIVE.test(phrase.lemma)) return null;
  if (phrase.mood === 'present' || phrase.mood === 'can') return claim('asserts', from ?? at?.from ?? null, until);
  const isEvent = definition.cardinality === 'event';
  if (phrase.mood === 'done') return isEvent || from ? claim('asserts', start, null) : null;
  if (isEvent) return claim('asserts', start, null);
  if (!definition.history) return null;
  if (from && until) return claim('asserts', from, until);
  if (at) return claim('asserts', at.from, at.to, INFERRED);
  if (from) return null;
  return claim('ends', null, until, INFERRED);
}

const ENDS_ALL = '*';

/** The statements of one claim: for each person, with what it ends besides. */
export function statementsOf(
  who: readonly Who[],
  { predicate, object }: Accepted,
  claim: Claim,
  span: string,
): Statement[] {
  const one = (name: string, said: string, polarity: Polarity, subjectId: string | null): Statement => ({
    subjectId,
    predicate: name,
    object: said,
    objectKey: said === ENDS_ALL ? ENDS_ALL : objectKey(name, said),
    polarity,
    ...(polarity === 'asserts' && claim.from ? { validFrom: claim.from } : {}),
    ...(polarity === 'asserts' ? (claim.to ? { validTo: claim.to } : {}) : { ...validTo(claim) }),
    confidence: claim.confidence,
    span,
  });
  return who.flatMap(({ person }) => {
    const subjectId = person?.id ?? null;
    const found = [one(predicate, object, claim.polarity, subjectId)];
    const opposite = PREDICATES.get(predicate)?.opposite;
    if (claim.polarity === 'asserts' && opposite) found.push(one(opposite, object, 'ends', subjectId));
    return found;
  });
}

const validTo = (claim: Claim): { validTo?: Date } => {
  const to = claim.polarity === 'asserts' ? claim.from : claim.to;
  return to ? { validTo: to } : {};
};

/** Endings of every value of a predicate, at the moment of a claim. */
export const endingsOf = (who: readonly Who[], ends: Rule['ends'], claim: Claim, span: string): Statement[] =>
  Object.entries(ends ?? {}).flatMap(([predicate, object]) =>
    who.map(({ person }) => ({
      subjectId: person?.id ?? null,
      predicate,
      object,
      objectKey: object === ENDS_ALL ? ENDS_ALL : objectKey(predicate, object),
      polarity: 'ends' as const,
      ...(claim.from ? { validTo: claim.from } : {}),
      confidence: claim.confidence,
      span,
    })),
  );

/** Names of members in the text, whatever their case, for those who check objects. */
export const isCased = (text: string): boolean => /\p{Ll}/u.test(text) && /\p{Lu}/u.test(text);

/** The local day of the moment of saying, as `--05-04`. */
export function localDay({ saidAt, timeZone }: Context): string {
  const parts = { timeZone, month: '2-digit', day: '2-digit' } as const;
  return `--${new Intl.DateTimeFormat('en-US', parts).format(saidAt).replace('/', '-')}`;
}
