import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findUncleanInput } from './clean-input.js';
import { DomainError, type FieldError } from './domain-error.js';

const MOST_ERRORS = 20;
const FORM = /^application\/x-www-form-urlencoded/i;

interface Config {
  acceptsForm?: boolean;
  bodyLimit?: number;
}

/**
 * What holds for every request before its handler: a Host (RFC 9112, section 3.2; Node's own check answers without a
 * body), no plain text, forms only where they are declared, no NUL bytes, lone surrogates, endless nesting or prototype keys anywhere
 * in the input, and a query that decodes. Routes that declare it take larger bodies than others.
 */
export function guardInput(fastify: FastifyInstance): void {
  // Fastify reads plain text of itself; no route takes any.
  fastify.removeContentTypeParser('text/plain');
  const ordinary = fastify.initialConfig.bodyLimit ?? 0;
  fastify.addHook('onRoute', (route) => {
    const { bodyLimit } = (route.config ?? {}) as Config;
    if (bodyLimit !== undefined) route.bodyLimit = Math.max(bodyLimit, ordinary);
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const isForm = FORM.test(request.headers['content-type'] ?? '');
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      done(new Refused(400));
    } else if (
      isForm &&
      !(request.routeOptions.config as Config).acceptsForm &&
      request.routeOptions.url !== undefined
    ) {
      done(new Refused(415));
    } else {
      done();
    }
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    const errors = [
      // Else taken for a body without fields.
      ...(request.body === null ? [{ field: 'body', messages: ['must not be null'] }] : []),
      ...findUncleanInput(request.body),
      ...(isEmpty(request.query) ? [] : [...findBrokenEscapes(request.url), ...findUncleanInput(request.query)]),
      ...(isEmpty(request.params) ? [] : findUncleanInput(request.params)),
    ];
    if (errors.length === 0) {
      done();
    } else {
      done(
        new DomainError('validation_failed', { kind: 'invalid', detail: 'The request has invalid fields' }, { errors }),
      );
    }
  });
}

class Refused extends Error {
  constructor(readonly statusCode: number) {
    super('refused');
  }
}

/** Parts of the query that do not decode to text: the parser would hand them on as they are, percent signs and all. */
function findBrokenEscapes(url: string): FieldError[] {
  const start = url.indexOf('?');
  if (!url.includes('%', start)) return [];
  const broken = url
    .slice(start + 1)
    .split('&')
    .filter((pair) => !isDecodable(pair))
    .slice(0, MOST_ERRORS);
  return broken.map((pair) => ({
    field: /^[\w.-]{1,64}(?==)/.exec(pair)?.[0] ?? 'query',
    messages: ['must be UTF-8, percent-encoded'],
  }));
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isEmpty(value: FastifyRequest['query']): boolean {
  for (const _ in value as object) return false;
  return true;
}
