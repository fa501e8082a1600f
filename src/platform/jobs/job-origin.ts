import { context, propagation, ROOT_CONTEXT, SpanKind, trace, type Attributes, type Link } from '@opentelemetry/api';
import { requestContext } from '../http/request-context.js';
import { inSpan, isTracing } from '../observability/index.js';

/** Where a job came from: the request that queued it, and its trace (`traceparent`, W3C Trace Context). */
export interface JobOrigin {
  readonly request_id?: string;
  readonly traceparent?: string;
}

/** The running request and trace, if there is one. */
function captureOrigin(): JobOrigin | null {
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
 * Queues jobs, where a trace is recorded as a span of its own, below which they will run: OpenTelemetry's "Semantic
 * conventions for messaging spans".
 */
export function sendFrom<T>(
  queue: string,
  ids: readonly string[],
  store: (origin: JobOrigin | null) => Promise<T>,
): Promise<T> {
  if (!isTracing()) return store(captureOrigin());
  const options = { kind: SpanKind.PRODUCER, attributes: messaging('send', queue, ids) };
  return inSpan(`send ${queue}`, options, () => store(captureOrigin()));
}

/** A claimed job, as far as its run tells of it. */
export interface RunningJob {
  readonly id: string;
  readonly origin: JobOrigin | null;
}

/**
 * Runs a batch so that its log lines carry its jobs and the id of the request that queued them (`lease` where there were
 * several), and as a span below that request's, or linked to all of them.
 */
export function runFrom<T>(
  queue: string,
  jobs: readonly RunningJob[],
  lease: string,
  work: () => Promise<T>,
): Promise<T> {
  const origins = jobs.map(({ origin }) => origin);
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
  const ids = jobs.map(({ id }) => id);
  const options = {
    kind: SpanKind.CONSUMER,
    attributes: messaging('process', queue, ids),
    links: isOne ? [] : links,
  };
  return requestContext.run({ requestId, job: { queue, ids } }, () =>
    inSpan(`process ${queue}`, options, work, parent),
  );
}

/** Runs a schedule: nobody caused it, so its log lines carry its lease, and its trace begins here. */
export function runSchedule<T>(id: string, lease: string, work: () => Promise<T>): Promise<T> {
  return requestContext.run({ requestId: lease, job: { queue: id, ids: [] } }, () =>
    inSpan(`schedule ${id}`, {}, work, ROOT_CONTEXT),
  );
}

function messaging(operation: 'send' | 'process', queue: string, ids: readonly string[]): Attributes {
  const [id] = ids;
  return {
    'messaging.system': 'postgresql',
    'messaging.destination.name': queue,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    ...(ids.length === 1 && id !== undefined
      ? { 'messaging.message.id': id }
      : { 'messaging.batch.message_count': ids.length }),
  };
}
