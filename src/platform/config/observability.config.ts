import { EnvChoice, EnvInteger, EnvSecret, EnvText, EnvUrl } from './env.decorators.js';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Logs, metrics and traces. */
export class ObservabilityConfig {
  @EnvChoice('LOG_LEVEL', {
    description: 'Least level that is logged. Default: `debug` in development, `info` in production, `warn` in tests.',
    optional: true,
    choices: LOG_LEVELS,
  })
  logLevel?: (typeof LOG_LEVELS)[number];

  @EnvSecret('METRICS_TOKEN', {
    description: 'Bearer token that opens `/metrics` where the server does not listen on loopback only.',
    optional: true,
  })
  metricsToken?: string;

  @EnvUrl('OTEL_EXPORTER_OTLP_ENDPOINT', {
    description: 'OpenTelemetry collector (OTLP over HTTP). Tracing is off without it.',
    optional: true,
    protocols: ['http:', 'https:'],
    example: 'http://127.0.0.1:4318',
  })
  otlpEndpoint?: string;

  @EnvText('OTEL_SERVICE_NAME', { description: 'Name of this service in traces.' })
  serviceName = 'family-assistant';

  @EnvInteger('HEALTH_DISK_MINIMUM', {
    description: 'Free space below which the disk counts as unhealthy.',
    unit: 'MiB',
    min: 1,
    max: 1_048_576,
  })
  diskMinimum = 256;

  @EnvInteger('HEALTH_MEMORY_MAXIMUM', {
    description: 'Resident memory above which the process counts as unhealthy.',
    unit: 'MiB',
    min: 256,
    max: 1_048_576,
  })
  memoryMaximum = 2048;
}
