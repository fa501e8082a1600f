import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

const Header = createParamDecorator((_data: unknown, context: ExecutionContext): string | undefined => {
  const value = context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key'];
  return Array.isArray(value) ? value.join() : value;
});

/** The `Idempotency-Key` header, documented as one: undefined when there is none. */
export const IdempotencyKey = (): ParameterDecorator => (target, method, index) => {
  Header()(target, method, index);
  const handler = method === undefined ? undefined : Object.getOwnPropertyDescriptor(target, method);
  if (handler && method !== undefined) {
    const description = 'A request that is repeated with the same key does nothing more and gets the same answer';
    ApiHeader({ name: 'Idempotency-Key', required: false, description })(target, method, handler);
  }
};
