import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { PROJECT_DIR } from '../../src/platform/config/index.js';

const LOAD = join(PROJECT_DIR, 'scripts', 'deployment', 'kubernetes', 'load.mjs');
const ENOUGH = 60;

interface Counts {
  readonly requests: number;
  readonly by_new_connections: number;
  readonly by_kept_connections: number;
  readonly connections_ended: number;
  readonly failed: Readonly<Record<string, number>>;
}

/** What the load tells after it has asked a server for a while. */
async function countsOf(answer: RequestListener): Promise<{ counts: Counts; asked: number; connections: number }> {
  let [asked, connections] = [0, 0];
  const enough = Promise.withResolvers<undefined>();
  const server = createServer((request, response) => {
    asked += 1;
    if (asked === ENOUGH) enough.resolve(undefined);
    answer(request, response);
  });
  server.keepAliveTimeout = 0; // however busy the machine is, connections are kept
  server.on('connection', () => (connections += 1));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const load = spawn(process.execPath, [LOAD, url], {
    env: { FA_TOKEN: 'token' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = text(load.stdout);
  await enough.promise;
  load.kill('SIGTERM');
  const counts = JSON.parse(await said) as Counts;
  server.close();
  return { counts, asked, connections };
}

describe('the load under which the chart is upgraded', () => {
  it('asks by new connections and by kept ones, and counts each request', async () => {
    const { counts, asked, connections } = await countsOf((request, response) => {
      response.writeHead(request.headers.authorization === 'Bearer token' ? 200 : 401).end('{}');
    });
    expect(counts).toMatchObject({ requests: asked, connections_ended: 0, failed: {} });
    expect(counts.by_new_connections).toBeGreaterThan(0);
    expect(counts.by_kept_connections).toBeGreaterThan(20);
    expect(connections).toBe(counts.by_new_connections + 20);
  });

  it('sees a connection that the server ends in order, and takes another one', async () => {
    const { counts } = await countsOf((_request, response) => {
      response.writeHead(200, { connection: 'close' }).end('{}');
    });
    expect(counts).toMatchObject({ connections_ended: counts.by_kept_connections, failed: {} });
  });

  it.each<[string, RegExp, RequestListener]>([
    ['is refused', /^status 503$/, (_request, response) => response.writeHead(503).end()],
    [
      'is refused for a reason',
      /^status 429 too_many$/,
      (_, response) => response.writeHead(429).end('{"code":"too_many"}'),
    ],
    ['breaks', /^ECONNRESET/, (request) => request.socket.destroy()],
    [
      'ends before its answer does',
      /^answer: ECONNRESET$/,
      (request, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('{}', () => request.socket.destroy());
      },
    ],
  ])('counts a request as failed that %s', async (_what, reason, answer) => {
    const { counts } = await countsOf(answer);
    expect(Object.values(counts.failed).reduce((sum, each) => sum + each, 0)).toBe(counts.requests);
    for (const each of Object.keys(counts.failed)) expect(each).toMatch(reason);
  });
});
