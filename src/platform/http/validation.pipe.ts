import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { DomainError, type FieldError } from './domain-error.js';

/** Checks request DTOs, refuses unknown fields, and names every bad one. */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: false,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) =>
      new DomainError(
        'validation_failed',
        { kind: 'invalid', detail: 'The request has invalid fields' },
        { errors: flatten(errors) },
      ),
  });
}

/** Turns the tree of class-validator into one entry per field, with its path. */
export function flatten(errors: readonly ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap(({ property, constraints, children }) => {
    const isIndex = /^\d+$/.test(property);
    const field = parent === '' ? property : isIndex ? `${parent}[${property}]` : `${parent}.${property}`;
    const own = constraints ? [{ field, messages: Object.values(constraints) }] : [];
    return [...own, ...flatten(children ?? [], field)];
  });
}
