import { isoOf, microsSql, rangeOf } from '../../../platform/database/index.js';
import type { Memory, MemoryStep } from '../memory.entity.js';

/** How memories are read; `toRow` is how they are written. */
export const COLUMNS = `m.id, m.version, m.document_id::float8 AS "documentId", m.family_id AS "familyId", m.scope_id AS "scopeId",
  m.owner_id AS "ownerId", m.author_id AS "authorId", m.subject_id AS "subjectId", m.kind, m.content, m.language, m.predicate,
  m.object, m.object_key AS "objectKey", m.cardinality, m.authority, m.importance, m.confidence,
  m.evidence_count AS "evidenceCount", m.status, ${microsSql('lower(m.valid)')} AS "validFrom", ${microsSql('upper(m.valid)')} AS "validTo",
  m.is_since_stated AS "isSinceStated",
  ${microsSql('lower(m.recorded)')} AS "recordedFrom", ${microsSql('upper(m.recorded)')} AS "recordedTo",
  m.superseded_by AS "supersededBy", m.source_turn_ids AS "sourceTurnIds", encode(m.content_hash, 'hex') AS "contentHash",
  m.tags, m.metadata, ${microsSql('m.created_at')} AS "createdAt"`;

/** The scopes are named besides row-level security, as everywhere: either of the two walls is enough. */
export const VISIBLE = `= ANY ((SELECT app.visible_scopes())::uuid[])`;

export const LINKS = `ARRAY(SELECT o.id FROM memories o WHERE o.superseded_by = m.id AND upper_inf(o.recorded) AND o.scope_id ${VISIBLE}) AS supersedes,
  (SELECT o.id FROM memories o WHERE o.id = m.superseded_by AND upper_inf(o.recorded) AND o.scope_id ${VISIBLE}) AS "shownSupersededBy",
  CASE WHEN m.source_turn_ids = '{}' THEN m.source_turn_ids
    ELSE ARRAY(SELECT t.id FROM turns t WHERE t.id = ANY (m.source_turn_ids) AND t.scope_id ${VISIBLE} ORDER BY t.id) END AS "shownSourceTurnIds"`;

export const STEP_COLUMNS = `s.id, s.family_id AS "familyId", s.scope_id AS "scopeId", s.memory_id AS "memoryId",
  s.operation_id AS "operationId", s.step, s.version_before AS "versionBefore", s.version_after AS "versionAfter",
  s.actor_id AS "actorId", s.is_automatic AS "isAutomatic", s.reason, s.cause_id AS "causeId",
  s.scope_before AS "scopeBefore", s.undone_by AS "undoneBy",
  ${microsSql('s.created_at')} AS "createdAt"`;

export const toRow = (memory: Memory): object => ({
  id: memory.id,
  version: memory.version,
  document_id: memory.documentId,
  family_id: memory.familyId,
  scope_id: memory.scopeId,
  owner_id: memory.ownerId,
  author_id: memory.authorId,
  subject_id: memory.subjectId,
  kind: memory.kind,
  content: memory.content,
  language: memory.language,
  predicate: memory.predicate,
  object: memory.object,
  object_key: memory.objectKey,
  cardinality: memory.cardinality,
  authority: memory.authority,
  importance: memory.importance,
  confidence: memory.confidence,
  evidence_count: memory.evidenceCount,
  status: memory.status,
  valid: rangeOf(memory.validFrom, memory.validTo),
  is_since_stated: memory.isSinceStated,
  recorded: rangeOf(memory.recordedFrom, memory.recordedTo),
  superseded_by: memory.supersededBy,
  source_turn_ids: memory.sourceTurnIds,
  content_hash: `\\x${memory.contentHash}`,
  tags: memory.tags,
  metadata: memory.metadata,
  created_at: isoOf(memory.createdAt),
});

export const toStepRow = (step: MemoryStep): object => ({
  id: step.id,
  family_id: step.familyId,
  scope_id: step.scopeId,
  memory_id: step.memoryId,
  operation_id: step.operationId,
  step: step.step,
  version_before: step.versionBefore,
  version_after: step.versionAfter,
  actor_id: step.actorId,
  is_automatic: step.isAutomatic,
  reason: step.reason,
  cause_id: step.causeId,
  scope_before: step.scopeBefore,
  undone_by: step.undoneBy,
  created_at: isoOf(step.createdAt),
});
