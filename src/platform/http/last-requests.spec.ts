import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { closeInQuiet } from './last-requests.js';

const REQUEST = 'POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';

describe('closeInQuiet', () => {
  const start = async (): Promise<{ server: FastifyInstance; port: number }> => {
    const server = fastify({ return503OnClosing: false, forceCloseConnections: 'idle' });
    closeInQuiet(server);
    server.post('/', () => 'taken');
    await server.listen({ port: 0, host: '127.0.0.1' });
    return { server, port: (server.server.address() as AddressInfo).port };
  };

  it('answers who has connected while the server was busy, and closes then', async () => {
    const { server, port } = await start();
    // The system makes the connections at once; the server has not heard of them when it is told to close.
    const sockets: Socket[] = Array.from({ length: 20 }, () => connect({ host: '127.0.0.1', port }));
    const closed = server.close();
    for (const socket of sockets) socket.write(REQUEST);
    const answers = await Promise.all(sockets.map((socket) => text(socket)));
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*taken$/);
    await closed;
    const late = connect({ host: '127.0.0.1', port });
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('waits for who has just connected, and ends who says nothing', async () => {
    const { server, port } = await start();
    const sockets = Array.from({ length: 2 }, () => connect({ host: '127.0.0.1', port }));
    const [speaking, silent] = sockets as [Socket, Socket];
    const both = new Promise<void>((resolve) => {
      let connections = 0;
      server.server.on('connection', () => {
        if ((connections += 1) === 2) resolve();
      });
    });
    const [answer, nothing] = [text(speaking), text(silent)];
    await both;
    const closed = server.close();
    setTimeout(() => speaking.write(REQUEST), 20);
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*taken$/);
    expect(await nothing).toBe('');
    await closed;
  });

  it('closes also when it is never quiet', async () => {
    const { server } = await start();
    let isOver = false;
    const busy = (): void => {
      const until = performance.now() + 3;
      while (performance.now() < until);
      if (!isOver) setImmediate(busy);
    };
    busy();
    await server.close();
    isOver = true;
    expect(server.server.listening).toBe(false);
  });
});
