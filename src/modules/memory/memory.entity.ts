import type { Micros } from '../../platform/database/index.js';

export const VISIBILITIES = ['private', 'family', 'audience'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export const STATUSES = ['live', 'superseded', 'contested', 'retracted'] as const;
export type Status = (typeof STATUSES)[number];

export type ContentLanguage = 'en' | 'es' | 'simple';
export type Authority = 'self' | 'parent' | 'other';
export type Cardinality = 'functional' | 'multi' | 'event';

/** One version of a memory. Nothing is updated in place: a change closes `recordedTo` and adds a version. */
export interface Memory {
  readonly id: string;
  readonly version: number;
  /** The searchable text; versions of the same content share it. */
  readonly documentId: number;
  readonly familyId: string;
  /** Who may see it: see the migration. */
  readonly scopeId: string;
  readonly ownerId: string;
  readonly authorId: string;
  readonly subjectId: string | null;
  /** A word of the catalogue of predicates, `note` without a predicate, or the caller's own. */
  readonly kind: string;
  readonly content: string;
  readonly language: ContentLanguage;
  readonly predicate: string | null;
  readonly object: string | null;
  readonly objectKey: string | null;
  readonly cardinality: Cardinality | null;
  readonly authority: Authority;
  /** 0-1. */
  readonly importance: number;
  /** 0-1. */
  readonly confidence: number;
  readonly evidenceCount: number;
  readonly status: Status;
  /** When it was true: half-open, null without end. */
  readonly validFrom: Micros | null;
  readonly validTo: Micros | null;
  /** Whether anybody said since when; otherwise it counts from when it was said. */
  readonly isSinceStated: boolean;
  /** When we knew it so: half-open, null for the current version. */
  readonly recordedFrom: Micros;
  readonly recordedTo: Micros | null;
  readonly supersededBy: string | null;
  readonly sourceTurnIds: readonly string[];
  /** SHA-256, hexadecimal. */
  readonly contentHash: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: Micros;
}

export const STEPS = [
  'created',
  'extracted',
  'confirmed',
  'superseded',
  'contested',
  'changed',
  'shared',
  'unshared',
  'retracted',
  'restored',
  'undone',
] as const;
export type Step = (typeof STEPS)[number];

/** What was done to a memory. Steps of one operation share its id and are taken back together. */
export interface MemoryStep {
  readonly id: string;
  readonly familyId: string;
  readonly scopeId: string;
  readonly memoryId: string;
  readonly operationId: string;
  readonly step: Step;
  readonly versionBefore: number | null;
  readonly versionAfter: number;
  readonly actorId: string | null;
  readonly isAutomatic: boolean;
  /** A code; of a doubt that somebody raised their words, if they gave any. */
  readonly reason: string;
  readonly causeId: string | null;
  /** Of a step that moved it. */
  readonly scopeBefore: string | null;
  readonly undoneBy: string | null;
  readonly createdAt: Micros;
}
