import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { answer, Provider } from '../support/embedding/provider.js';
import { killServers, moveIn, ServerProcess, until, type LogLine } from '../support/process.js';
import { Collector, KIND, STATUS_ERROR, type Span } from '../support/tracing/collector.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(180_000);

const CONTENT = 'Leo keeps the spare key under the geranium Vt5';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const UNSAMPLED = `00-${TRACE}-b7ad6b7169203331-00`;

/** One trace across the queue, of a real process whose vectors come from a server of embeddings. */
describe('the trace of a memory', () => {
  let database: TestDatabase;
  let collector: Collector;
  let provider: Provider;
  let endpoint: string;

  beforeEach(async () => {
    database = await newDatabase();
    collector = await Collector.listen();
    endpoint = collector.url;
    provider = await Provider.start();
  });
  afterEach(async () => {
    await killServers();
    await Promise.all([collector.close(), provider.stop()]);
    await database.drop();
  });

  const start = (env: Record<string, string> = {}): Promise<ServerProcess> =>
    ServerProcess.start(
      {
        ...database.env,
        LOG_LEVEL: 'debug',
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        EMBEDDINGS: 'openai',
        EMBEDDINGS_URL: `${provider.url}/path-of-a-secret-Ws83`,
        EMBEDDINGS_MODEL: 'tiny',
        EMBEDDINGS_DIMENSIONS: '2',
        ...env,
      },
      { imports: ['tracing'] },
    );

  /** Remembers something, with headers, and waits until it has its vector. */
  const remember = async (server: ServerProcess, token: string, headers: Record<string, string>): Promise<void> => {
    const response = await server.fetch('/api/v1/memories', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ content: CONTENT }),
    });
    expect(response.status).toBe(201);
    await until('the embedding is asked for', () =>
      provider.requests.some(({ body }) => body.input.join().includes('Vt5')),
    );
    await until('the job has run', () => jobLines(server).length > 0);
  };
  const jobLines = (server: ServerProcess): LogLine[] =>
    server.lines().filter((line) => line['msg'] === 'jobs have run' && line['queue'] === 'memory.embed');

  test('leads from the request through service and statements to the job, its statements and its calls', async () => {
    const server = await start();
    const { token } = await moveIn(server);
    await remember(server, token, {
      'x-request-id': 'request-of-a-memory',
      traceparent: PARENT,
      tracestate: 'vendor=planted-state',
      baggage: 'person=planted-baggage',
    });
    const lines = server.lines();
    expect(await server.stop()).toEqual({ code: 0, signal: null });

    const spans = collector.spans().filter(({ traceId }) => traceId === TRACE);
    const one = (found: (span: Span) => boolean): Span => {
      const [span, ...others] = spans.filter(found);
      expect(others).toEqual([]);
      if (!span) throw new Error('a span is missing');
      return span;
    };
    const childrenOf = ({ spanId }: Span): Span[] => spans.filter(({ parentSpanId }) => parentSpanId === spanId);
    const statements = (span: Span): Span[] =>
      childrenOf(span).filter(({ scope }) => scope === '@opentelemetry/instrumentation-pg');

    const request = one(({ kind }) => kind === KIND.server);
    expect(request).toMatchObject({ name: 'POST /api/v1/memories', parentSpanId: 'b7ad6b7169203331' });
    const service = one(({ name }) => name === 'MemoryService.create');
    expect(service.parentSpanId).toBe(request.spanId);
    expect(statements(service).length).toBeGreaterThan(0);
    const send = one(({ name }) => name === 'send memory.embed');
    expect(send.parentSpanId).toBe(service.spanId);
    const sent = { 'messaging.system': 'postgresql', 'messaging.destination.name': 'memory.embed' };
    expect(send).toMatchObject({ kind: KIND.producer, attributes: { ...sent, 'messaging.operation.type': 'send' } });
    const run = one(({ name }) => name === 'process memory.embed');
    expect(run).toMatchObject({
      kind: KIND.consumer,
      parentSpanId: send.spanId,
      attributes: {
        ...sent,
        'messaging.operation.type': 'process',
        'messaging.message.id': send.attributes['messaging.message.id'],
      },
    });
    expect(statements(run).length).toBeGreaterThan(0);
    const call = one(({ scope }) => scope === '@opentelemetry/instrumentation-undici');
    expect(call).toMatchObject({
      parentSpanId: run.spanId,
      kind: KIND.client,
      name: 'POST',
      attributes: { 'server.address': '127.0.0.1', 'http.response.status_code': 200 },
    });
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);

    // What goes on to others is the id of the trace, and nothing of what the caller said besides.
    const asked = provider.requests.find(({ body }) => body.input.join().includes('Vt5'));
    expect(asked?.headers['traceparent']).toBe(`00-${TRACE}-${call.spanId}-01`);
    expect([asked?.headers['tracestate'], asked?.headers['baggage']]).toEqual([undefined, undefined]);
    for (const secret of ['planted', 'path-of-a-secret-Ws83', 'Vt5']) expect(collector.text).not.toContain(secret);
    // Metrics and logs stay here.
    expect([...collector.paths]).toEqual(['/v1/traces']);

    // Every line of the request and of its job leads to the request and into the trace.
    const related = lines.filter((line) => line['request_id'] === 'request-of-a-memory');
    expect(related.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['request', 'jobs have run']));
    expect(related.filter((line) => line['trace_id'] !== TRACE)).toEqual([]);
    expect(related.find(({ msg }) => msg === 'jobs have run')).toMatchObject({
      queue: 'memory.embed',
      job_id: send.attributes['messaging.message.id'],
      span_id: run.spanId,
      outcome: 'succeeded',
    });
  });

  test('tells of a job that failed by the class of its error', async () => {
    const server = await start();
    const { token } = await moveIn(server);
    provider.next.push(...Array.from({ length: 20 }, () => answer({ error: 'planted-answer-Hd27' }, 401)));
    await remember(server, token, { traceparent: PARENT });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const run = collector.spans().find(({ traceId, name }) => traceId === TRACE && name === 'process memory.embed');
    expect(run?.status).toEqual({ code: STATUS_ERROR, message: expect.stringMatching(/^[A-Za-z]+$/) });
    expect(collector.text).not.toContain('planted-answer-Hd27');
  });

  test('is recorded as often as the sampler says', async () => {
    const runs: [sampler: string, argument: string | undefined, parent: string | undefined, isRecorded: boolean][] = [
      ['always_off', undefined, PARENT, false],
      ['parentbased_always_off', undefined, PARENT, true],
      ['parentbased_always_on', undefined, UNSAMPLED, false],
      ['traceidratio', '0', undefined, false],
      ['parentbased_traceidratio', '1', undefined, true],
    ];
    for (const [sampler, argument, parent, isRecorded] of runs) {
      const own = await Collector.listen();
      const server = await start({
        OTEL_EXPORTER_OTLP_ENDPOINT: own.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-token=for%20the%20collector',
        OTEL_TRACES_SAMPLER: sampler,
        ...(argument === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: argument }),
      });
      const answered = await server.fetch('/api/v1/auth/me', {
        headers: parent === undefined ? {} : { traceparent: parent },
      });
      expect(answered.status).toBe(401);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
      const recorded = own.spans().some(({ name }) => name === 'GET /api/v1/auth/me');
      expect([sampler, recorded]).toEqual([sampler, isRecorded]);
      if (recorded) expect(own.headers['x-token']).toBe('for the collector');
      await own.close();
    }
  });

  test('is lost while the collector is away: requests go on, and a metric and one line tell of it', async () => {
    await collector.close();
    const server = await start();
    await moveIn(server);
    const metric = async (): Promise<string> => (await server.fetch('/metrics')).text();
    await until('spans are lost', async () => /trace_spans_total\{outcome="lost"\} [1-9]/.test(await metric()));
    expect((await server.fetch('/health/ready')).status).toBe(200);
    collector = await Collector.listen(Number(new URL(endpoint).port));
    await until('spans are taken', async () => {
      await server.fetch('/api/v1/auth/me');
      return /trace_spans_total\{outcome="sent"\} [1-9]/.test(await metric());
    });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const told = server.lines().filter((line) => line['context'] === 'Tracing');
    expect(told.map(({ level }) => level)).toEqual(['warn', 'info']);
  });
});
