import { PREDICATES } from './predicates.js';
import { type Polarity } from './facts.types.js';

/** Who knows best: oneself, then a parent, then others. */
export type Authority = 'self' | 'parent' | 'other';
export const RANK: Readonly<Record<Authority, number>> = { self: 3, parent: 2, other: 1 };

/** A value of one subject and predicate: held to be true, contested, or true in the past. */
export interface LiveFact {
  readonly id: string;
  readonly predicate: string;
  readonly objectKey: string;
  readonly polarity?: Polarity;
  /** Null: nobody said since when; it counts from `recordedAt`. */
  readonly validFrom: Date | null;
  /** Null: until further notice. */
  readonly validTo: Date | null;
  readonly recordedAt: Date;
  readonly authority: Authority;
  readonly evidenceCount: number;
  readonly status: 'live' | 'contested' | 'past';
}

/** A statement with who makes it and when; see `Statement`. */
export interface Incoming {
  readonly subjectId: string | null;
  /** Null or unknown to the catalogue: free content, which contradicts nothing. */
  readonly predicate: string | null;
  readonly objectKey: string;
  readonly polarity: Polarity;
  readonly validFrom?: Date | null;
  readonly validTo?: Date | null;
  readonly authority: Authority;
  readonly saidAt: Date;
}

export type Reason =
  | 'new_value'
  | 'same_value'
  | 'more_exact'
  | 'less_exact'
  | 'later_wins'
  | 'corrected'
  | 'settled'
  | 'lower_authority'
  | 'same_instant'
  | 'back_dated'
  | 'past_value'
  | 'ended'
  | 'denied'
  | 'nothing_to_end'
  | 'ended_before'
  | 'event'
  | 'no_subject'
  | 'no_predicate';

/** What to do with a row that is there; rows are never deleted. */
export type Change =
  /** Said again: one more piece of evidence. */
  | { readonly id: string; readonly kind: 'confirm' }
  /** True until `validTo`. */
  | { readonly id: string; readonly kind: 'close'; readonly validTo: Date }
  /** Was never so: only its recorded time ends. */
  | { readonly id: string; readonly kind: 'retract' }
  /** Its recorded time ends, the inserted row takes its place with its validity and evidence. */
  | { readonly id: string; readonly kind: 'replace' }
  | { readonly id: string; readonly kind: 'contest' }
  | { readonly id: string; readonly kind: 'settle' };

export interface Insert {
  readonly validFrom: Date | null;
  readonly validTo: Date | null;
  readonly status: 'live' | 'contested' | 'past';
  readonly supersedesId: string | null;
}

export type Outcome =
  'inserted' | 'confirmed' | 'refined' | 'superseded' | 'contested' | 'history' | 'ended' | 'retracted' | 'ignored';

/** What a statement does to what is known. */
export interface Decision {
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly insert: Insert | null;
  readonly changes: readonly Change[];
}

export const decide = (
  outcome: Outcome,
  reason: Reason,
  insert: Insert | null = null,
  changes: readonly Change[] = [],
): Decision => ({ outcome, reason, insert, changes });

export const open = (
  incoming: Incoming,
  status: Insert['status'] = 'live',
  supersedesId: string | null = null,
): Insert => ({
  validFrom: incoming.validFrom ?? null,
  validTo: incoming.validTo ?? null,
  status,
  supersedesId,
});

/** What was said later than the statement, which somebody brings late, knows better. */
export const isLater = (row: LiveFact, { saidAt }: Incoming): boolean => row.recordedAt > saidAt;
export const isImmutable = (row: LiveFact): boolean => PREDICATES.get(row.predicate)?.immutable === true;
export const startOf = (row: LiveFact): Date => row.validFrom ?? row.recordedAt;

/** A value ends where its successor starts; one that would end before it began was a mistake. */
export const closing = (row: LiveFact, at: Date): Change =>
  startOf(row) < at && !isImmutable(row) ? { id: row.id, kind: 'close', validTo: at } : { id: row.id, kind: 'retract' };

/** Whether a statement says since when, and that is before a value was noted without it. */
export const isSooner = ({ validFrom, authority }: Incoming, row: LiveFact): boolean =>
  row.validFrom === null && !!validFrom && validFrom < row.recordedAt && RANK[authority] >= RANK[row.authority];
