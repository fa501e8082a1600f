import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { DomainError, type FieldError } from './domain-error.js';

/** Checks request DTOs, refuses unknown fields, and names every bad one. */
export function createValidationPipe(): ValidationPipe {
  return new RequestPipe({
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

const LONGEST_NAME = 64;

/** Turns the tree of class-validator into one entry per field, with its path. */
export function flatten(errors: readonly ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap(({ property, constraints, children }) => {
    // JSON that was sent as a form is one long name: nobody's password comes back in an answer.
    if (property.length > LONGEST_NAME)
      return [
        { field: parent || 'body', messages: ['has a name that no field has; is it JSON without its Content-Type?'] },
      ];
    const isIndex = /^\d+$/.test(property);
    const field = parent === '' ? property : isIndex ? `${parent}[${property}]` : `${parent}.${property}`;
    const own = constraints ? [{ field, messages: Object.values(constraints) }] : [];
    return [...own, ...flatten(children ?? [], field)];
  });
}

/** Checks an empty query once per class: most lists are asked for without one, and it always comes to the same. */
class RequestPipe extends ValidationPipe {
  private readonly defaults = new Map<unknown, object>();

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'query' || metadata.data !== undefined || !isEmpty(value))
      return super.transform(value, metadata) as Promise<unknown>;
    const known = this.defaults.get(metadata.metatype);
    if (known) return known;
    const checked: unknown = await super.transform(value, metadata);
    if (typeof checked === 'object' && checked !== null) this.defaults.set(metadata.metatype, Object.freeze(checked));
    return checked;
  }
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
