import type { Labels } from '../../alert.js';
import type { LabelMatcher } from '../../rules/promql/ast.js';
import type { Need } from '../../rules/promql/selectors.js';
import type { Latest, SeriesSource } from '../promql/evaluate.js';
import { keyOf, labelsOf, NAME } from '../promql/labels.js';
import type { Sample, Vector, Window } from '../promql/values.js';
import { BYTES_PER_SAMPLE, BYTES_PER_SERIES, Series } from './series.js';

/** How much is kept at most. */
export interface StoreBounds {
  readonly series: number;
  readonly bytes: number;
}

/** Time beyond what a selector reads, in milliseconds: an evaluation may be late. */
const SPARE = 60_000;
/** Says that there is no room, and so has room: one series of it. */
const REFUSED = 'family_assistant_alert_series_refused';

/**
 * The series that rules read, in memory, as long as rules read back. What goes beyond the bounds is left out and
 * counted: series that are there already go on, new ones wait until others have ended.
 */
export class SeriesStore implements SeriesSource {
  private readonly byName = new Map<string, Map<string, Series>>();
  private readonly keeps = new Map<string, number | undefined>();
  private bytesHeld = 0;
  private count = 0;
  private refusedKeys = new Set<string>();

  constructor(
    private readonly needs: readonly Need[],
    private readonly bounds: StoreBounds,
  ) {}

  get size(): number {
    return this.count;
  }

  get bytes(): number {
    return this.bytesHeld;
  }

  /** Series that were left out at the last sample because of the bounds. */
  get refused(): number {
    return this.refusedKeys.size;
  }

  /** Whether a rule reads any series of this metric. */
  isNeeded(metric: string): boolean {
    return this.needs.some(({ matchers }) => matchers.every(({ name, fits }) => name !== NAME || fits(metric)));
  }

  /**
   * One sample of everything: what there is at this moment. Series that were there before and are not any more have
   * ended.
   * @param isPart says which series of the store belong to this sample, for what of them is missing
   */
  take(time: number, vector: Vector, isPart: (labels: Labels) => boolean): void {
    const present = new Set<Series>();
    this.refusedKeys = new Set();
    for (const sample of vector) {
      const series = this.add(time, sample);
      if (series) present.add(series);
    }
    for (const series of this.all()) if (!present.has(series) && isPart(series.labels)) series.finish(time);
  }

  /** Adds one value; returns its series, or nothing where no rule wants it or there is no room. */
  add(time: number, { labels, value }: Sample): Series | undefined {
    const series = this.find(labels) ?? this.open(labels);
    if (!series) return undefined;
    const before = series.bytes;
    series.add(time, value);
    this.bytesHeld += series.bytes - before;
    return series;
  }

  /** Takes a series of an earlier process, where a rule still wants it and there is room. */
  adopt(labels: Labels, make: (keep: number) => Series): void {
    const opened = this.find(labels) ? undefined : this.open(labels);
    if (!opened) return;
    const series = make(opened.keep);
    this.byName.get(labels[NAME] ?? '')?.set(keyOf(labels), series);
    this.bytesHeld += series.bytes - opened.bytes;
  }

  /** Time of the newest sample of all, in milliseconds. */
  get newest(): number | undefined {
    return this.all().reduce<number | undefined>(
      (newest, series) => Math.max(newest ?? -Infinity, series.newest ?? -Infinity),
      undefined,
    );
  }

  find(labels: Labels): Series | undefined {
    return this.byName.get(labels[NAME] ?? '')?.get(keyOf(labels));
  }

  latest(matchers: readonly LabelMatcher[], from: number, to: number): readonly Latest[] {
    return this.matching(matchers).flatMap((series) => {
      const found = series.latest(from, to);
      return found ? [{ labels: series.labels, ...found }] : [];
    });
  }

  windows(matchers: readonly LabelMatcher[], from: number, to: number): readonly Window[] {
    return this.matching(matchers).flatMap((series) => {
      const { times, values } = series.between(from, to);
      return times.length > 0 ? [{ labels: series.labels, times, values }] : [];
    });
  }

  /** All of them, in no order. */
  all(): Series[] {
    return Array.from(this.byName.values()).flatMap((named) => [...named.values()]);
  }

  /** Moves everything in time, when the clock was set. @param by milliseconds */
  shift(by: number): void {
    for (const series of this.all()) series.shift(by);
  }

  /** Forgets series of which nothing is left that a rule could read. */
  sweep(now: number): void {
    for (const [name, named] of this.byName) {
      for (const [key, series] of named) {
        series.drop(now - series.keep);
        if (series.length > 0) continue;
        named.delete(key);
        this.count -= 1;
        this.bytesHeld -= series.bytes;
      }
      if (named.size === 0) this.byName.delete(name);
    }
  }

  private open(labels: Labels): Series | undefined {
    const keep = this.keepOf(labels);
    if (keep === undefined) return undefined;
    const { series: most, bytes } = this.bounds;
    const key = keyOf(labels);
    const name = labels[NAME] ?? '';
    const named = this.byName.get(name) ?? new Map<string, Series>();
    const isFull = this.count >= most || this.bytesHeld + BYTES_PER_SERIES + 16 * BYTES_PER_SAMPLE > bytes;
    if (isFull && !(name === REFUSED && named.size === 0)) {
      this.refusedKeys.add(key);
      return undefined;
    }
    const series = new Series(labelsOf(Object.entries(labels)), keep);
    named.set(key, series);
    this.byName.set(name, named);
    this.count += 1;
    this.bytesHeld += series.bytes;
    return series;
  }

  /** The longest time for which a selector reads this series; undefined when none does. Remembered, as it never changes. */
  private keepOf(labels: Labels): number | undefined {
    const key = keyOf(labels);
    if (this.keeps.has(key)) return this.keeps.get(key);
    const wanted = this.needs.filter(({ matchers }) => matchers.every(({ name, fits }) => fits(labels[name] ?? '')));
    const keep = wanted.length === 0 ? undefined : Math.max(...wanted.map(({ since }) => since)) + SPARE;
    // A flood of labels must not fill the memory by what is remembered of them.
    if (this.keeps.size >= 2 * this.bounds.series) this.keeps.clear();
    this.keeps.set(key, keep);
    return keep;
  }

  private matching(matchers: readonly LabelMatcher[]): Series[] {
    const named = matchers.find(({ name, operator }) => name === NAME && operator === '=');
    const candidates = named ? [...(this.byName.get(named.value)?.values() ?? [])] : this.all();
    const others = matchers.filter((matcher) => matcher !== named);
    return candidates
      .filter(({ labels }) => others.every(({ name, fits }) => fits(labels[name] ?? '')))
      .sort((one, other) => (keyOf(one.labels) < keyOf(other.labels) ? -1 : 1));
  }
}
