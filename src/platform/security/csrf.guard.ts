import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ServerConfig } from '../config/index.js';
import { REFRESH_COOKIE_ROUTE } from './metadata.js';
import { cookieOf, REFRESH_COOKIE, type AppRequest } from './request.js';
import { SecurityError } from './security.errors.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Second guard: an unsafe request that a cookie authenticated must come from our own pages or an allowed origin, and
 * carry JSON (which no foreign form can send). Source: OWASP CSRF prevention, "Fetch Metadata".
 */
@Injectable()
export class CsrfGuard implements CanActivate {
  private readonly allowed: ReadonlySet<string>;
  private readonly hasNoPublicUrl: boolean;

  constructor(
    config: ServerConfig,
    private readonly reflector: Reflector,
  ) {
    const own = config.publicUrl === undefined ? [] : [new URL(config.publicUrl).origin];
    this.hasNoPublicUrl = config.publicUrl === undefined;
    this.allowed = new Set([...own, ...config.corsOrigins]);
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AppRequest>();
    if (SAFE_METHODS.has(request.method)) return true;
    const byCookie = request.credential === 'cookie' || this.isByRefreshCookie(context, request);
    if (!byCookie || (this.hasAllowedOrigin(request) && hasJsonBody(request))) return true;
    throw new SecurityError('csrf_refused');
  }

  private isByRefreshCookie(context: ExecutionContext, request: FastifyRequest): boolean {
    const isRoute = this.reflector.get<boolean | undefined>(REFRESH_COOKIE_ROUTE, context.getHandler()) ?? false;
    return isRoute && cookieOf(request, REFRESH_COOKIE) !== undefined;
  }

  private hasAllowedOrigin({ headers }: FastifyRequest): boolean {
    if (headers['sec-fetch-site'] === 'same-origin') return true;
    const { origin, host } = headers;
    if (origin === undefined) return false;
    // Without PUBLIC_URL our own origin is the one that was asked; a browser lets no page choose that.
    return this.allowed.has(origin) || (this.hasNoPublicUrl && URL.canParse(origin) && new URL(origin).host === host);
  }
}

/** JSON, or no body at all; never a form. */
function hasJsonBody({ headers }: FastifyRequest): boolean {
  const type = headers['content-type'];
  return type === undefined
    ? !headers['content-length'] || headers['content-length'] === '0'
    : /^application\/json *(;|$)/i.test(type);
}
