import { errorCodes } from 'fastify';
import { HttpException } from '@nestjs/common';
import { isDatabaseUnavailable, PoolExhaustedError, StaleViewerError } from '../database/index.js';
import { DomainError, STATUS_OF, type FieldError } from './domain-error.js';

/** RFC 9457 problem details, with the members of docs/API.md. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
  readonly retry_after?: number;
}

type ProblemBody = Omit<Problem, 'type' | 'title' | 'request_id'>;

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Code and words for a plain status, where whoever refused the request had none of their own. */
const PLAIN: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['bad_request', 'The request cannot be understood'],
  401: ['unauthenticated', 'Sign in first'],
  403: ['insufficient_permissions', 'Insufficient permissions for this operation'],
  404: ['not_found', 'Nothing is here, or it is not yours'],
  405: ['method_not_allowed', 'This method is not allowed here'],
  408: ['request_timeout', 'The request took too long to arrive'],
  413: ['payload_too_large', 'The request body is too large'],
  414: ['uri_too_long', 'The address of the request is too long'],
  415: ['unsupported_media_type', 'Send application/json'],
  429: ['rate_limit_exceeded', 'Too many requests'],
  431: ['headers_too_large', 'The headers of the request are too large'],
  503: ['unavailable', 'A needed part of the server is away; try again soon'],
};

const BUSY = 'All connections to the database are in use; try again soon';

/** Seconds after which a client should try again when the database is away or busy. */
const RETRY_UNAVAILABLE = 2;

/** The problem that an error is to the outside. Never says more of an unexpected one than that it happened. */
export function toProblem(error: unknown, requestId: string): Problem {
  const body = describe(error);
  return { type: 'about:blank', title: TITLES[body.status] ?? 'Error', ...body, request_id: requestId };
}

function describe(error: unknown): ProblemBody {
  if (isDomainError(error)) {
    const { code, message: detail, kind, errors, retryAfter } = error;
    return {
      status: STATUS_OF[kind],
      code,
      detail,
      ...(errors ? { errors } : {}),
      ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    };
  }
  if (error instanceof StaleViewerError)
    return { status: 401, code: 'session_ended', detail: 'The session has ended; sign in again' };
  if (error instanceof PoolExhaustedError)
    return { ...plain(503), code: 'database_busy', detail: BUSY, retry_after: RETRY_UNAVAILABLE };
  if (isDatabaseUnavailable(error))
    return { ...plain(503), code: 'database_unavailable', retry_after: RETRY_UNAVAILABLE };
  return { ...plain(statusOf(error)), ...faultOfBody(error) };
}

/** A body that is not the JSON it was said to be: Nest keeps of Fastify's error no more than its words. */
const BODY_FAULTS: ReadonlyMap<string, string> = new Map([
  [new errorCodes.FST_ERR_CTP_INVALID_JSON_BODY().message, 'must be valid JSON'],
  [
    new errorCodes.FST_ERR_CTP_EMPTY_JSON_BODY().message,
    'is missing, though Content-Type says JSON: leave the header out, or send {}',
  ],
]);

function faultOfBody(error: unknown): Partial<ProblemBody> {
  const message = error instanceof HttpException ? BODY_FAULTS.get(error.message) : undefined;
  if (message === undefined) return {};
  return { detail: 'The body of the request cannot be read', errors: [{ field: 'body', messages: [message] }] };
}

/** Narrows to the codes as text: `instanceof` alone leaves the type of the code open. */
const isDomainError = (error: unknown): error is DomainError => error instanceof DomainError;

function plain(status: number): ProblemBody {
  const [code, detail] =
    PLAIN[status] ??
    (status < 500
      ? ['bad_request', 'The request cannot be processed']
      : ['internal_error', 'Something went wrong; it has been logged']);
  return { status, code, detail };
}

/** Nest and Fastify carry the status of what they refuse; anything else is a fault of ours. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number') {
    return error.statusCode >= 400 && error.statusCode < 600 ? error.statusCode : 500;
  }
  return 500;
}
