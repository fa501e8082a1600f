/** A member of the family, as far as sentences speak of them. */
export interface Person {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly nicknames: readonly string[];
  readonly role: 'parent' | 'teenager' | 'child' | 'grandparent';
  readonly ageGroup: 'child' | 'teen' | 'adult' | 'elder';
  /** ISO date, or null when nobody said. */
  readonly birthDate: string | null;
  /** As the person wishes: "she/her", "él"... */
  readonly pronouns?: string | null;
}

export type Language = 'en' | 'es';

/** A stretch of time, half-open: `to` is the first instant after it. */
export interface Interval {
  readonly from: Date;
  readonly to: Date;
}

/** Finds the stretches of time that a text names, seen from the moment and the zone in which it was said. */
export type TimeReader = (text: string, saidAt: Date, timeZone: string) => readonly Interval[];

/**
 * Something known of how people and pets belong together: "Ana is Leo's grandmother" is
 * `{ subjectId: Leo, relation: 'grandmother', objectId: Ana }`; a pet is `{ subjectId: its keeper, relation: 'pet', name }`.
 */
export interface Relation {
  readonly subjectId: string;
  readonly relation: string;
  readonly objectId?: string | null;
  readonly name?: string | null;
}

/** Who speaks, of whom, when and where. */
export interface Context {
  /** Null when nobody of the family speaks: then "I" is nobody. */
  readonly speaker: Person | null;
  /** Whom the caller says the text is about; "he", "she" and a left-out subject mean this person. */
  readonly subject?: Person | null;
  readonly family: readonly Person[];
  readonly language?: Language;
  readonly saidAt: Date;
  /** IANA name. */
  readonly timeZone: string;
  readonly known?: readonly Relation[];
  readonly readTime?: TimeReader;
}

export type Polarity = 'asserts' | 'ends' | 'denies';

/** One thing that a text says of a person. */
export interface Statement {
  /** Null: somebody outside the family, or nobody could tell; such a statement is no fact. */
  readonly subjectId: string | null;
  readonly predicate: string;
  /** As said, without articles and trimmings. */
  readonly object: string;
  /** For comparing: see `objectKey`. `*` beside `ends` and `denies` means every value. */
  readonly objectKey: string;
  readonly polarity: Polarity;
  /** Half-open: true from this instant ... */
  readonly validFrom?: Date;
  /** ... until just before this one. */
  readonly validTo?: Date;
  /** 0-1. */
  readonly confidence: number;
  /** The sentence it was read from. */
  readonly span: string;
}
