import { PREDICATES, PROFILE_FIELDS, type ProfileField } from '../facts/index.js';

/** A value that is held to be true of one person, with the memory that says so. */
export interface ProfileFact {
  readonly memoryId: string;
  readonly predicate: string;
  /** As said. */
  readonly object: string;
  readonly objectKey: string;
  /** 0-1. */
  readonly confidence: number;
  readonly evidenceCount: number;
  readonly status: 'live' | 'contested';
  /** When it was last said or confirmed. */
  readonly updatedAt: Date;
}

/** One field of a profile, in the names of the contract. */
export interface ProfileValue {
  /** A list where several values stand side by side. */
  readonly value: string | readonly string[];
  /** 0-1; of a list the lowest. */
  readonly confidence: number;
  /** Of a list the one said last. */
  readonly source_memory_id: string;
  readonly updated_at: Date;
}

export type Profile = Readonly<Record<ProfileField, ProfileValue | null>>;

/** A disputed value is as likely wrong as right. */
const CONTESTED = 0.5;
/** Each further piece of evidence takes away this share of what is missing to certainty. */
const EVIDENCE = 0.2;

/** Fields that show one value, although several predicates may fill them. */
const SINGLE = new Set<ProfileField>([
  'full_name',
  'preferred_name',
  'birth_date',
  'pronouns',
  'home_location',
  'time_zone',
  'occupation',
  'employer_or_school',
  'relationship_status',
  'communication_style',
]);

/** What stands before values that would not speak for themselves in a field shared by several predicates. */
const LABELS: Readonly<Record<string, string>> = {
  avoids_food: 'avoids',
  dislikes_food: 'dislikes',
  intolerance: 'intolerance',
  spouse: 'spouse',
  medication: 'takes',
  wears: 'wears',
  blood_type: 'blood type',
  surgery: 'surgery',
  injury: 'injury',
  learning: 'learning',
  favourite_drink: 'drink',
  phone_number: 'phone',
  email: 'email',
  field_of_study: 'studies',
};

/**
 * The 27 fields of a person's profile, from what is held true of them. Disputed values count half, repeated ones come
 * nearer to certainty; of several candidates for a single value the surer, then the later one shows.
 */
export function projectProfile(facts: readonly ProfileFact[]): Profile {
  const byField = Map.groupBy(facts, ({ predicate }) => PREDICATES.get(predicate)?.field ?? null);
  const entries = PROFILE_FIELDS.map((field) => [field, fieldOf(field, byField.get(field) ?? [])] as const);
  return Object.fromEntries(entries) as Record<ProfileField, ProfileValue | null>;
}

/** Confidence in one value, 0-1. */
export function confidenceOf({ confidence, evidenceCount, status }: ProfileFact): number {
  const doubt = (1 - confidence) * (1 - EVIDENCE) ** Math.max(0, evidenceCount - 1);
  const sure = (1 - doubt) * (status === 'contested' ? CONTESTED : 1);
  return Math.round(sure * 1000) / 1000;
}

function fieldOf(field: ProfileField, facts: readonly ProfileFact[]): ProfileValue | null {
  const ranked = [...facts].sort(
    (a, b) =>
      confidenceOf(b) - confidenceOf(a) ||
      b.updatedAt.getTime() - a.updatedAt.getTime() ||
      (a.memoryId < b.memoryId ? -1 : 1),
  );
  const [best] = ranked;
  if (!best) return null;
  if (SINGLE.has(field))
    return {
      value: best.object,
      confidence: confidenceOf(best),
      source_memory_id: best.memoryId,
      updated_at: best.updatedAt,
    };
  const latest = ranked.reduce((last, fact) => (fact.updatedAt > last.updatedAt ? fact : last));
  return {
    value: [...new Set(ranked.map(labelled))],
    confidence: Math.min(...ranked.map(confidenceOf)),
    source_memory_id: latest.memoryId,
    updated_at: latest.updatedAt,
  };
}

function labelled({ predicate, object }: ProfileFact): string {
  const label = LABELS[predicate];
  return label === undefined ? object : `${label}: ${object}`;
}
