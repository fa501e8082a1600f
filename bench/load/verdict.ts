/** Whether a load was borne as it has to be. */
import type { Growth } from './memory.js';
import { SCENARIOS, type Limits, type Load } from './scenarios.js';
import type { Summary } from './statistics.js';

export interface Verdict {
  readonly what: string;
  readonly value: string;
  readonly goal: string;
  readonly isMet: boolean;
}

/** What was measured of a load. */
export interface Measured {
  readonly all: Summary;
  readonly growth: Growth | undefined;
  /** Whether the requests that the server counted are those that were sent; undefined where that was not asked. */
  readonly isCounted?: boolean;
}

/**
 * Errors are asked of every load; latency of those with so many users at most that do not come all at once; memory
 * of those that last longer than the time after which it may grow no more.
 */
export function judge(load: Load, measured: Measured, limits: Limits = SCENARIOS.limits): Verdict[] {
  const { all, growth, isCounted } = measured;
  const errors = all.requests === 0 ? 1 : all.errors / all.requests;
  const verdicts = [
    below('requests that failed', errors * 100, limits.errors * 100, '%', 2),
    ...(load.users <= limits.latency.users && load.first === undefined
      ? [
          below('average', all.average, limits.latency.average, 'ms'),
          below('95th percentile', all.p95, limits.latency.p95, 'ms'),
        ]
      : []),
  ];
  if (growth !== undefined && load.seconds > limits.memory.after)
    verdicts.push({
      what: `memory at the end, against that after ${String(Math.round(growth.after))} s`,
      value: `${growth.growth < 0 ? '' : '+'}${(growth.growth * 100).toFixed(1)} %`,
      goal: `at most +${String(limits.memory.growth * 100)} %`,
      isMet: growth.growth <= limits.memory.growth,
    });
  if (isCounted !== undefined)
    verdicts.push({
      what: 'requests that the server counted',
      value: isCounted ? 'the same' : 'others',
      goal: 'the same',
      isMet: isCounted,
    });
  return verdicts;
}

/** A figure that is no number, as without any request, meets nothing. */
function below(what: string, value: number, bound: number, unit: string, digits = 1): Verdict {
  return {
    what,
    value: `${value.toFixed(digits)} ${unit}`,
    goal: `below ${String(bound)} ${unit}`,
    isMet: value < bound,
  };
}
