/** What kind of failure it is; decides the HTTP status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'impossible'
  | 'rate_limited'
  | 'unavailable';

/** RFC 9110 status of each kind. */
export const STATUS_OF: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  impossible: 422,
  rate_limited: 429,
  unavailable: 503,
};

export interface FieldError {
  /** Path of the field, as `address.lines[0]`. */
  readonly field: string;
  readonly messages: readonly string[];
}

export interface ErrorDetails {
  readonly kind: ErrorKind;
  readonly detail: string;
}

/**
 * A failure that callers may hear of. Services throw it; only the problem filter knows HTTP.
 * Each module has its own codes and maps them to kinds in one exhaustive table.
 */
export class DomainError<Code extends string = string> extends Error {
  readonly kind: ErrorKind;
  readonly errors: readonly FieldError[] | undefined;
  /** Seconds after which it makes sense to try again. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: Code,
    { kind, detail }: ErrorDetails,
    more: { errors?: readonly FieldError[]; retryAfter?: number } = {},
  ) {
    super(detail);
    this.name = 'DomainError';
    this.kind = kind;
    this.errors = more.errors;
    this.retryAfter = more.retryAfter;
  }
}

/** One field of a request that cannot be taken as it is (400 by default). */
export function fieldError(field: string, message: string, kind: 'invalid' | 'impossible' = 'invalid'): DomainError {
  const detail = kind === 'invalid' ? 'The request has invalid fields' : 'The request is well-formed but impossible';
  const code = kind === 'invalid' ? 'validation_failed' : 'unprocessable';
  return new DomainError(code, { kind, detail }, { errors: [{ field, messages: [message] }] });
}
