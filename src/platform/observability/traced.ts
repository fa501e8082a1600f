import { SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('family-assistant');

/** Records each call of an asynchronous method as a span named `Class.method`. Costs nothing while tracing is off. */
export function Traced(name?: string) {
  return <Args extends unknown[], Result>(
    target: object,
    property: string,
    descriptor: TypedPropertyDescriptor<(...args: Args) => Promise<Result>>,
  ): void => {
    const original = descriptor.value;
    if (!original) return;
    const spanName = name ?? `${target.constructor.name}.${property}`;
    descriptor.value = function (...args: Args): Promise<Result> {
      return tracer.startActiveSpan(spanName, async (span) => {
        try {
          return await original.apply(this, args);
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.constructor.name : 'error' });
          throw error;
        } finally {
          span.end();
        }
      });
    };
  };
}
