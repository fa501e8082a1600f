import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { Metrics } from '../observability/metrics.js';
import type { AppRequest } from '../security/request.js';
import { SecurityError } from '../security/security.errors.js';
import { addressKey } from './address-key.js';
import { LIMIT_POLICIES, LIMIT_POLICY, UNLIMITED, type LimitPolicy } from './limit-policy.js';
import type { Count } from './limit-store.js';
import { Limits } from './limits.js';

/**
 * Third guard: how often. Counts by person where there is one, by address otherwise, and tells what is left in the
 * `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers-10).
 */
@Injectable()
export class LimitGuard implements CanActivate {
  private readonly policies = new Map<LimitPolicy, string>();

  constructor(
    private readonly limits: Limits,
    private readonly reflector: Reflector,
    private readonly metrics: Metrics,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (!this.limits.areOn) return true;
    const special = this.reflector.getAllAndOverride<LimitPolicy | typeof UNLIMITED | undefined>(LIMIT_POLICY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (special === UNLIMITED) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AppRequest>();
    if (request.isSecondRun) return true;
    const policy: LimitPolicy = special ?? (request.principal ? LIMIT_POLICIES.default : LIMIT_POLICIES.anonymous);
    const who = request.principal && !policy.byAddress ? request.principal.userId : addressKey(request.ip);
    const counted = this.limits.hit(policy, who);
    return counted instanceof Promise
      ? counted.then((count) => this.judge(policy, count, http.getResponse()))
      : this.judge(policy, counted, http.getResponse());
  }

  private judge(policy: LimitPolicy, { count, resetIn }: Count, reply: FastifyReply): boolean {
    const allowed = this.limits.allowance(policy);
    reply.header('ratelimit-policy', this.describe(policy, allowed));
    reply.header('ratelimit', `"${policy.name}";r=${String(Math.max(0, allowed - count))};t=${String(resetIn)}`);
    if (count <= allowed) return true;
    this.metrics.limitHit(policy.name);
    throw new SecurityError('rate_limit_exceeded', { retryAfter: resetIn });
  }

  private describe(policy: LimitPolicy, allowed: number): string {
    let text = this.policies.get(policy);
    if (text === undefined) {
      text = `"${policy.name}";q=${String(allowed)};w=${String(policy.window)}`;
      this.policies.set(policy, text);
    }
    return text;
  }
}
