import type { TextMapGetter, TextMapPropagator } from '@opentelemetry/api';

/**
 * Carries `traceparent` (W3C Trace Context) and nothing besides: `tracestate` and `baggage` are free texts, which a caller
 * could have passed on to the servers that this one calls.
 */
export function traceParentOnly(propagator: TextMapPropagator): TextMapPropagator {
  return {
    inject: (context, carrier, setter) => {
      propagator.inject(context, carrier, setter);
    },
    extract: (context, carrier, getter) => propagator.extract(context, carrier, onlyParent(getter)),
    fields: () => ['traceparent'],
  };
}

const onlyParent = <Carrier>(getter: TextMapGetter<Carrier>): TextMapGetter<Carrier> => ({
  keys: (carrier) => getter.keys(carrier).filter((name) => name.toLowerCase() === 'traceparent'),
  get: (carrier, name) => (name.toLowerCase() === 'traceparent' ? getter.get(carrier, name) : undefined),
});
