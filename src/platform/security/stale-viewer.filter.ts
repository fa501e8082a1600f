import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ATTEMPTS, StaleViewerError } from '../database/index.js';
import { sendProblem } from '../http/problem.filter.js';
import type { AppRequest } from './request.js';

/** How often a request is begun at most that did dear work before its rights turned out to be old. */
const LATE_ATTEMPTS = 2;

/**
 * The first statement of every transaction verifies session and rights again. When they have changed since the guard read
 * them (a remembered session, a parallel change of role) the request is run again, from its first guard on: a session that
 * has ended ends there. Nothing is in the database by then. As a filter, because an interceptor costs every request a tenth.
 */
@Catch(StaleViewerError)
export class StaleViewerFilter implements ExceptionFilter {
  catch(error: StaleViewerError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<AppRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { repeats = 0 } = request;
    if (repeats + 1 >= (error.isLate ? LATE_ATTEMPTS : ATTEMPTS)) {
      sendProblem(error, request, reply);
      return;
    }
    request.repeats = repeats + 1;
    delete request.principal;
    delete request.credential;
    delete request.refusal;
    Promise.resolve(request.routeOptions.handler.call(request.server, request, reply)).catch((failure: unknown) => {
      sendProblem(failure, request, reply);
    });
  }
}
