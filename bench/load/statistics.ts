/** Figures of a load: what many requests come to, and how they went over time. Times in milliseconds. */
import { STEPS, type Step } from './behaviour.mjs';

/** One request and what became of it. */
export interface Sample {
  /** Since the start of the load, when it was sent. */
  readonly at: number;
  readonly step: Step;
  /** 0 when no answer came. */
  readonly status: number;
  /** From the first byte sent to the last one of the answer. */
  readonly took: number;
}

export interface Summary {
  readonly requests: number;
  readonly errors: number;
  /** NaN without requests, as all below. */
  readonly average: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly worst: number;
}

/** A stretch of time; `from` in seconds since the start. */
export interface Bucket extends Summary {
  readonly from: number;
  readonly perSecond: number;
}

/** Whether it was answered as it should be. */
export const isGood = ({ step, status }: Sample): boolean => status === STEPS[step].status;

/** The value below or at which `share` of the values are: the one of that rank, none in between. NaN without values. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

/** All requests count, also those that failed: a timeout is the slowest answer of all. */
export function summarise(samples: readonly Sample[]): Summary {
  const took = samples.map((sample) => sample.took).sort((one, other) => one - other);
  return {
    requests: samples.length,
    errors: samples.filter((sample) => !isGood(sample)).length,
    average: mean(took),
    p50: percentile(took, 0.5),
    p95: percentile(took, 0.95),
    p99: percentile(took, 0.99),
    worst: took.at(-1) ?? NaN,
  };
}

/** How often each step had each status; `sign_in 200`. */
export function countAnswers(samples: readonly Sample[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { step, status } of samples) {
    const key = `${step} ${String(status)}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** The load in stretches of `width` seconds, by when requests were sent; also those in which none was. */
export function overTime(samples: readonly Sample[], width: number): Bucket[] {
  const last = samples.reduce((latest, { at }) => Math.max(latest, at), 0);
  const stretches = Array.from({ length: Math.floor(last / 1000 / width) + 1 }, (): Sample[] => []);
  for (const sample of samples) stretches[Math.max(0, Math.floor(sample.at / 1000 / width))]?.push(sample);
  return stretches.map((stretch, at) => ({
    from: at * width,
    perSecond: stretch.length / width,
    ...summarise(stretch),
  }));
}

/** A width that gives a chart about sixty points, in whole seconds. */
export const widthFor = (seconds: number): number => Math.max(1, Math.round(seconds / 60));
