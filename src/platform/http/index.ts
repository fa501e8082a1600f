export { AcceptForm } from './accept-form.js';
export { ApiProblems, ProblemResponse } from './api-problems.js';
export { findUncleanInput } from './clean-input.js';
export {
  DomainError,
  fieldError,
  STATUS_OF,
  type ErrorDetails,
  type ErrorKind,
  type FieldError,
} from './domain-error.js';
export { answerClientError, ignoreExpectations } from './client-error.js';
export { closeConnectionsWhen } from './closing-connections.js';
export { closeInQuiet } from './last-requests.js';
export { completeDocument } from './openapi.js';
export { ApiPage, decodeCursor, encodeCursor, PageQuery, toPage, type Page, type Position } from './page.js';
export { toProblem, type Problem } from './problem.js';
export { guardInput } from './guard-input.js';
export { IdempotencyKey } from './idempotency-key.js';
export { IsInstant, isInstant, withZone } from './instant.js';
export { AcceptLargeBody, LARGE_BODY } from './large-body.js';
export { ProblemFilter, sendProblem } from './problem.filter.js';
export { requestContext } from './request-context.js';
export { requestIdOf } from './request-id.js';
export { DOCS_CSP, SECURITY_HEADERS } from './security-headers.js';
export { createValidationPipe } from './validation.pipe.js';
export { UuidParam } from './uuid-param.js';
export * from './validators.js';
