import { describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';
import { closeConnectionsWhen } from './closing-connections.js';

describe('closeConnectionsWhen', () => {
  it('leaves connections alone until the server stops, and then ends each with its answer', async () => {
    let isStopping = false;
    const server = fastify();
    closeConnectionsWhen(server, () => isStopping);
    server.get('/', () => {
      const answer = { isStopping };
      isStopping = true; // while the request is under way
      return answer;
    });
    server.get('/broken', () => {
      throw new Error('broken');
    });
    expect((await server.inject('/none')).headers.connection).toBe('keep-alive');
    const underWay = await server.inject('/');
    expect([underWay.json(), underWay.headers.connection]).toEqual([{ isStopping: false }, 'close']);
    for (const path of ['/', '/none', '/broken']) expect((await server.inject(path)).headers.connection).toBe('close');
    await server.close();
  });
});
