import type { FastifyInstance } from 'fastify';

/**
 * Says `Connection: close` with each answer as soon as the server is about to stop. A client that keeps its connection
 * then takes another one, to a server that stays, before this one closes those that are idle: a request that is on its
 * way at that moment would be lost.
 */
export function closeConnectionsWhen(fastify: FastifyInstance, isStopping: () => boolean): void {
  // With the answer, not when the request comes: those under way at the signal are told as well.
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping()) reply.header('connection', 'close');
    done();
  });
}
