import { core, type tracing } from '@opentelemetry/sdk-node';
import { cleanSpan } from './span-cleaner.js';
import { tellExport } from './tracing.js';

/** Hands spans to another exporter, without what they must not say, and tells how that went. */
export class CleanExporter implements tracing.SpanExporter {
  constructor(private readonly inner: tracing.SpanExporter) {}

  export(spans: tracing.ReadableSpan[], done: (result: core.ExportResult) => void): void {
    this.inner.export(spans.map(cleanSpan), (result) => {
      tellExport(spans.length, result.code === core.ExportResultCode.SUCCESS);
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.inner.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }
}
