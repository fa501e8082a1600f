/** What tracing needs, read before the configuration is loaded (see `tracing.preload.ts`). */
export function readTracingEnvironment(env = process.env): { endpoint: string; serviceName: string } | undefined {
  const endpoint = env['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim();
  if (!endpoint || !URL.canParse(endpoint)) return undefined;
  const name = env['OTEL_SERVICE_NAME']?.trim() ?? '';
  return { endpoint: endpoint.replace(/\/+$/, ''), serviceName: name === '' ? 'family-assistant' : name };
}
