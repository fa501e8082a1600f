import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { Metrics } from '../observability/metrics.js';
import type { Principal } from '../security/principal.js';
import type { AppRequest } from '../security/request.js';
import { SecurityError } from '../security/security.errors.js';
import { addressKey } from './address-key.js';
import { DailyQuota, type Remainder } from './daily-quota.js';
import { DAY, KEY_DAY, LIMIT_POLICIES, LIMIT_POLICY, UNLIMITED, type LimitPolicy } from './limit-policy.js';
import type { Count } from './limit-store.js';
import { Limits } from './limits.js';
import type { QuotaSubject } from './quota-store.js';

/** Below this part of the day's requests the answers tell how many are left. */
const NEARLY_SPENT = 0.1;

/**
 * Third guard: how often. Counts by person where there is one, by address otherwise, and tells what is left in the
 * `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers-10). What passes counts for the day of the person, and of the key.
 */
@Injectable()
export class LimitGuard implements CanActivate {
  private readonly policies = new Map<LimitPolicy, string>();

  constructor(
    private readonly limits: Limits,
    private readonly quota: DailyQuota,
    private readonly reflector: Reflector,
    private readonly metrics: Metrics,
  ) {
    if (limits.areOn) for (const policy of [...Object.keys(LIMIT_POLICIES), DAY, KEY_DAY]) metrics.limitKnown(policy);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (!this.limits.areOn) return true;
    const special = this.reflector.getAllAndOverride<LimitPolicy | typeof UNLIMITED | undefined>(LIMIT_POLICY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (special === UNLIMITED) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AppRequest>();
    if (request.repeats !== undefined) return true;
    const reply = http.getResponse<FastifyReply>();
    const { principal } = request;
    const policy: LimitPolicy = special ?? (principal ? LIMIT_POLICIES.default : LIMIT_POLICIES.anonymous);
    const counted = this.limits.hit(policy, principal && !policy.byAddress ? principal.userId : addressKey(request.ip));
    if (counted instanceof Promise) {
      return counted.then((count) => {
        this.judge(policy, count, reply);
        return !principal || this.countDay(principal, reply);
      });
    }
    this.judge(policy, counted, reply);
    return !principal || this.countDay(principal, reply);
  }

  private judge(policy: LimitPolicy, { count, resetIn }: Count, reply: FastifyReply): void {
    const allowed = this.limits.allowance(policy);
    reply.header('ratelimit-policy', this.describe(policy, allowed));
    reply.header('ratelimit', `"${policy.name}";r=${String(Math.max(0, allowed - count))};t=${String(resetIn)}`);
    if (count > allowed) this.refuse(policy.name, resetIn);
  }

  /** The key first: what its own quota refuses costs its owner nothing. */
  private countDay({ userId, familyId, apiKey }: Principal, reply: FastifyReply): true | Promise<true> {
    const ofPerson = (): true | Promise<true> => this.take(DAY, { userId, keyId: null, familyId }, reply);
    if (typeof apiKey?.maxRequestsPerDay !== 'number') return ofPerson();
    const ofKey = this.take(KEY_DAY, { userId, keyId: apiKey.id, familyId }, reply);
    return ofKey instanceof Promise ? ofKey.then(ofPerson) : ofPerson();
  }

  private take(name: string, subject: QuotaSubject, reply: FastifyReply): true | Promise<true> {
    const taken = this.quota.take(subject);
    return taken instanceof Promise
      ? taken.then((remainder) => this.judgeDay(name, remainder, reply))
      : this.judgeDay(name, taken, reply);
  }

  private judgeDay(name: string, remainder: Remainder | undefined, reply: FastifyReply): true {
    if (!remainder) return true;
    const { isAllowed, allowed, left, resetIn } = remainder;
    if (left < allowed * NEARLY_SPENT) {
      reply.header('ratelimit-policy', `"${name}";q=${String(allowed)};w=86400`);
      reply.header('ratelimit', `"${name}";r=${String(left)};t=${String(resetIn)}`);
    }
    if (!isAllowed) this.refuse(name, resetIn);
    return true;
  }

  private refuse(policy: string, retryAfter: number): never {
    this.metrics.limitHit(policy);
    throw new SecurityError('rate_limit_exceeded', { retryAfter });
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
