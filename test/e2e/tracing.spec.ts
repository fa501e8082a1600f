import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Collector, KIND } from '../support/tracing/collector.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { killServers, moveIn, ServerProcess } from '../support/process.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000);

/** Tells at the end of the process which modules of OpenTelemetry it has loaded. */
const LIST_MODULES = `data:text/javascript,${encodeURIComponent(`
  import { Module } from 'node:module';
  process.on('exit', () => {
    const names = Object.keys(Module._cache).map((file) => /node_modules\\/(@opentelemetry\\/[^/]+)/.exec(file)?.[1]);
    process.stderr.write(JSON.stringify([...new Set(names.filter(Boolean))]));
  });
`)}`;

/** Tracing of the real process: its preload has to be there before everything else. */
describe('tracing', () => {
  let database: TestDatabase;
  let collector: Collector;

  beforeEach(async () => {
    database = await newDatabase();
    collector = await Collector.listen();
  });
  afterEach(async () => {
    await killServers();
    await collector.close();
    await database.drop();
  });

  test('a sign-in is one trace: the request, the traced method, the statements; nothing is lost at the end', async () => {
    const server = await ServerProcess.start(
      { ...database.env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'family-under-test' },
      { imports: ['tracing', LIST_MODULES] },
    );
    const { email, password, token, refreshToken } = await moveIn(server);
    expect((await server.call('GET', '/family/members?limit=3', { token })).status).toBe(200);
    expect((await server.call('GET', '/users?q=words-of-a-search', { token })).status).toBe(200);
    expect((await server.call('GET', '/privacy/receipts/the-code-of-a-receipt')).status).toBe(404);
    expect((await server.call('GET', '/no-such/part-of-a-path')).status).toBe(404);
    expect(await server.stop()).toEqual({ code: 0, signal: null }); // what is queued is sent now
    expect(JSON.parse(server.stderr)).toContain('@opentelemetry/sdk-node');

    const spans = collector.spans();
    const login = spans.find(({ name }) => name === 'LoginService.login');
    expect(login).toBeDefined();
    const trace = spans.filter(({ traceId }) => traceId === login?.traceId);
    const request = trace.find(({ kind }) => kind === KIND.server);
    expect(request?.name).toBe('POST /api/v1/auth/login');
    expect(request?.parentSpanId).toBeUndefined();
    expect(login?.parentSpanId).toBe(request?.spanId);
    const statements = trace.filter(({ scope }) => scope === '@opentelemetry/instrumentation-pg');
    expect(statements.length).toBeGreaterThan(0);
    expect(spans.every(({ service }) => service === 'family-under-test')).toBe(true);

    // The hot read, by a named statement: a trace of its own.
    const read = spans.find(({ name }) => name === 'GET /api/v1/family/members');
    const below = spans.filter(
      ({ traceId, scope }) => traceId === read?.traceId && scope === '@opentelemetry/instrumentation-pg',
    );
    expect(below.length).toBeGreaterThan(0);
    expect(read?.traceId).not.toBe(login?.traceId);

    // Log lines of the request lead to the trace.
    const line = server.lines().find((each) => each['msg'] === 'request' && each['route'] === '/api/v1/auth/login');
    expect(line).toMatchObject({ trace_id: login?.traceId });

    const receipt = spans.find(({ name }) => name === 'GET /api/v1/privacy/receipts/:code');
    expect(receipt?.text).toContain('{"key":"url.path","value":{"stringValue":"/api/v1/privacy/receipts/:code"}}');
    const secrets = [password, email, token, refreshToken, 'Ada', 'words-of-a-search', 'the-code-of-a-receipt', 'part-of-a-path']; // prettier-ignore
    for (const secret of secrets) expect(collector.text).not.toContain(secret);
  });

  test('a collector that does not answer holds up neither requests nor the end', async () => {
    collector.hold();
    const server = await ServerProcess.start(
      { ...database.env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      { imports: ['tracing'] },
    );
    await moveIn(server);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  test('without an endpoint nothing of it is loaded', async () => {
    const server = await ServerProcess.start(database.env, { imports: ['tracing', LIST_MODULES] });
    await moveIn(server);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(JSON.parse(server.stderr)).not.toContain('@opentelemetry/sdk-node');
    expect(collector.text).toBe('');
  });
});
