import { trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { requestContext } from '../http/request-context.js';
import type { AppRequest } from '../security/request.js';
import type { Metrics } from './metrics.js';

/** Probes come every few seconds, the status page refreshes itself; both say nothing when they are well. */
const QUIET = /^\/(health|ready|metrics|status)(\/|$)/;

/** Stands for every address that leads nowhere. */
const UNMATCHED = 'unmatched';

/**
 * Gives every request its context, and when it is answered one log line and one measurement.
 * @param slowFrom milliseconds from which a request is slow; 0 for never
 *
 * As Fastify hooks rather than interceptors, so that refused requests (401, 404, 413, ...) count as well.
 */
export function observeRequests(fastify: FastifyInstance, logger: Logger, metrics: Metrics, slowFrom: number): void {
  // The line below is made of what cannot hold a secret; looking for one was measured at a tenth of the throughput.
  const access = logger.child({}, { redact: [] });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url ?? UNMATCHED;
    const attributes = { 'http.route': route, 'url.path': route };
    trace.getActiveSpan()?.setAttributes(attributes).updateName(`${request.method} ${route}`);
    const client = { address: request.ip, userAgent: request.headers['user-agent'] };
    requestContext.run({ requestId: request.id, client }, done);
  });
  fastify.addHook('onResponse', (request: AppRequest, reply, done) => {
    const route = request.routeOptions.url ?? UNMATCHED;
    const { statusCode: status, elapsedTime } = reply;
    const userId = request.principal?.userId;
    metrics.request(request.method, route, status, elapsedTime / 1000, userId);
    if (status >= 500 || !QUIET.test(route)) {
      const isSlow = slowFrom > 0 && elapsedTime >= slowFrom;
      const line = {
        context: 'http',
        request_id: request.id,
        method: request.method,
        route,
        status,
        duration_ms: Math.round(elapsedTime * 100) / 100,
        ...(isSlow ? { slow: true } : {}),
        ...(userId === undefined ? {} : { user_id: userId }),
      };
      if (status >= 500) access.error(line, 'request');
      else if (isSlow) access.warn(line, 'request');
      else access.info(line, 'request');
    }
    done();
  });
}
