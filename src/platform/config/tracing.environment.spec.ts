import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from './load-config.js';
import { readTracingEnvironment } from './tracing.environment.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/' };

describe('the settings of tracing', () => {
  it('leave it off without a collector', () => {
    expect(readTracingEnvironment({})).toBeUndefined();
    expect(readTracingEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' })).toBeUndefined();
  });

  it('are what OpenTelemetry calls them', () => {
    expect(readTracingEnvironment(ENDPOINT)).toEqual({
      endpoint: 'http://127.0.0.1:4318',
      serviceName: 'family-assistant',
      headers: {},
      sampling: { kind: 'always_on', ratio: 1, followsParent: true },
    });
    const more = {
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x, x-b=2',
      OTEL_SERVICE_NAME: 'home',
    };
    expect(readTracingEnvironment({ ...ENDPOINT, ...more })).toMatchObject({
      serviceName: 'home',
      headers: { authorization: 'Bearer x', 'x-b': '2' },
      sampling: { kind: 'traceidratio', ratio: 0.25, followsParent: false },
    });
  });

  it.each([
    ['OTEL_TRACES_SAMPLER', { OTEL_TRACES_SAMPLER: 'sometimes' }],
    ['OTEL_TRACES_SAMPLER_ARG', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }],
    ['OTEL_TRACES_SAMPLER_ARG', { OTEL_TRACES_SAMPLER_ARG: '0.5' }],
    ['OTEL_EXPORTER_OTLP_HEADERS', { OTEL_EXPORTER_OTLP_HEADERS: 'planted-without-a-name' }],
    ['LOG_LEVELS', { LOG_LEVELS: 'http=loud' }],
    ['LOG_LEVELS', { LOG_LEVELS: 'http=warn,HTTP=info' }],
  ])('a bad %s refuses the start, without its value', (variable, env) => {
    const load = (): unknown => loadConfig({ NODE_ENV: 'test', ...env });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(variable);
    expect(load).not.toThrow('planted');
  });
});
