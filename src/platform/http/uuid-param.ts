import { Param, ParseUUIDPipe } from '@nestjs/common';
import { fieldError } from './domain-error.js';

/** A path parameter that must be a UUID; anything else is a 400 that names it. */
export const UuidParam = (name: string): ParameterDecorator =>
  Param(name, new ParseUUIDPipe({ exceptionFactory: () => fieldError(name, `${name} must be a UUID`) }));
