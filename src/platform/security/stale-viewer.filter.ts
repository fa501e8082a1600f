import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { StaleViewerError } from '../database/index.js';
import { sendProblem } from '../http/problem.filter.js';
import type { AppRequest } from './request.js';

/**
 * The first statement of every transaction verifies session and rights again. When they have changed since the guard read
 * them (a remembered session, a parallel change of role) the request is run once more, from its first guard on.
 * Nothing has been done by then. As a filter, because an interceptor costs every request a tenth.
 */
@Catch(StaleViewerError)
export class StaleViewerFilter implements ExceptionFilter {
  catch(error: StaleViewerError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<AppRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (request.isSecondRun) {
      sendProblem(error, request, reply);
      return;
    }
    request.isSecondRun = true;
    delete request.principal;
    delete request.credential;
    Promise.resolve(request.routeOptions.handler.call(request.server, request, reply)).catch((failure: unknown) => {
      sendProblem(failure, request, reply);
    });
  }
}
