import { EnvChoice, EnvInteger, EnvList, EnvSecret, EnvText, EnvUrl } from './env.decorators.js';
import { headersOf, TRACE_SAMPLERS, type TraceSampler } from './trace-settings.js';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const COMPONENT_LEVEL = new RegExp(`^[A-Za-z][\\w-]{0,63}=(${LOG_LEVELS.join('|')})$`);

/** Logs, metrics and traces. */
export class ObservabilityConfig {
  @EnvChoice('LOG_LEVEL', {
    description: 'Least level that is logged. Default: `debug` in development, `info` in production, `warn` in tests.',
    optional: true,
    choices: LOG_LEVELS,
  })
  logLevel?: LogLevel;

  @EnvList('LOG_LEVELS', {
    description:
      'Levels of single components, by the `context` of their lines: `http` (the line of each request), `Jobs`, `Backup` and so on. Case does not matter.',
    each: COMPONENT_LEVEL,
    says: 'must be pairs as http=warn,jobs=debug, each with a level',
    example: 'http=warn,jobs=debug',
  })
  logLevels: string[] = [];

  @EnvInteger('LOG_SLOW_REQUEST', {
    description: 'The line of a request that took longer is a warning and says `slow`; 0 for never.',
    unit: 'milliseconds',
    min: 0,
    max: 600_000,
  })
  slowRequest = 2000;

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

  @EnvSecret('OTEL_EXPORTER_OTLP_HEADERS', {
    description: 'Headers for the collector, as `name=value,name=value` with percent-encoded values.',
    optional: true,
    example: 'authorization=Bearer%20secret',
  })
  otlpHeaders?: string;

  @EnvChoice('OTEL_TRACES_SAMPLER', {
    description:
      'Which traces are recorded. With `parentbased_` a trace that comes with a request keeps what its beginning decided.',
    choices: TRACE_SAMPLERS,
  })
  tracesSampler: TraceSampler = 'parentbased_always_on';

  @EnvText('OTEL_TRACES_SAMPLER_ARG', {
    description: 'Part of the traces that the samplers `traceidratio` record, from 0 to 1. Default: 1.',
    optional: true,
    pattern: /^(0(\.\d+)?|1(\.0+)?)$/,
    example: '0.1',
  })
  tracesSamplerArg?: string;

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

  /** The levels of `LOG_LEVELS` by component, in small letters. */
  get componentLevels(): ReadonlyMap<string, LogLevel> {
    return new Map(
      this.logLevels.map((pair) => {
        const [component = '', level] = pair.split('=');
        return [component.toLowerCase(), level as LogLevel];
      }),
    );
  }

  /** What single fields cannot say: faulty variables with what is wrong. */
  problems(): (readonly [variable: string, message: string])[] {
    const problems: (readonly [string, string])[] = [];
    if (this.otlpHeaders !== undefined && !headersOf(this.otlpHeaders))
      problems.push(['OTEL_EXPORTER_OTLP_HEADERS', 'must be name=value,name=value with percent-encoded values']);
    if (this.tracesSamplerArg !== undefined && !this.tracesSampler.endsWith('traceidratio'))
      problems.push([
        'OTEL_TRACES_SAMPLER_ARG',
        'needs OTEL_TRACES_SAMPLER=traceidratio or parentbased_traceidratio: no other one heeds it',
      ]);
    const components = this.logLevels.map((pair) => pair.split('=')[0]?.toLowerCase());
    if (new Set(components).size < components.length) problems.push(['LOG_LEVELS', 'names a component twice']);
    return problems;
  }
}
