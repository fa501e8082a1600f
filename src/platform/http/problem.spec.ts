import { describe, expect, it } from '@jest/globals';
import { BadRequestException, ForbiddenException, HttpException, NotFoundException } from '@nestjs/common';
import { PoolExhaustedError, StaleViewerError } from '../database/index.js';
import { DomainError, fieldError, STATUS_OF, type ErrorKind } from './domain-error.js';
import { toProblem } from './problem.js';

const ID = 'request-1';

describe('toProblem', () => {
  it.each(Object.entries(STATUS_OF) as [ErrorKind, number][])(
    'a domain error that is %s has the status %d',
    (kind, status) => {
      const problem = toProblem(new DomainError('some_code', { kind, detail: 'what happened' }), ID);
      expect(problem).toMatchObject({
        type: 'about:blank',
        status,
        code: 'some_code',
        detail: 'what happened',
        request_id: ID,
      });
      expect(problem.title).not.toBe('Error');
    },
  );

  it('carries fields and the time to wait where there are some, and no such member where there are none', () => {
    const errors = [{ field: 'email', messages: ['is wrong'] }];
    const error = new DomainError('c', { kind: 'rate_limited', detail: 'd' }, { errors, retryAfter: 7 });
    expect(toProblem(error, ID)).toMatchObject({ errors, retry_after: 7 });
    expect(Object.keys(toProblem(new DomainError('c', { kind: 'invalid', detail: 'd' }), ID)).sort()).toEqual([
      'code',
      'detail',
      'request_id',
      'status',
      'title',
      'type',
    ]);
    expect(toProblem(fieldError('limit', 'no'), ID)).toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: [{ field: 'limit', messages: ['no'] }],
    });
    expect(toProblem(fieldError('role', 'no', 'impossible'), ID)).toMatchObject({ status: 422, code: 'unprocessable' });
  });

  it.each<[string, unknown, number, string]>([
    ["Nest's exceptions", new BadRequestException('secret words'), 400, 'bad_request'],
    ['an unknown route', new NotFoundException('Cannot GET /secret'), 404, 'not_found'],
    ['a forbidden one', new ForbiddenException(), 403, 'insufficient_permissions'],
    ['a status without words of its own', new HttpException('x', 418), 418, 'bad_request'],
    ["Fastify's errors", Object.assign(new Error('x'), { statusCode: 413 }), 413, 'payload_too_large'],
    ['an address that is too long', { statusCode: 414 }, 414, 'uri_too_long'],
    ['headers that are too large', { statusCode: 431 }, 431, 'headers_too_large'],
    ['a status that is none', { statusCode: 42 }, 500, 'internal_error'],
    ['a status that is a text', { statusCode: '404' }, 500, 'internal_error'],
    ['an ended session', new StaleViewerError(), 401, 'session_ended'],
    ['a database that is away', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 503, 'database_unavailable'],
    ['a database that is busy', new PoolExhaustedError(), 503, 'database_busy'],
    ['a database that shuts down', { driverError: { code: '57P01' } }, 503, 'database_unavailable'],
    ['a fault of ours', new TypeError('undefined is not a function at /srv/secret.js'), 500, 'internal_error'],
    ['a thrown text', 'secret', 500, 'internal_error'],
    ['nothing at all', undefined, 500, 'internal_error'],
    ['null', null, 500, 'internal_error'],
  ])('%s', (_name, error, status, code) => {
    const problem = toProblem(error, ID);
    expect(problem).toMatchObject({ status, code, request_id: ID });
    // Nothing of what was thrown gets out, unless it was made to.
    expect(JSON.stringify(problem)).not.toMatch(/secret|undefined is not|stack/);
  });

  it('tells when to come back after an outage', () => {
    expect(toProblem({ code: 'ECONNRESET' }, ID).retry_after).toBeGreaterThan(0);
  });
});
