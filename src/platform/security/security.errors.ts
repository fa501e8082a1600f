import { DomainError, type ErrorDetails } from '../http/domain-error.js';

export type SecurityErrorCode =
  | 'unauthenticated'
  | 'invalid_token'
  | 'invalid_api_key'
  | 'ambiguous_credentials'
  | 'csrf_refused'
  | 'insufficient_permissions'
  | 'rate_limit_exceeded';

const DETAILS: Readonly<Record<SecurityErrorCode, ErrorDetails>> = {
  unauthenticated: { kind: 'unauthenticated', detail: 'Sign in first' },
  invalid_token: { kind: 'unauthenticated', detail: 'The token is not valid (any more); refresh it or sign in again' },
  invalid_api_key: { kind: 'unauthenticated', detail: 'The API key is not valid (any more)' },
  ambiguous_credentials: { kind: 'invalid', detail: 'The request carries two credentials; send one' },
  csrf_refused: {
    kind: 'forbidden',
    detail: 'A request signed in by cookie must come from an allowed origin and carry JSON',
  },
  insufficient_permissions: { kind: 'forbidden', detail: 'Insufficient permissions for this operation' },
  rate_limit_exceeded: { kind: 'rate_limited', detail: 'Too many requests; wait and try again' },
};

export class SecurityError extends DomainError<SecurityErrorCode> {
  constructor(code: SecurityErrorCode, more: { retryAfter?: number } = {}) {
    super(code, DETAILS[code], more);
  }
}
