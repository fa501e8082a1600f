import type { Server } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Longest wait for a quiet moment, in milliseconds: a server that is never idle closes all the same. */
const LONGEST = 1000;
/** A turn of the event loop that took longer may have left somebody waiting meanwhile; in milliseconds. */
const SHORT = 1;

/**
 * Has the server close its port in a moment in which nobody waits at it. The system takes connections in the server's
 * name, and what came while the event loop was busy would be reset: a request that a proxy may not send twice, lost.
 */
export function closeInQuiet(fastify: FastifyInstance): void {
  // The last thing that is done before the port and idle connections are closed.
  fastify.addHook('preClose', () => quietMoment(fastify.server));
}

/** Resolves after a short turn of the event loop in which neither a connection nor a request came. */
async function quietMoment(server: Server): Promise<void> {
  let came = 0;
  const count = (): void => {
    came += 1;
  };
  server.on('connection', count).on('request', count);
  try {
    const begun = performance.now();
    // The rest of this turn, which has taken its connections already: those that follow are whole ones.
    await nextTurn();
    for (let isQuiet = false; !isQuiet && performance.now() - begun < LONGEST;) {
      const [before, turned] = [came, performance.now()];
      await nextTurn();
      isQuiet = came === before && performance.now() - turned < SHORT;
    }
  } finally {
    server.off('connection', count).off('request', count);
  }
}
