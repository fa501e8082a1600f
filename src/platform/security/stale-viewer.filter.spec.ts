import { describe, expect, it } from '@jest/globals';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import fastify, { type FastifyInstance } from 'fastify';
import { StaleViewerError } from '../database/index.js';
import type { AppRequest } from './request.js';
import { StaleViewerFilter } from './stale-viewer.filter.js';

interface Run {
  readonly principal: unknown;
  readonly credential: unknown;
  readonly repeats: number | undefined;
}

/** A server whose one handler does these things in turn, and what it knew of the request each time. */
function serverThat(...turns: readonly (() => unknown)[]): { server: FastifyInstance; runs: Run[] } {
  const server = fastify();
  const runs: Run[] = [];
  const filter = new StaleViewerFilter();
  server.get('/', (request: AppRequest, reply) => {
    const { principal, credential, repeats } = request;
    runs.push({ principal, credential, repeats });
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
      { principal: undefined, credential: undefined, repeats: undefined },
      { principal: undefined, credential: undefined, repeats: 1 },
    ]);
  });

  it('does so again when they have changed again', async () => {
    const { server, runs } = serverThat(stale, stale, stale, () => 'done');
    expect((await server.inject('/')).statusCode).toBe(200);
    expect(runs.map(({ repeats }) => repeats)).toEqual([undefined, 1, 2, 3]);
  });

  it('does not do so for ever', async () => {
    const { server, runs } = serverThat(stale, stale, stale, stale, () => 'never');
    const answer = await server.inject('/');
    const { code } = answer.json<{ code: string }>();
    expect({ status: answer.statusCode, code }).toEqual({ status: 401, code: 'session_ended' });
    expect(runs).toHaveLength(4);
  });

  it('does so once where a password was checked before', async () => {
    const late = (): never => {
      throw new StaleViewerError(true);
    };
    const { server, runs } = serverThat(late, late, () => 'never');
    expect((await server.inject('/')).statusCode).toBe(401);
    expect(runs).toHaveLength(2);
  });
});
