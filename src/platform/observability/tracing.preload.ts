/**
 * Loaded before everything else (`node --import`). Does nothing unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set, because
 * tracing costs a third of the throughput; the instrumentation has to be in place before `http` and `pg` are loaded.
 */
import { register } from 'node:module';
import { loadEnvFile } from '../config/environment.js';
import { readTracingEnvironment } from '../config/tracing.environment.js';
import { onTracingEnd } from './tracing.js';

loadEnvFile();
const tracing = readTracingEnvironment();
if (tracing) {
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const [
    { NodeSDK },
    { HttpInstrumentation },
    { PgInstrumentation },
    { IORedisInstrumentation },
    { OTLPTraceExporter },
  ] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/instrumentation-http'),
    import('@opentelemetry/instrumentation-pg'),
    import('@opentelemetry/instrumentation-ioredis'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const sdk = new NodeSDK({
    serviceName: tracing.serviceName,
    traceExporter: new OTLPTraceExporter({ url: `${tracing.endpoint}/v1/traces` }),
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url }) => /^\/(health|ready|metrics)/.test(url ?? ''),
        // Queries hold the words people search for, paths codes of receipts; `observeRequests` gives the route instead.
        startIncomingSpanHook: ({ url }) => ({
          'url.path': '[redacted]',
          ...(url?.includes('?') ? { 'url.query': '[redacted]' } : {}),
        }),
      }),
      // Statements are recorded with placeholders; their values never are.
      new PgInstrumentation({ enhancedDatabaseReporting: false, requireParentSpan: true }),
      new IORedisInstrumentation({ dbStatementSerializer: (command) => command, requireParentSpan: true }),
    ],
  });
  sdk.start();
  onTracingEnd(() => sdk.shutdown());
}
