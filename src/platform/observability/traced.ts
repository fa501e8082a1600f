import { inSpan } from './in-span.js';

type AsyncMethod = (...args: never[]) => Promise<unknown>;

/** Records each call of an asynchronous method as a span named `Class.method`. Costs nothing while tracing is off. */
export function Traced(
  name?: string,
): <Method extends AsyncMethod>(target: object, property: string, descriptor: TypedPropertyDescriptor<Method>) => void {
  return <Method extends AsyncMethod>(
    target: object,
    property: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const original = descriptor.value;
    if (!original) return;
    const spanName = name ?? `${target.constructor.name}.${property}`;
    const traced = function (this: unknown, ...args: Parameters<Method>): Promise<unknown> {
      return inSpan(spanName, {}, () => original.apply(this, args));
    };
    descriptor.value = traced as Method;
  };
}
