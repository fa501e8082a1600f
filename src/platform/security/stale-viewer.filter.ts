import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { StaleViewerError } from '../database/index.js';
import { sendProblem } from '../http/problem.filter.js';
import type { AppRequest } from './request.js';

/** Enough for a person who does several things at once that change their own rights, as founding families. */
const MOST_REPEATS = 5;

/**
 * The first statement of every transaction verifies session and rights again. When they have changed since the guard read
 * them (a remembered session, a parallel change of role) the request is run once more, from its first guard on: a session
 * that has ended ends there. Nothing has been done by then. As a filter, because an interceptor costs every request a tenth.
 */
@Catch(StaleViewerError)
export class StaleViewerFilter implements ExceptionFilter {
  catch(error: StaleViewerError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<AppRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { repeats = 0 } = request;
    if (repeats >= MOST_REPEATS) {
      sendProblem(error, request, reply);
      return;
    }
    request.repeats = repeats + 1;
    delete request.principal;
    delete request.credential;
    Promise.resolve(request.routeOptions.handler.call(request.server, request, reply)).catch((failure: unknown) => {
      sendProblem(failure, request, reply);
    });
  }
}
