import { featuresOf, scoreOf, weightsFor, type FeatureName, type Features, type QueryScale } from './ranking/index.js';
import { daysFrom, isNamed, type Question } from './question.js';
import type { Candidate } from './search.repository.js';

/** A candidate in its place. */
export interface Ranked {
  readonly candidate: Candidate;
  readonly features: Features;
  /** 0-1: how likely it is what was looked for, compared with the others that came up. */
  readonly score: number;
  /** What each feature and factor added to the logarithm of the odds. */
  readonly parts: Readonly<Partial<Record<FeatureName | Factor, number>>>;
}

type Factor = 'importance' | 'recency' | 'confidence';

/** Most that importance, recency or confidence can do, as a factor: a memory is never hidden because it is old. */
const BOUND = 0.1;
/** Days after which recency has lost half of its little weight. */
const RECENCY_HALF = 180;

/** Puts candidates in order, best first. */
export function rank(candidates: readonly Candidate[], question: Question, now: number): Ranked[] {
  const [first] = candidates;
  const mean = first?.mean ?? null;
  const hasVector = mean !== null;
  const scale: QueryScale = {
    bestBm25: best(candidates, ({ bm25 }) => bm25),
    bestWindow: best(candidates, ({ window }) => window),
    bestSession: best(candidates, ({ session }) => session),
    ...(hasVector ? { cosine: { mean, deviation: first?.deviation ?? 0 } } : {}),
    asksForTime: question.asksForTime,
    asksForNumber: question.asksForNumber,
  };
  const weights = weightsFor(hasVector);
  const isAbout = whomItIsAbout(candidates, question);
  const scored = candidates.map((candidate) => {
    const features = featuresOf(signalsOf(candidate, isAbout, question), scale);
    const { total, parts } = scoreOf(features, weights);
    const factors = factorsOf(candidate, now);
    const sum = Object.values(factors).reduce((a, b) => a + b, total);
    return { candidate, features, sum, parts: { ...parts, ...factors } };
  });
  scored.sort((one, other) => other.sum - one.sum || one.candidate.id - other.candidate.id);
  const top = scored[0]?.sum ?? 0;
  const all = scored.reduce((total, { sum }) => total + Math.exp(sum - top), 0);
  return scored.map(({ sum, ...one }) => ({ ...one, score: Math.exp(sum - top) / all }));
}

function signalsOf(candidate: Candidate, isAbout: (candidate: Candidate) => boolean, { times }: Question) {
  const days = daysFrom(times, candidate.occurredAt);
  return {
    bm25: candidate.bm25,
    isPersonNamed: isAbout(candidate),
    hasQuestion: candidate.hasQuestion,
    length: candidate.length,
    saysTime: candidate.saysTime,
    saysNumber: candidate.saysNumber,
    ...(days === undefined ? {} : { daysFromDate: days }),
    ...optional('cosine', candidate.cosine),
    ...(candidate.type === 'memory'
      ? {}
      : {
          context: {
            window: candidate.window,
            session: candidate.session,
            previous: {
              bm25: candidate.previousBm25,
              hasQuestion: candidate.afterQuestion,
              ...optional('cosine', candidate.previousCosine),
            },
            ...optional('nextCosine', candidate.nextCosine),
            ...optional('sessionCosine', candidate.sessionCosine),
          },
        }),
  };
}

/** The query names exactly one person: then it matters who speaks, or whom it is about. */
function whomItIsAbout(
  candidates: readonly Candidate[],
  { people, words }: Question,
): (candidate: Candidate) => boolean {
  const strangers = [...new Set(candidates.flatMap(({ speaker }) => (speaker === null ? [] : [speaker])))].filter(
    (name) => isNamed(name, words),
  );
  const [person] = people;
  const [stranger] = strangers;
  if (people.size + strangers.length !== 1) return () => false;
  return (candidate) => (person === undefined ? candidate.speaker === stranger : candidate.personId === person);
}

function factorsOf({ type, importance, confidence, occurredAt }: Candidate, now: number): Record<Factor, number> {
  const age = Math.max(0, now - occurredAt) / 86_400;
  const recency = 2 * 2 ** (-age / RECENCY_HALF) - 1;
  return {
    importance: Math.log1p(BOUND * (2 * importance - 1)),
    recency: type === 'memory' ? Math.log1p(BOUND * recency) : 0,
    confidence: type === 'memory' ? Math.log1p(BOUND * (confidence - 1)) : 0,
  };
}

const best = (candidates: readonly Candidate[], value: (candidate: Candidate) => number): number =>
  candidates.reduce((most, candidate) => Math.max(most, value(candidate)), 0);

const optional = <Key extends string>(key: Key, value: number | null): Partial<Record<Key, number>> =>
  value === null ? {} : ({ [key]: value } as Record<Key, number>);
