import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { catchError, from, mergeMap, type Observable } from 'rxjs';
import { StaleViewerError } from '../database/index.js';
import { ACCESS_RULE } from './metadata.js';
import { isAllowed, PrincipalSource, type AccessRule } from './principal.js';
import { credentialsOf, type AppRequest } from './request.js';
import { SecurityError } from './security.errors.js';

/**
 * The first statement of every transaction verifies session and rights again. When they have changed since the guard read
 * them (a remembered session, a parallel change of role): read them anew, check the rule again, run the handler again.
 * Nothing has been done by then.
 */
@Injectable()
export class StaleViewerInterceptor implements NestInterceptor {
  constructor(
    private readonly source: PrincipalSource,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        if (!(error instanceof StaleViewerError)) throw error;
        return from(this.checkAgain(context)).pipe(mergeMap(() => next.handle()));
      }),
    );
  }

  private async checkAgain(context: ExecutionContext): Promise<void> {
    const request = context.switchToHttp().getRequest<AppRequest>();
    const rule = this.reflector.getAllAndOverride<AccessRule>(ACCESS_RULE, [context.getHandler(), context.getClass()]);
    const token = credentialsOf(request)[0]?.token ?? '';
    const principal = await this.source.authenticate(token, false);
    if (!principal) throw new SecurityError('invalid_token');
    if (!isAllowed(rule, principal.permissions)) throw new SecurityError('insufficient_permissions');
    // The handler's argument was resolved before; it is the same object.
    Object.assign(request.principal ?? {}, principal);
  }
}
