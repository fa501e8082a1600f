import type { MetricObjectWithValues, MetricValueWithName, Registry } from 'prom-client';
import { labelsOf, NAME } from './promql/labels.js';
import type { Sample } from './promql/values.js';
import { within } from './within.js';

/** Longest wait for one metric, which may ask the database, in milliseconds. */
const TIME_LIMIT = 2000;
/** What the series of one metric may be called, beside its own name. */
const SUFFIXES = ['', '_bucket', '_sum', '_count'];

const LAG = 'nodejs_eventloop_lag_seconds';
const OF_LAG = /nodejs_eventloop_lag_\w+_seconds$/;

interface Readable {
  readonly name: string;
  get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>>;
}

/** Reads those metrics of a registry that are wanted, as Prometheus would read them: with the label `instance`. */
export class MetricSampler {
  /** Readings that have not come back: they are not asked again meanwhile. */
  private readonly pending = new Set<string>();

  constructor(
    private readonly registry: Registry,
    private readonly instance: string,
    private readonly isWanted: (series: string) => boolean,
  ) {}

  /** Metrics that do not answer in time are missing, and count as gone. */
  async sample(): Promise<Sample[]> {
    const metrics = this.registry.getMetricsAsArray() as unknown as readonly Readable[];
    const wanted = metrics.filter(({ name }) => SUFFIXES.some((suffix) => this.isWanted(`${name}${suffix}`)));
    // The library fills all metrics of the event loop's lag when this one is read, and begins anew.
    if (wanted.some(({ name }) => OF_LAG.test(name)))
      await Promise.all(metrics.filter(({ name }) => name.endsWith(LAG)).map((metric) => this.read(metric)));
    const read = await Promise.all(wanted.map((metric) => this.read(metric)));
    return read.flat();
  }

  private async read(metric: Readable): Promise<Sample[]> {
    const { name } = metric;
    if (this.pending.has(name)) return [];
    this.pending.add(name);
    const values = metric.get().finally(() => this.pending.delete(name));
    const read = await within(values, TIME_LIMIT).catch(() => undefined);
    return (read?.values ?? []).flatMap((value) => this.sampleOf(name, value));
  }

  private sampleOf(metric: string, { metricName, labels, value }: MetricValueWithName<string>): Sample[] {
    const name = metricName ?? metric;
    if (!this.isWanted(name)) return [];
    const texts = Object.entries(labels).map(([label, text]): [string, string] => [label, String(text)]);
    return [{ labels: labelsOf([...texts, ['instance', this.instance], [NAME, name]]), value }];
  }
}
