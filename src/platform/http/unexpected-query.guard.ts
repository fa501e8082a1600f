import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { DomainError } from './domain-error.js';

type Handler = ReturnType<ExecutionContext['getHandler']>;

/** Refuses a query where the handler reads none; where it reads one, its DTO names what is unknown. */
@Injectable()
export class UnexpectedQueryGuard implements CanActivate {
  private readonly readers = new WeakMap<Handler, boolean>();

  canActivate(context: ExecutionContext): boolean {
    const { query, url } = context.switchToHttp().getRequest<FastifyRequest>();
    const keys = Object.keys(query as object);
    // Probes and pages outside of the API may be asked with whatever their callers add.
    if (keys.length === 0 || !url.startsWith('/api/') || this.readsQuery(context)) return true;
    throw new DomainError(
      'validation_failed',
      { kind: 'invalid', detail: 'The request has invalid fields' },
      { errors: keys.slice(0, 20).map((key) => ({ field: key.slice(0, 64), messages: ['should not exist'] })) },
    );
  }

  private readsQuery(context: ExecutionContext): boolean {
    const handler = context.getHandler();
    let answer = this.readers.get(handler);
    if (answer === undefined) {
      const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), handler.name) ?? {}) as object;
      answer = Object.keys(parameters).some((key) => key.startsWith(`${String(RouteParamtypes.QUERY)}:`));
      this.readers.set(handler, answer);
    }
    return answer;
  }
}
