import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Link } from '@opentelemetry/api';
import { requestContext } from '../http/request-context.js';

/** Where a job came from: the request that queued it, and its trace (`traceparent`, W3C Trace Context). */
export interface JobOrigin {
  readonly request_id?: string;
  readonly traceparent?: string;
}

const tracer = trace.getTracer('family-assistant');

/** The running request and trace, if there is one. */
export function captureOrigin(): JobOrigin | null {
  const requestId = requestContext.get()?.requestId;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  const { traceparent } = carrier;
  if (requestId === undefined && traceparent === undefined) return null;
  return {
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/**
 * Runs a batch so that its log lines carry the id of the request that queued it (`lease` where there were several), and
 * as a span below that request's, or linked to all of them.
 */
export function runFrom<T>(
  queue: string,
  origins: readonly (JobOrigin | null)[],
  lease: string,
  work: () => Promise<T>,
): Promise<T> {
  const known = origins.flatMap((origin) => origin ?? []);
  const [first] = known;
  const isOne = first !== undefined && origins.every((origin) => origin?.request_id === first.request_id);
  const contexts = known.map((origin) => propagation.extract(ROOT_CONTEXT, origin));
  const links = contexts.flatMap<Link>((each) => {
    const span = trace.getSpanContext(each);
    return span ? [{ context: span }] : [];
  });
  const parent = isOne ? (contexts[0] ?? ROOT_CONTEXT) : ROOT_CONTEXT;
  const requestId = (isOne ? first.request_id : undefined) ?? lease;
  const options = { kind: SpanKind.CONSUMER, links: isOne ? [] : links };
  return requestContext.run({ requestId }, () =>
    tracer.startActiveSpan(`job ${queue}`, options, parent, async (span) => {
      try {
        return await work();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    }),
  );
}
