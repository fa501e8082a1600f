import { Logger } from '@nestjs/common';
import type { Metrics } from './metrics.js';
import { onExport } from './tracing.js';

/** Counts the spans that the collector takes, and says once when it is away and once when it is back. */
export function countSpans(metrics: Metrics): void {
  const logger = new Logger('Tracing');
  const spans = metrics.counter('trace_spans_total', 'Spans of traces by whether the collector took them', ['outcome']);
  const [sent, lost] = [spans.labels('sent'), spans.labels('lost')];
  let isAway = false;
  onExport((count, isTaken) => {
    (isTaken ? sent : lost).inc(count);
    if (isTaken && isAway) logger.log('the collector of traces is back');
    if (!isTaken && !isAway)
      logger.warn({ spans: count }, 'the collector of traces does not take spans; they are lost');
    isAway = !isTaken;
  });
}
