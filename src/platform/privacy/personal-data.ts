import type { Transaction } from '../database/index.js';
import type { FamilyRole } from '../security/permissions.js';

/** Somebody whose data is exported or erased. */
export interface Person {
  readonly userId: string;
  readonly memberships: readonly Membership[];
  /** What they told a family that they have left is theirs still. */
  readonly formerly: readonly FormerMembership[];
  /** Somebody else, by their account, who asked for the copy: nothing is in it that they may not see themselves. */
  readonly askedBy?: string | undefined;
}

export interface Membership {
  readonly familyId: string;
  readonly memberId: string;
  readonly role: FamilyRole;
  /** Whether the family goes with them; otherwise they leave it. Means nothing for an export. */
  readonly isErased: boolean;
}

/** A membership that has ended, of a family that is still there. */
export interface FormerMembership {
  readonly familyId: string;
  readonly memberId: string;
  readonly leftAt: Date;
}

/** A text in the languages of the server. */
export interface Bilingual {
  readonly en: string;
  readonly es: string;
}

/** Values as JSON has them. */
export type Row = Readonly<Record<string, unknown>>;

/** One kind of rows in an export: a file of JSON, and a chapter to be read. */
export interface Section {
  /** Names the file: `memories`. */
  readonly name: string;
  readonly title: Bilingual;
  /** Reads them anew at each call, some at a time. */
  rows(): AsyncIterable<Row>;
}

/** What an erasure tells of itself. */
export interface Receipt {
  /** Adds to the receipt in the transaction that erases, so that it is right also after the job was begun again. */
  add(tx: Transaction, place: string, count: number): Promise<void>;
}

/** The order of an erasure: contents first, so that nothing is left that nobody can find any more. */
export const ERASURE_STAGES = ['contents', 'memberships', 'access', 'account', 'traces'] as const;

/** What a module keeps of people: it exports and empties itself. */
export interface PersonalData {
  readonly stage: (typeof ERASURE_STAGES)[number];
  /** What the person may have a copy of. What others keep private about them is not theirs. */
  sections(person: Person): readonly Section[];
  /** Erases it for good. Comes again when the job was interrupted: then less, or nothing, is left to do. */
  erase(person: Person, receipt: Receipt): Promise<void>;
}

/**
 * Rows one by one, read so many at a time, each time in a transaction of its own.
 * @param read gives those after a row, in a fixed order; none at the end
 */
export async function* inRounds<T>(read: (after: T | undefined) => Promise<readonly T[]>): AsyncGenerator<T> {
  let last: T | undefined;
  for (;;) {
    const rows = await read(last);
    yield* rows;
    last = rows.at(-1);
    if (last === undefined) return;
  }
}
