import { Param, ParseUUIDPipe } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { fieldError } from './domain-error.js';

/** A path parameter that must be a UUID, and is documented as one; anything else is a 400 that names it. */
export const UuidParam =
  (name: string): ParameterDecorator =>
  (target, method, index) => {
    Param(name, new ParseUUIDPipe({ exceptionFactory: () => fieldError(name, `${name} must be a UUID`) }))(
      target,
      method,
      index,
    );
    const handler = method === undefined ? undefined : Object.getOwnPropertyDescriptor(target, method);
    if (handler && method !== undefined) ApiParam({ name, format: 'uuid' })(target, method, handler);
  };
