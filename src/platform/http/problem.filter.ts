import { Catch, Injectable, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toProblem, type Problem } from './problem.js';

/** Answers every error as problem+json and logs those that are our fault. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

const logger = new Logger('ProblemFilter');

/** Sends an error as problem+json; also used where Fastify refuses a request before Nest sees it. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error, request.id);
  if (problem.status >= 500 && problem.status !== 503)
    logger.error({ err: error, request_id: request.id }, 'request failed');
  if (problem.status === 503)
    logger.warn({ reason: error instanceof Error ? error.message : problem.code }, 'a needed part is away');
  if (reply.sent) return;
  void reply.status(problem.status).headers(headersOf(problem)).type('application/problem+json').send(problem);
}

function headersOf({ status, retry_after }: Problem): Record<string, string> {
  const headers: Record<string, string> = {};
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="family-assistant"';
  if (retry_after !== undefined) headers['retry-after'] = String(retry_after);
  return headers;
}
