import { context, SpanStatusCode, trace, type Context, type Span, type SpanOptions } from '@opentelemetry/api';

const tracer = trace.getTracer('family-assistant');

/**
 * Runs work as a span of its own. A failure is told by the class of its error, never by its message, which may quote
 * what people wrote. Costs nothing worth naming while tracing is off.
 * @param parent of the span; the running one unless given
 */
export function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: () => Promise<T>,
  parent: Context = context.active(),
): Promise<T> {
  return tracer.startActiveSpan(name, options, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Whether a trace is being recorded around the caller. */
export const isTracing = (): boolean => trace.getActiveSpan()?.isRecording() ?? false;

/** Marks the running span as failed, where the error is dealt with and not thrown on. */
export function failSpan(error: unknown): void {
  const span = trace.getActiveSpan();
  if (span) fail(span, error);
}

function fail(span: Span, error: unknown): void {
  const message = error instanceof Error ? error.constructor.name : 'error';
  span.setAttribute('error.type', message).setStatus({ code: SpanStatusCode.ERROR, message });
}
