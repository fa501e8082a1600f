/** The memory of the loaded server over time. */
import { readFileSync } from 'node:fs';
import { SCENARIOS, type Limits } from './scenarios.js';
import { mean } from './statistics.js';

/** Resident memory, in MiB, so many seconds after the start. */
export interface MemorySample {
  readonly at: number;
  readonly mib: number;
}

export interface Growth {
  /** Means of a while, in MiB. */
  readonly early: number;
  readonly late: number;
  /** Share by which the later one is more. */
  readonly growth: number;
  /** Seconds after the start at which the earlier while begins. */
  readonly after: number;
}

/** Longest stretch that a mean is taken of: it holds several collections of garbage, which make the curve a saw. */
const WHILE = 60;

/**
 * Compares what the server has at the end with what it had after five minutes, or after a quarter of a shorter run.
 * Undefined with too few samples to say.
 */
export function growthOf(
  samples: readonly MemorySample[],
  seconds: number,
  { memory }: Pick<Limits, 'memory'> = SCENARIOS.limits,
): Growth | undefined {
  const after = Math.min(memory.after, seconds / 4);
  const width = Math.min(WHILE, seconds / 8);
  const of = (from: number): number[] =>
    samples.filter(({ at }) => at >= from && at <= from + width).map(({ mib }) => mib);
  const [early, late] = [of(after), of(seconds - width)];
  if (early.length < 2 || late.length < 2) return undefined;
  return { early: mean(early), late: mean(late), growth: mean(late) / mean(early) - 1, after };
}

/** Resident memory of a process of this machine, in MiB; undefined when there is none. */
export function residentOf(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}

/** Processor time that a process of this machine has used, in seconds; undefined when there is none. */
export function processorOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // After the name in parentheses, which may hold anything, come the fields from the third on; ticks are 10 ms on Linux.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}
