import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { killServers, ServerProcess, until } from '../support/process.js';
import { Collector } from '../support/tracing/collector.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000);

/** Everything that can go wrong under the real instrumentations, with a secret wherever they look. */
describe('traces', () => {
  let database: TestDatabase;
  let collector: Collector;
  const sink = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(500).end('planted-answer-Zq71'));
  });

  beforeEach(async () => {
    database = await newDatabase();
    collector = await Collector.listen();
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await killServers();
    await collector.close();
    sink.closeAllConnections();
    await new Promise((resolve) => sink.close(resolve));
    await database.drop();
  });

  it('quote no error, value, path, query, header or key, whatever fails', async () => {
    const databaseUrl = database.env['DATABASE_URL'];
    const redisUrl = process.env['TEST_REDIS_URL'];
    const server = await ServerProcess.start(
      {
        ...database.env,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        LEAK_URL: `http://127.0.0.1:${String((sink.address() as AddressInfo).port)}`,
        ...(databaseUrl === undefined ? {} : { LEAK_DATABASE_URL: databaseUrl }),
        ...(redisUrl === undefined ? {} : { LEAK_REDIS_URL: redisUrl }),
      },
      { imports: ['tracing', join(PROJECT_DIR, 'test/support/tracing/leaks.mjs')] },
    );
    server.signal('SIGUSR2');
    await until('everything has failed', () => server.stderr.includes('leaks are done'));
    expect(await server.stop()).toEqual({ code: 0, signal: null });

    const root = collector.spans().find(({ name }) => name === 'leaks');
    const below = collector.spans().filter(({ traceId }) => traceId === root?.traceId);
    expect(below.flatMap(({ text }) => text.match(/.{0,60}(planted|Zq71).{0,40}/g) ?? [])).toEqual([]);
    expect(collector.text).not.toMatch(/planted|Zq71/);
    // The net has no holes: every instrumentation was there, and its failures are told as such.
    const scopes = new Set(below.map(({ scope }) => scope.replace('@opentelemetry/instrumentation-', '')));
    const expected = [
      'http',
      'undici',
      ...(databaseUrl ? ['pg'] : []),
      ...(redisUrl ? ['ioredis'] : []),
      'somebody-else',
    ];
    expect([...scopes].sort()).toEqual(expected.sort());
    expect(below.filter(({ status }) => status.code === 2).length).toBeGreaterThanOrEqual(databaseUrl ? 6 : 3);
  });
});
