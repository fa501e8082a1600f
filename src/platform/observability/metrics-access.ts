import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ObservabilityConfig, ServerConfig } from '../config/index.js';
import { SecurityError } from '../security/security.errors.js';

/** `/metrics` is open while only this machine can connect; otherwise it needs `METRICS_TOKEN` or the management port. */
@Injectable()
export class MetricsAccess {
  constructor(
    private readonly server: ServerConfig,
    private readonly observability: ObservabilityConfig,
  ) {}

  /** @throws SecurityError 401 */
  check(authorization: string | undefined): void {
    const { metricsToken } = this.observability;
    if (metricsToken === undefined && !this.server.isReachable) return;
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (metricsToken === undefined || given === undefined || !isSame(given, metricsToken))
      throw new SecurityError('unauthenticated');
  }
}

/** Compares without telling by its time how much was right. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
