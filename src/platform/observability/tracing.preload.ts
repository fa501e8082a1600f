/**
 * Loaded before everything else (`node --import`). Does nothing unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set, because
 * tracing costs throughput (docs/OBSERVABILITY.md); the instrumentation has to be in place before `http` and `pg` are loaded.
 */
import { register } from 'node:module';
import { loadEnvFile } from '../config/environment.js';
import { readTracingEnvironment } from '../config/tracing.environment.js';
import { onTracingEnd } from './tracing.js';

/** Spans that wait for the collector; what comes beyond them is lost, so that a collector that is away costs no more memory. */
const QUEUE = 2048;
/** Spans in a request to the collector, and the time between two, in milliseconds. */
const BATCH = 512;
const INTERVAL = 5000;
/** Longest wait for the collector's answer, in milliseconds. */
const PATIENCE = 10_000;

loadEnvFile();
const settings = readTracingEnvironment();
if (settings) {
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const [
    { NodeSDK, core, resources, tracing },
    { HttpInstrumentation },
    { PgInstrumentation },
    { IORedisInstrumentation },
    { UndiciInstrumentation },
    { OTLPTraceExporter },
    { CleanExporter },
    { samplerOf },
    { traceParentOnly },
  ] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/instrumentation-http'),
    import('@opentelemetry/instrumentation-pg'),
    import('@opentelemetry/instrumentation-ioredis'),
    import('@opentelemetry/instrumentation-undici'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('./clean-exporter.js'),
    import('./sampler.js'),
    import('./trace-parent.js'),
  ]);
  const exporter = new OTLPTraceExporter({
    url: `${settings.endpoint}/v1/traces`,
    headers: settings.headers,
    timeoutMillis: PATIENCE,
  });
  const sdk = new NodeSDK({
    serviceName: settings.serviceName,
    // What else could be found out (the command line, the name of the user) says too much.
    resourceDetectors: [resources.envDetector, resources.serviceInstanceIdDetector],
    sampler: samplerOf(settings.sampling),
    textMapPropagator: traceParentOnly(new core.W3CTraceContextPropagator()),
    spanProcessors: [
      new tracing.BatchSpanProcessor(new CleanExporter(exporter), {
        maxQueueSize: QUEUE,
        maxExportBatchSize: BATCH,
        scheduledDelayMillis: INTERVAL,
        exportTimeoutMillis: PATIENCE,
      }),
    ],
    // Metrics are Prometheus's, logs are on standard output: neither goes to the collector.
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url }) => /^\/(health|ready|metrics|status)([/?]|$)/.test(url ?? ''),
        requireParentforOutgoingSpans: true,
        // Queries hold the words people search for, paths codes of receipts; `observeRequests` gives the route instead.
        startIncomingSpanHook: ({ url }) => ({
          'url.path': '[redacted]',
          ...(url?.includes('?') ? { 'url.query': '[redacted]' } : {}),
        }),
      }),
      // Statements are recorded with placeholders; their values never are.
      new PgInstrumentation({ enhancedDatabaseReporting: false, requireParentSpan: true }),
      new IORedisInstrumentation({ dbStatementSerializer: (command) => command, requireParentSpan: true }),
      new UndiciInstrumentation({ requireParentforSpans: true }),
    ],
  });
  sdk.start();
  onTracingEnd(() => sdk.shutdown());
}
