import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { requestContext } from '../http/request-context.js';
import type { AppRequest } from '../security/request.js';
import type { Metrics } from './metrics.js';

/** Probes come every few seconds and say nothing when they are well. */
const QUIET = /^\/(health|ready|metrics)/;

/**
 * Gives every request its context, and when it is answered one log line and one measurement.
 * As Fastify hooks rather than interceptors, so that refused requests (401, 404, 413, ...) count as well.
 */
export function observeRequests(fastify: FastifyInstance, logger: Logger, metrics: Metrics): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    requestContext.run({ requestId: request.id }, done);
  });
  fastify.addHook('onResponse', (request: AppRequest, reply, done) => {
    const route = request.routeOptions.url ?? 'unmatched';
    const { statusCode: status, elapsedTime } = reply;
    const userId = request.principal?.userId;
    metrics.request(request.method, route, status, elapsedTime / 1000, userId);
    if (status >= 500 || !QUIET.test(route)) {
      const line = {
        request_id: request.id,
        method: request.method,
        route,
        status,
        duration_ms: Math.round(elapsedTime * 100) / 100,
        ...(userId === undefined ? {} : { user_id: userId }),
      };
      if (status >= 500) logger.error(line, 'request');
      else logger.info(line, 'request');
    }
    done();
  });
}
