import { DomainError, type ErrorDetails, type FieldError } from '../../platform/http/index.js';

export type MemoryErrorCode =
  | 'memory_not_found'
  | 'conversation_not_found'
  | 'not_allowed_for_memory'
  | 'memory_conflict'
  | 'memory_quota_exceeded'
  | 'nothing_to_undo'
  | 'cannot_contest'
  | 'idempotency_key_reused'
  | 'profile_not_found';

const DETAILS: Readonly<Record<MemoryErrorCode, ErrorDetails>> = {
  memory_not_found: { kind: 'not_found', detail: 'There is no such memory' },
  conversation_not_found: { kind: 'not_found', detail: 'There is no such conversation' },
  not_allowed_for_memory: { kind: 'forbidden', detail: 'Insufficient permissions for this memory' },
  memory_conflict: { kind: 'conflict', detail: 'Another value of the same fact holds at that time' },
  memory_quota_exceeded: { kind: 'impossible', detail: 'No more memories fit in this account' },
  nothing_to_undo: { kind: 'conflict', detail: 'No step is left to take back' },
  cannot_contest: { kind: 'conflict', detail: 'Only a live memory can be contested' },
  idempotency_key_reused: { kind: 'impossible', detail: 'The Idempotency-Key was used for another request' },
  profile_not_found: { kind: 'not_found', detail: 'There is no such profile' },
};

export class MemoryError extends DomainError<MemoryErrorCode> {
  constructor(code: MemoryErrorCode, more: { errors?: readonly FieldError[] } = {}) {
    super(code, DETAILS[code], more);
  }
}

/** Somebody changed or erased the same memory meanwhile: done again, the work meets what they have left. */
export class ChangedMeanwhile extends MemoryError {
  constructor() {
    super('memory_conflict');
  }
}
