import type { Micros } from '../../../platform/database/index.js';
import type { Claim } from '../recording/draft.js';
import { objectKey, PREDICATES } from '../facts/index.js';
import { fold } from '../fold.js';
import type { Proposal } from './answer.js';

/** A member, as far as proposals speak of them. */
export interface Namable {
  readonly id: string;
  /** First name, full name, nicknames. */
  readonly names: readonly string[];
}

/** The text that was read. */
export interface Reading {
  readonly content: string;
  readonly speakerId: string;
  /** Whom its author says it is about: then nobody else. */
  readonly subjectId: string | null;
  readonly members: readonly Namable[];
  /** The first instant of a partial date; undefined for a day that does not exist. */
  readonly begin: (date: string) => Micros | undefined;
}

/** Surer than this nothing is that a model has read. */
export const MOST_CONFIDENCE = 0.6;
/** Of others one says less surely what one's words mean. */
const OF_OTHERS = 0.4;

/** A proposal that stands on the text. */
export interface Grounded {
  readonly claim: Claim;
  /** The sentence it stands on. */
  readonly span: string;
  readonly confidence: number;
}

/**
 * Keeps of a model's proposals what the text bears out: a predicate of the catalogue, a subject that is the speaker or
 * exactly one member whom the text names, an object of which the text has a word. Text that speaks to the model may tell
 * of nobody but its speaker.
 */
export function ground(proposals: readonly Proposal[], reading: Reading): Grounded[] {
  const kept = new Map<string, Grounded>();
  for (const proposal of proposals) {
    const grounded = groundOne(proposal, reading);
    if (!grounded) continue;
    const { subjectId, predicate, objectKey: key } = grounded.claim;
    kept.set(`${subjectId} ${predicate} ${key}`, grounded);
  }
  return [...kept.values()];
}

function groundOne(proposal: Proposal, reading: Reading): Grounded | undefined {
  const predicate = PREDICATES.get(proposal.predicate);
  const subjectId = subjectOf(proposal.subject, reading);
  const object = proposal.object.trim();
  const key = objectKey(proposal.predicate, object);
  const span = spanOf(object, reading.content);
  if (!predicate || subjectId === undefined || key === '' || span === undefined) return undefined;
  const validFrom = proposal.validFrom === null ? null : reading.begin(proposal.validFrom);
  if (validFrom === undefined) return undefined;
  return {
    claim: {
      subjectId,
      predicate: predicate.name,
      object,
      objectKey: key,
      cardinality: predicate.cardinality,
      polarity: proposal.polarity,
      validFrom,
      validTo: null,
    },
    span,
    confidence: subjectId === reading.speakerId ? MOST_CONFIDENCE : OF_OTHERS,
  };
}

function subjectOf(subject: string, { content, speakerId, subjectId, members }: Reading): string | undefined {
  const wanted = fold(subject).trim();
  const named = members.filter(({ names }) => names.some((name) => fold(name).trim() === wanted));
  const [member] = named;
  const found = wanted === 'speaker' ? speakerId : named.length === 1 ? member?.id : undefined;
  if (found === undefined || (subjectId !== null && found !== subjectId)) return undefined;
  if (found === speakerId || found === subjectId) return found;
  const isNamed = ` ${wordsOf(content).join(' ')} `.includes(` ${wordsOf(subject).join(' ')} `);
  return isNamed && !speaksToModel(content) ? found : undefined;
}

/** What is said to machines rather than to people; English and Spanish. */
const TO_THE_MODEL =
  /\b(?:instructions?|instrucciones|prompts?|system|sistema|json|ignore|ignora|disregard|override|assistant|asistente|developer|predicates?|facts?)\b/;

const speaksToModel = (content: string): boolean => TO_THE_MODEL.test(fold(content));

/** The sentence that has most words of the object; small words count where it has no others. */
function spanOf(object: string, content: string): string | undefined {
  const words = wordsOf(object);
  const large = words.filter((word) => word.length > 3);
  const wanted = new Set((large.length > 0 ? large : words).map(stem));
  let best: string | undefined;
  let most = 0;
  for (const sentence of content.split(/(?<=[.!?])\s+|\n+/)) {
    const there = new Set(wordsOf(sentence).map(stem));
    const shared = [...wanted].filter((word) => there.has(word)).length;
    if (shared > most) [best, most] = [sentence.trim(), shared];
  }
  return best;
}

const stem = (word: string): string => word.slice(0, 5);

const wordsOf = (text: string): string[] => fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
