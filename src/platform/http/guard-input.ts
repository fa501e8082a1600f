import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findUncleanInput } from './clean-input.js';
import { DomainError } from './domain-error.js';

const FORM = /^application\/x-www-form-urlencoded/i;

interface Config {
  acceptsForm?: boolean;
}

/**
 * What holds for every request before its handler: forms only where they are declared, no NUL bytes, lone surrogates,
 * endless nesting or prototype keys anywhere in the input.
 */
export function guardInput(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const isForm = FORM.test(request.headers['content-type'] ?? '');
    if (isForm && !(request.routeOptions.config as Config).acceptsForm && request.routeOptions.url !== undefined) {
      done(new UnsupportedForm());
    } else {
      done();
    }
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    const errors = [
      ...findUncleanInput(request.body),
      ...(isEmpty(request.query) ? [] : findUncleanInput(request.query)),
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

class UnsupportedForm extends Error {
  readonly statusCode = 415;
}

function isEmpty(value: FastifyRequest['query']): boolean {
  for (const _ in value as object) return false;
  return true;
}
