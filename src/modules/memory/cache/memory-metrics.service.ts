import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CommitNews } from '../../../platform/database/index.js';
import { Metrics } from '../../../platform/observability/index.js';
import { MEMORIES_TOUCHED } from '../memories/memories.repository.js';

type Layer = 'cache' | 'postgresql' | 'embedding' | 'extraction';

/** How long the layers of the memory take, and what is done to memories. */
@Injectable()
export class MemoryMetrics implements OnModuleInit {
  private readonly latency;
  private readonly operations;
  private readonly series = new Map<string, { observe(seconds: number): void }>();

  constructor(
    metrics: Metrics,
    private readonly news: CommitNews,
  ) {
    this.latency = metrics.histogram('memory_layer_latency_seconds', 'Duration of steps of the memory, by layer', [
      'layer',
      'operation',
    ]);
    this.operations = metrics.counter('memories_total', 'What was done to memories and turns', ['operation']);
  }

  onModuleInit(): void {
    this.news.listen(MEMORIES_TOUCHED, (counts) => {
      for (const [operation, count] of counts) this.operations.labels(operation).inc(count);
    });
  }

  /** Measures work, also when it fails. */
  async time<T>(layer: Layer, operation: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.seriesOf(layer, operation).observe((performance.now() - started) / 1000);
    }
  }

  private seriesOf(layer: Layer, operation: string): { observe(seconds: number): void } {
    const key = `${layer} ${operation}`;
    const series = this.series.get(key) ?? this.latency.labels(layer, operation);
    this.series.set(key, series);
    return series;
  }
}
