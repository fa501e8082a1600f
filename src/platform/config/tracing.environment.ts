import { readFileSync } from 'node:fs';
import { headersOf, TRACE_SAMPLERS, type TraceSampler } from './trace-settings.js';

/** Which traces are recorded. */
export interface TraceSampling {
  readonly kind: 'always_on' | 'always_off' | 'traceidratio';
  /** Part of the traces, from 0 to 1, for `traceidratio`. */
  readonly ratio: number;
  /** Whether a trace that comes with a request, or a job, keeps what was decided where it began. */
  readonly followsParent: boolean;
}

export interface TracingEnvironment {
  /** Address of the collector, without a slash at its end. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** Sent to the collector with each request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sampling: TraceSampling;
}

/**
 * What tracing needs, read before the configuration is loaded (see `tracing.preload.ts`). What is not valid counts as
 * not set: the configuration complains about it a moment later, and the start is refused.
 */
export function readTracingEnvironment(env = process.env): TracingEnvironment | undefined {
  const endpoint = valueOf('OTEL_EXPORTER_OTLP_ENDPOINT', env);
  if (!endpoint || !URL.canParse(endpoint)) return undefined;
  const sampler = env['OTEL_TRACES_SAMPLER']?.trim() as TraceSampler | undefined;
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG']?.trim() || '1');
  return {
    endpoint: endpoint.replace(/\/+$/, ''),
    serviceName: env['OTEL_SERVICE_NAME']?.trim() || 'family-assistant',
    headers: headersOf(valueOf('OTEL_EXPORTER_OTLP_HEADERS', env) ?? '') ?? {},
    sampling: samplingOf(sampler && TRACE_SAMPLERS.includes(sampler) ? sampler : 'parentbased_always_on', ratio),
  };
}

function samplingOf(sampler: TraceSampler, ratio: number): TraceSampling {
  return {
    kind: sampler.replace('parentbased_', '') as TraceSampling['kind'],
    ratio: ratio >= 0 && ratio <= 1 ? ratio : 1,
    followsParent: sampler.startsWith('parentbased_'),
  };
}

/** The variable, or the contents of the file that its twin names. */
function valueOf(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const file = env[`${name}_FILE`]?.trim();
  if (!file) return env[name]?.trim();
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
