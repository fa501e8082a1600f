import { describe, expect, it } from '@jest/globals';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import fastify, { type FastifyInstance } from 'fastify';
import { StaleViewerError } from '../database/index.js';
import type { AppRequest } from './request.js';
import { StaleViewerFilter } from './stale-viewer.filter.js';

interface Run {
  readonly principal: unknown;
  readonly credential: unknown;
  readonly isSecondRun: boolean | undefined;
}

/** A server whose one handler does these things in turn, and what it knew of the request each time. */
function serverThat(...turns: readonly (() => unknown)[]): { server: FastifyInstance; runs: Run[] } {
  const server = fastify();
  const runs: Run[] = [];
  const filter = new StaleViewerFilter();
  server.get('/', (request: AppRequest, reply) => {
    const { principal, credential, isSecondRun } = request;
    runs.push({ principal, credential, isSecondRun });
    request.principal = { userId: 'maria' } as NonNullable<AppRequest['principal']>;
    request.credential = 'bearer';
    try {
      void reply.send(turns[runs.length - 1]?.());
    } catch (error) {
      if (!(error instanceof StaleViewerError)) throw error;
      filter.catch(error, new ExecutionContextHost([request, reply]));
    }
  });
  return { server, runs };
}

const stale = (): never => {
  throw new StaleViewerError();
};

describe('StaleViewerFilter', () => {
  it('runs the request again, from its beginning, when its rights turned out to be old', async () => {
    const { server, runs } = serverThat(stale, () => ({ answer: 42 }));
    const answer = await server.inject('/');
    expect({ status: answer.statusCode, body: answer.json<unknown>() }).toEqual({ status: 200, body: { answer: 42 } });
    // Whoever it was is found out anew.
    expect(runs).toEqual([
      { principal: undefined, credential: undefined, isSecondRun: undefined },
      { principal: undefined, credential: undefined, isSecondRun: true },
    ]);
  });

  it('does so once, not for ever', async () => {
    const { server, runs } = serverThat(stale, stale, () => 'never');
    const answer = await server.inject('/');
    const { code } = answer.json<{ code: string }>();
    expect({ status: answer.statusCode, code }).toEqual({ status: 401, code: 'session_ended' });
    expect(runs).toHaveLength(2);
  });
});
