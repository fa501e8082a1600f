import { Injectable } from '@nestjs/common';
import { Gauge, type Counter, type Histogram } from 'prom-client';
import { Metrics } from '../../../platform/observability/index.js';
import type { RuleState } from '../rule-state.js';
import type { SeriesStore } from './series/series-store.js';

/** What the evaluation of rules tells of itself. */
@Injectable()
export class EvaluationMetrics {
  private readonly failures: Counter;
  private readonly durations: Histogram;
  private store: SeriesStore | undefined;
  private states: () => readonly RuleState[] = () => [];
  private evaluatedAt: number | undefined;

  constructor(metrics: Metrics) {
    this.failures = metrics.counter(
      'alert_evaluation_failures_total',
      'Evaluations of a rule, or of all, that failed',
      [],
    );
    this.durations = metrics.histogram('alert_evaluation_duration_seconds', 'Duration of an evaluation of all rules');
    const gauge = (name: string, help: string, read: () => number | undefined): void => {
      new Gauge({
        name: `family_assistant_${name}`,
        help,
        registers: [metrics.registry],
        collect() {
          this.reset();
          const value = read();
          if (value === undefined) this.remove();
          else this.set(value);
        },
      });
    };
    gauge('alert_last_evaluation_timestamp_seconds', 'When rules were last evaluated', () => this.evaluatedAt);
    gauge('alert_series', 'Series that are kept for rules', () => this.store?.size);
    gauge('alert_series_bytes', 'Memory that they take', () => this.store?.bytes);
    gauge('alert_series_refused', 'Series that were left out for want of room', () => this.store?.refused);
    metrics.gauge(
      'alerts',
      'Alerts of rules by state',
      (all) => {
        all.reset();
        for (const { severity, instances } of this.states())
          for (const { state } of instances) all.inc({ severity, state });
      },
      ['severity', 'state'],
    );
  }

  /** Says what there is to measure. */
  watch(store: SeriesStore, states: () => readonly RuleState[]): void {
    this.store = store;
    this.states = states;
  }

  /** @param at milliseconds since 1970 @param seconds it took @param failed how many rules failed */
  evaluated(at: number, seconds: number, failed: number): void {
    this.evaluatedAt = at / 1000;
    this.durations.observe(seconds);
    if (failed > 0) this.failures.inc(failed);
  }

  /** An evaluation as a whole that did not come to its end. */
  failed(): void {
    this.failures.inc();
  }
}
