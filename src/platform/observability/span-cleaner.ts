import { SpanKind, type Attributes } from '@opentelemetry/api';
import type { tracing } from '@opentelemetry/sdk-node';
import { sqlWithoutTexts } from './sql-text.js';

type ReadableSpan = tracing.ReadableSpan;

/** The spans of this project; their names and the class of an error in their status are its own words. */
const OWN_SCOPE = 'family-assistant';

/** Longest statement and name that are sent, in characters. */
const LONGEST_STATEMENT = 4000;
const LONGEST_NAME = 200;

/** A name in a program: of a class, of an error, a number of a status. */
const WORD = /^[\w$.:-]{1,64}$/;

/**
 * What a span may say, by the names of OpenTelemetry's semantic conventions. Everything else is left out: addresses with
 * their paths and queries (tokens of bots, words of a search), headers, addresses of people's machines.
 */
const KEPT = new Set([
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'url.scheme',
  'network.protocol.name',
  'network.protocol.version',
  'server.address',
  'server.port',
  'error.type',
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.query.text',
  'db.postgresql.plan',
  'messaging.system',
  'messaging.destination.name',
  'messaging.operation.name',
  'messaging.operation.type',
  'messaging.message.id',
  'messaging.batch.message_count',
]);

/** Texts that a client of ours chooses: `server.address` is its `Host` header. */
const OF_CLIENTS = new Set(['server.address', 'server.port']);

/** A span as it leaves the house: what the instrumentations record of requests, statements and errors may quote people. */
export function cleanSpan(span: ReadableSpan): ReadableSpan {
  const isOwn = span.instrumentationScope.name === OWN_SCOPE;
  const { code, message = '' } = span.status;
  const context = span.spanContext();
  const { traceId, spanId, traceFlags, isRemote } = context;
  return {
    name: sqlWithoutTexts(span.name, LONGEST_NAME),
    kind: span.kind,
    // Without the trace state, which callers write.
    spanContext: () => ({ traceId, spanId, traceFlags, ...(isRemote === undefined ? {} : { isRemote }) }),
    ...(span.parentSpanContext ? { parentSpanContext: span.parentSpanContext } : {}),
    startTime: span.startTime,
    endTime: span.endTime,
    status: isOwn && WORD.test(message) ? { code, message } : { code },
    attributes: cleanAttributes(span.attributes, span.kind),
    links: span.links.map(({ context: { traceId, spanId, traceFlags } }) => ({
      context: { traceId, spanId, traceFlags },
    })),
    events: span.events.flatMap(({ name, time, attributes = {} }) => {
      const type = attributes['exception.type'];
      if (name !== 'exception' || typeof type !== 'string' || !WORD.test(type)) return [];
      return { name, time, attributes: { 'exception.type': type } };
    }),
    duration: span.duration,
    ended: span.ended,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

function cleanAttributes(attributes: Attributes, kind: SpanKind): Attributes {
  const clean: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (!KEPT.has(name) || (kind === SpanKind.SERVER && OF_CLIENTS.has(name))) continue;
    if (name === 'error.type' && !WORD.test(String(value))) continue;
    clean[name] = name === 'db.query.text' ? sqlWithoutTexts(String(value), LONGEST_STATEMENT) : value;
  }
  // The pattern of the route stands for the path; the path itself may be a code.
  if (typeof clean['http.route'] === 'string') clean['url.path'] = clean['http.route'];
  return clean;
}
