import { type Person } from '../facts.types.js';
import { type People, type Who } from '../people/people.js';
import { type Word } from './fold.js';

/** Whom a clause is about and where its predicate starts. */
export interface Subject {
  readonly who: readonly Who[];
  /** Index of the first word after it. */
  readonly next: number;
  /** `1`: the speaker is among them; `0`: left out; `x`: a thing, so nobody. */
  readonly person: '1' | '3' | '0' | 'x';
  readonly plural: boolean;
  /** "my", "Leo's": what follows belongs to them. */
  readonly owns: boolean;
}

/**
 * What a verb phrase says: `present` (also "has lived"), `past`, `ended` ("used to", "no longer", "stopped"), `begun`
 * ("started"), `done` (has happened), `can`, `future`.
 */
export type Mood = 'present' | 'past' | 'ended' | 'begun' | 'done' | 'can' | 'future';

export interface VerbPhrase {
  readonly lemma: string;
  readonly mood: Mood;
  readonly negated: boolean;
  /** An auxiliary carries the tense, so that a second bare verb shares it ("used to live here and work there"). */
  readonly shared: boolean;
  /** Index of the word behind the verb. */
  readonly next: number;
  /** Spanish: who likes it, in "me gusta", "le gusta". */
  readonly dative?: 'me' | 'nos' | 'le' | 'les';
  /** A form that can only mean the speaker, or only somebody else; null when it can be both. */
  readonly person: '1' | '3' | null;
}

/** What a language must tell for its clauses to be read. */
export interface Grammar {
  words(clause: string): Word[];
  /** Every way to read the clause's beginning as a subject, most likely first. */
  subjects(words: readonly Word[], people: People, last: readonly Who[]): Subject[];
  verbs(words: readonly Word[], at: number, subject: Subject): VerbPhrase[];
}

/** The owner of a "my": the single person behind a who. */
export const ownerOf = (who: readonly Who[]): Person | null => (who.length === 1 ? (who[0]?.person ?? null) : null);
