import type { Polarity } from '../facts/index.js';
import { isRecord, parse } from './chat.js';
import { ModelError } from './model.errors.js';

/** A fact as the model words it; nothing of it has been believed yet. */
export interface Proposal {
  /** `speaker`, or a member's name. */
  readonly subject: string;
  readonly predicate: string;
  readonly object: string;
  readonly polarity: Polarity;
  /** A year, month or day (ISO 8601), or null. */
  readonly validFrom: string | null;
}

const MOST_FACTS = 20;
const FIELDS: ReadonlySet<string> = new Set(['subject', 'predicate', 'object', 'polarity', 'valid_from']);
const POLARITIES: readonly Polarity[] = ['asserts', 'ends', 'denies'];
const DATE = /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/;

/**
 * Reads the answer `{"facts": [{subject, predicate, object, polarity?, valid_from?}]}`. An answer that is wrong anywhere
 * is worth nothing as a whole: who got the form wrong cannot be trusted with the content.
 * @throws ModelError `model_nonsense`
 */
export function readAnswer(content: string): Proposal[] {
  // Some models put a fence around it.
  const text = content.trim().replace(/^```(?:json)?\s*|\s*```$/g, '');
  const answer = parse(text);
  if (keysWritten(text) !== keysRead(answer)) throw wrong('a key is there twice');
  const facts = isRecord(answer) && Object.keys(answer).length === 1 ? answer['facts'] : undefined;
  if (!Array.isArray(facts)) throw wrong('there is no list of facts');
  if (facts.length > MOST_FACTS) throw wrong('there are too many facts');
  return facts.map(readFact);
}

function readFact(fact: unknown): Proposal {
  if (!isRecord(fact)) throw wrong('a fact is no object');
  if (!Object.keys(fact).every((key) => FIELDS.has(key))) throw wrong('a fact has fields that were not asked for');
  const { subject, predicate, object, polarity: said, valid_from: date } = fact;
  if (!isLine(subject, 100) || !isLine(predicate, 50) || !isLine(object, 200)) throw wrong('a fact lacks something');
  const polarity = POLARITIES.find((known) => known === (said ?? 'asserts'));
  if (!polarity) throw wrong('a fact neither asserts, ends nor denies');
  const validFrom = date ?? null;
  if (validFrom !== null && (typeof validFrom !== 'string' || !DATE.test(validFrom))) throw wrong('a date is none');
  return { subject, predicate, object, polarity, validFrom };
}

const isLine = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= longest && !/\p{Cc}/u.test(value);

/** Of two equal keys JSON.parse takes the last one and tells nobody. */
const keysWritten = (json: string): number =>
  [...json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/gs)].filter(([, colon]) => colon !== undefined).length;

function keysRead(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + keysRead(item), 0);
  if (!isRecord(value)) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + 1 + keysRead(item), 0);
}

const wrong = (what: string): ModelError => new ModelError('model_nonsense', `the answer has the wrong form: ${what}`);
