import { isoOf, isoOrNull } from '../../../platform/database/index.js';
import { ApiProperty } from '@nestjs/swagger';
import { sanitiseForDisplay } from '../content/index.js';
import {
  STATUSES,
  STEPS,
  VISIBILITIES,
  type Memory,
  type MemoryStep,
  type Status,
  type Step,
  type Visibility,
} from '../memory.entity.js';
import type { Sharing } from '../sharing/scopes.js';

export const EFFECTS = ['superseded', 'confirmed', 'contested'] as const;

/** What remembering something did to another memory. */
export class EffectResponse {
  @ApiProperty({ format: 'uuid' })
  memory_id!: string;

  @ApiProperty({ enum: EFFECTS })
  effect!: (typeof EFFECTS)[number];

  @ApiProperty({ description: 'A code', example: 'later_wins' })
  reason!: string;
}

/** A memory in its current version, or the one that was asked for. */
export class MemoryResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: ['memory'] })
  type!: 'memory';

  @ApiProperty({ example: 'Leo is allergic to peanuts' })
  content!: string;

  @ApiProperty({ enum: ['en', 'es', 'simple'] })
  language!: string;

  @ApiProperty({ example: 'health' })
  kind!: string;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  subject_id!: string | null;

  @ApiProperty({ format: 'uuid' })
  owner_id!: string;

  @ApiProperty({ format: 'uuid' })
  author_id!: string;

  @ApiProperty({ type: 'string', nullable: true, example: 'allergy' })
  predicate!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: 'peanuts' })
  object!: string | null;

  @ApiProperty({ enum: VISIBILITIES })
  visibility!: Visibility;

  @ApiProperty({ type: [String], format: 'uuid' })
  audience!: readonly string[];

  @ApiProperty({ example: 0.5 })
  importance!: number;

  @ApiProperty({ example: 0.9 })
  confidence!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  evidence_count!: number;

  @ApiProperty({ enum: STATUSES })
  status!: Status;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  valid_from!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  valid_to!: string | null;

  @ApiProperty({ format: 'date-time' })
  recorded_at!: string;

  @ApiProperty({ type: [String], format: 'uuid' })
  supersedes!: readonly string[];

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  superseded_by!: string | null;

  @ApiProperty({ type: [String] })
  tags!: readonly string[];

  @ApiProperty({ type: Object, additionalProperties: true })
  metadata!: Readonly<Record<string, unknown>>;

  @ApiProperty({ type: [String], format: 'uuid' })
  source_turn_ids!: readonly string[];

  @ApiProperty({ type: 'integer', example: 1 })
  version!: number;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;
}

export class RememberedResponse extends MemoryResponse {
  @ApiProperty({ type: [EffectResponse] })
  effects!: readonly EffectResponse[];
}

export class RememberedManyResponse {
  @ApiProperty({ type: [RememberedResponse] })
  data!: readonly RememberedResponse[];
}

export function toMemoryResponse(
  memory: Memory & {
    readonly supersedes?: readonly string[];
    readonly shownSupersededBy: string | null;
    readonly shownSourceTurnIds: readonly string[];
  },
  sharing: Sharing,
): MemoryResponse {
  return {
    id: memory.id,
    type: 'memory',
    content: sanitiseForDisplay(memory.content),
    language: memory.language,
    kind: memory.kind,
    subject_id: memory.subjectId,
    owner_id: memory.ownerId,
    author_id: memory.authorId,
    predicate: memory.predicate,
    object: memory.object === null ? null : sanitiseForDisplay(memory.object),
    visibility: sharing.visibility,
    audience: sharing.audience,
    importance: round(memory.importance),
    confidence: round(memory.confidence),
    evidence_count: memory.evidenceCount,
    status: statusNow(memory),
    valid_from: isoOrNull(memory.validFrom),
    valid_to: isoOrNull(memory.validTo),
    recorded_at: isoOf(memory.recordedFrom),
    supersedes: memory.supersedes ?? [],
    superseded_by: memory.shownSupersededBy,
    tags: memory.tags,
    metadata: memory.metadata,
    source_turn_ids: memory.shownSourceTurnIds,
    version: memory.version,
    created_at: isoOf(memory.createdAt),
  };
}

/** A value with a successor holds until the day that one begins. */
const statusNow = ({ status, supersededBy, validTo }: Memory): Status =>
  status === 'live' && supersededBy !== null && validTo !== null && validTo <= Date.now() * 1000
    ? 'superseded'
    : status;

/** The database keeps four bytes of these; what comes back is what was sent. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6;

/** A step in the history of a memory. */
export class StepResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: STEPS })
  step!: Step;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  actor_id!: string | null;

  @ApiProperty({ description: 'Whether it followed from another memory or a conversation' })
  automatic!: boolean;

  @ApiProperty({ description: 'A code, or the words of who contested it', example: 'later_wins' })
  reason!: string;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true, description: 'The memory it followed from' })
  cause_id!: string | null;

  @ApiProperty({ description: 'Whether it was taken back' })
  undone!: boolean;

  @ApiProperty({ type: 'integer' })
  version!: number;
}

/** Everything that was ever known of a memory, newest first. */
export class HistoryResponse {
  @ApiProperty({ type: [StepResponse] })
  steps!: readonly StepResponse[];

  @ApiProperty({ type: [MemoryResponse] })
  versions!: readonly MemoryResponse[];
}

/** @param visible memories that may be named as a cause */
export const toStepResponse = (step: MemoryStep, visible: ReadonlySet<string>): StepResponse => ({
  id: step.id,
  step: step.step,
  at: isoOf(step.createdAt),
  actor_id: step.actorId,
  automatic: step.isAutomatic,
  reason: sanitiseForDisplay(step.reason),
  cause_id: step.causeId !== null && visible.has(step.causeId) ? step.causeId : null,
  undone: step.undoneBy !== null,
  version: step.versionAfter,
});
