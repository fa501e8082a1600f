import type { Labels } from '../../alert.js';

const FIRST = 16;
/** Of a time, a value and a mark. */
export const BYTES_PER_SAMPLE = 17;
/** Roughly what a series takes beside its samples: labels, their key, the object. */
export const BYTES_PER_SERIES = 600;

/** What was measured of one series, in ascending order of time. A marked sample says that the series ended there. */
export class Series {
  private times = new Float64Array(FIRST);
  private values = new Float64Array(FIRST);
  private marks = new Uint8Array(FIRST);
  private begin = 0;
  private end = 0;
  private markCount = 0;

  /** @param keep milliseconds for which samples are wanted */
  constructor(
    readonly labels: Labels,
    readonly keep: number,
  ) {}

  get length(): number {
    return this.end - this.begin;
  }

  get bytes(): number {
    return BYTES_PER_SERIES + this.times.length * BYTES_PER_SAMPLE;
  }

  /** Time of the newest sample, in milliseconds; undefined when there is none. */
  get newest(): number | undefined {
    return this.length > 0 ? this.times[this.end - 1] : undefined;
  }

  /** Whether it has ended, or never begun. */
  get isOver(): boolean {
    return this.length === 0 || this.marks[this.end - 1] === 1;
  }

  /** Adds a value, or replaces that of the same moment; one that is not newer than that is left out. */
  add(time: number, value: number, isEnd = false): void {
    const { newest } = this;
    if (newest !== undefined && time < newest) return;
    if (time === newest) this.pop();
    if (this.end === this.times.length) this.makeRoom();
    this.times[this.end] = time;
    this.values[this.end] = value;
    this.marks[this.end] = Number(isEnd);
    this.markCount += Number(isEnd);
    this.end += 1;
    this.drop(time - this.keep);
  }

  /** Says that it has ended. */
  finish(time: number): void {
    if (!this.isOver) this.add(time, NaN, true);
  }

  /** Position of the newest sample up to a moment. */
  latest(from: number, to: number): { time: number; value: number } | undefined {
    const at = this.firstAfter(to) - 1;
    const time = this.times[at];
    if (at < this.begin || time === undefined || time < from || this.marks[at] === 1) return undefined;
    return { time, value: this.values[at] ?? NaN };
  }

  /** Times and values in `[from, to]`, without marks. They are views: whoever changes the series changes them. */
  between(from: number, to: number): { times: Float64Array; values: Float64Array } {
    const [first, last] = [this.firstAfter(from, true), this.firstAfter(to)];
    const times = this.times.subarray(first, last);
    const values = this.values.subarray(first, last);
    if (this.markCount === 0) return { times, values };
    const isValue = (_value: number, at: number): boolean => this.marks[first + at] === 0;
    return { times: times.filter(isValue), values: values.filter(isValue) };
  }

  /** As text, to be saved. */
  pack(): { times: string; values: string; marks: string } {
    const { begin, end } = this;
    const textOf = (array: Float64Array | Uint8Array): string =>
      Buffer.from(array.slice(begin, end).buffer).toString('base64');
    return { times: textOf(this.times), values: textOf(this.values), marks: textOf(this.marks) };
  }

  /** @throws RangeError when the three do not fit together */
  static unpack(labels: Labels, keep: number, packed: { times: string; values: string; marks: string }): Series {
    const numbers = (text: string): Float64Array =>
      new Float64Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
    const [times, values] = [numbers(packed.times), numbers(packed.values)];
    const marks = Buffer.from(packed.marks, 'base64');
    if (times.length !== values.length || times.length !== marks.length) throw new RangeError('a series is damaged');
    const series = new Series(labels, keep);
    times.forEach((time, at) => {
      series.add(time, values[at] ?? NaN, marks[at] === 1);
    });
    return series;
  }

  /** Moves all samples in time, when the clock was set. @param by milliseconds */
  shift(by: number): void {
    for (let at = this.begin; at < this.end; at += 1) this.times[at] = (this.times[at] ?? 0) + by;
  }

  /** Forgets what is older. */
  drop(before: number): void {
    while (this.begin < this.end && (this.times[this.begin] ?? 0) < before) {
      this.markCount -= this.marks[this.begin] ?? 0;
      this.begin += 1;
    }
  }

  private pop(): void {
    this.end -= 1;
    this.markCount -= this.marks[this.end] ?? 0;
  }

  /** Index of the first sample after a moment, or at it. */
  private firstAfter(time: number, isInclusive = false): number {
    let [low, high] = [this.begin, this.end];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.times[middle] ?? 0;
      if (isInclusive ? found < time : found <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private makeRoom(): void {
    const { begin, end, length } = this;
    const size = length * 2 > this.times.length ? this.times.length * 2 : this.times.length;
    const move = <T extends Float64Array | Uint8Array>(from: T, to: T): T => {
      to.set(from.subarray(begin, end));
      return to;
    };
    this.times = move(this.times, new Float64Array(size));
    this.values = move(this.values, new Float64Array(size));
    this.marks = move(this.marks, new Uint8Array(size));
    this.begin = 0;
    this.end = length;
  }
}
