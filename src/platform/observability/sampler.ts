import { tracing } from '@opentelemetry/sdk-node';
import type { TraceSampling } from '../config/tracing.environment.js';

/** Chooses the traces that are recorded. */
export function samplerOf({ kind, ratio, followsParent }: TraceSampling): tracing.Sampler {
  const root = {
    always_on: () => new tracing.AlwaysOnSampler(),
    always_off: () => new tracing.AlwaysOffSampler(),
    traceidratio: () => new tracing.TraceIdRatioBasedSampler(ratio),
  }[kind]();
  return followsParent ? new tracing.ParentBasedSampler({ root }) : root;
}
