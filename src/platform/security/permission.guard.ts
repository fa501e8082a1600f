import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { StaleViewerError } from '../database/index.js';
import { ACCESS_RULE, ALLOW_REMEMBERED } from './metadata.js';
import { isAllowed, type AccessRule } from './principal.js';
import type { AppRequest } from './request.js';
import { SecurityError } from './security.errors.js';

/** Last guard: deny by default. A handler without a rule lets nobody through (and stops the start, see `RouteAccess`). */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule?.mode === 'public') return true;
    const { principal, repeats, refusal } = context.switchToHttp().getRequest<AppRequest>();
    if (!principal) throw new SecurityError(refusal ?? 'unauthenticated');
    if (rule && isAllowed(rule, principal.permissions)) return true;
    // Remembered rights may be older than one that was given since: they are read again before they refuse anybody.
    const isRemembered = this.reflector.get<boolean | undefined>(ALLOW_REMEMBERED, context.getHandler()) ?? false;
    if (isRemembered && repeats === undefined) throw new StaleViewerError();
    throw new SecurityError('insufficient_permissions');
  }
}
