import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Longest wait for a quiet moment, in milliseconds: a server that is never idle closes all the same. */
const LONGEST = 1000;
/** A turn of the event loop that took longer may have left somebody waiting meanwhile; in milliseconds. */
const SHORT = 1;
/** Who has connected says something within so many milliseconds, or has connected for later, as browsers do. */
const SPEAKS_WITHIN = 100;

/**
 * Has the server close its port in a moment in which nobody waits at it. The system takes connections in the server's
 * name, and what came while the event loop was busy would be reset: a request that a proxy may not send twice, lost.
 * Connections that have never said anything are ended: Node waits for them as if each were a request.
 */
export function closeInQuiet(fastify: FastifyInstance): void {
  /** Who has connected, by `performance.now()`. */
  const connected = new Map<Socket, number>();
  fastify.server.on('connection', (socket: Socket) => {
    connected.set(socket, performance.now());
    socket.once('close', () => connected.delete(socket));
  });
  const silent = (): [Socket, number][] => [...connected].filter(([socket]) => socket.bytesRead === 0);
  // The last thing that is done before the port and idle connections are closed.
  fastify.addHook('preClose', async () => {
    await quietMoment(fastify.server, () => silent().some(([, at]) => performance.now() - at < SPEAKS_WITHIN));
    for (const [socket] of silent()) socket.destroy();
  });
}

/** Resolves after a short turn of the event loop in which neither a connection nor a request came, nor is to come. */
async function quietMoment(server: Server, isExpecting: () => boolean): Promise<void> {
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
      isQuiet = came === before && performance.now() - turned < SHORT && !isExpecting();
    }
  } finally {
    server.off('connection', count).off('request', count);
  }
}
