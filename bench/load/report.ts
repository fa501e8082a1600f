/** What a load came to, in words, tables and charts. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { draw } from './chart.js';
import { table } from './markdown.js';
import type { Growth, MemorySample } from './memory.js';
import { SCENARIOS, type Load } from './scenarios.js';
import { countAnswers, overTime, summarise, widthFor, type Sample, type Summary } from './statistics.js';
import type { Verdict } from './verdict.js';

/** A load that is over. */
export interface Run {
  readonly name: string;
  readonly load: Load;
  readonly generator: 'npm' | 'k6';
  readonly server: string;
  /** The command that repeats it. */
  readonly command: string;
  /** ISO 8601, when it began. */
  readonly began: string;
  readonly machine: string;
  readonly samples: readonly Sample[];
  readonly memory: readonly MemorySample[];
  readonly growth: Growth | undefined;
  /** MiB, before anybody came. */
  readonly idle: number | undefined;
  /** Cores that the server's process kept busy, on average. */
  readonly cores: number | undefined;
  /** What the server counted, by step and status; undefined where it does not say. */
  readonly counted: Readonly<Record<string, number>> | undefined;
  readonly verdicts: readonly Verdict[];
}

/** What programs read of a run; docs/LOAD_TESTS.md is made of it. */
export interface Result extends Omit<Run, 'samples' | 'memory'> {
  readonly all: Summary;
  readonly perSecond: number;
  readonly steps: Readonly<Record<string, Summary>>;
  readonly answers: Readonly<Record<string, number>>;
  /** MiB. */
  readonly peak: number | undefined;
}

/** Writes report.md, result.json and the charts into a folder, which is made where it is missing. */
export async function writeReport(folder: string, run: Run): Promise<Result> {
  const result = resultOf(run);
  await mkdir(folder, { recursive: true });
  const files = {
    'report.md': toMarkdown(result, run.memory.length > 0),
    'result.json': `${JSON.stringify(result, null, 2)}\n`,
    ...chartsOf(run),
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  return result;
}

export function resultOf({ samples, memory, ...rest }: Run): Result {
  const byStep = Object.groupBy(samples, ({ step }) => step);
  return {
    ...rest,
    all: summarise(samples),
    perSecond: samples.length / rest.load.seconds,
    steps: Object.fromEntries(Object.entries(byStep).map(([step, own]) => [step, summarise(own)])),
    answers: countAnswers(samples),
    peak: memory.length === 0 ? undefined : Math.max(...memory.map(({ mib }) => mib)),
  };
}

function chartsOf({ name, load, samples, memory }: Run): Record<string, string> {
  const buckets = overTime(samples, widthFor(load.seconds));
  const line = (value: (bucket: (typeof buckets)[number]) => number): [number, number][] =>
    buckets.map((bucket) => [bucket.from, value(bucket)]);
  const x = 'seconds since the start';
  const isJudged = load.users <= SCENARIOS.limits.latency.users && load.first === undefined;
  return {
    'latency.svg': draw({
      title: `${name}: time of an answer`,
      x,
      y: 'milliseconds',
      lines: [
        { name: 'p50', points: line(({ p50 }) => p50) },
        { name: 'p95', points: line(({ p95 }) => p95) },
        { name: 'p99', points: line(({ p99 }) => p99) },
      ],
      ...(isJudged ? { bound: { name: 'p95 allowed', at: SCENARIOS.limits.latency.p95 } } : {}),
    }),
    'requests.svg': draw({
      title: `${name}: requests`,
      x,
      y: 'requests a second',
      lines: [
        { name: 'all', points: line(({ perSecond }) => perSecond) },
        {
          name: 'failed',
          points: line(({ errors, requests, perSecond }) => (requests ? (errors / requests) * perSecond : 0)),
        },
      ],
    }),
    ...(memory.length === 0
      ? {}
      : {
          'memory.svg': draw({
            title: `${name}: memory of the server's process`,
            x,
            y: 'MiB resident',
            lines: [{ name: 'resident', points: memory.map(({ at, mib }) => [at, mib]) }],
          }),
        }),
  };
}

const ms = (value: number | null): string => (value === null || Number.isNaN(value) ? '-' : value.toFixed(1));
const share = ({ errors, requests }: Summary): string =>
  requests === 0 ? '-' : `${((errors / requests) * 100).toFixed(2)} %`;

export function toMarkdown(result: Result, hasMemory: boolean): string {
  const { load } = result;
  const row = (name: string, one: Summary): string[] => [
    name,
    String(one.requests),
    share(one),
    ...[one.average, one.p50, one.p95, one.p99, one.worst].map(ms),
  ];
  const figures = [
    ['request', 'count', 'failed', 'average ms', 'p50', 'p95', 'p99', 'worst'],
    ...Object.entries(result.steps).map(([step, one]) => row(`\`${step}\``, one)),
    row('all', result.all),
  ];
  const answers = Object.keys({ ...result.answers, ...result.counted }).sort();
  const counts = [
    ['request and status', 'received', 'counted by the server'],
    ...answers.map((key) => [
      `\`${key}\``,
      String(result.answers[key] ?? 0),
      result.counted === undefined ? '-' : String(result.counted[key] ?? 0),
    ]),
  ];
  const verdicts = [
    ['asked', 'measured', 'goal', ''],
    ...result.verdicts.map(({ what, value, goal, isMet }) => [what, value, goal, isMet ? 'met' : 'MISSED']),
  ];
  return `# Load: ${result.name}

${String(load.users)} users, ${String(load.seconds)} s, ${arrival(load)}; generator: ${result.generator === 'k6' ? 'k6' : 'the runner of npm'}; ${result.server}.

- ${result.began}, ${result.machine}
- \`${result.command}\`
- ${result.perSecond.toFixed(1)} requests a second${result.cores === undefined ? '' : `; the server's process kept ${result.cores.toFixed(2)} cores busy`}
${memoryLine(result)}
## Verdict

${table(verdicts)}

## Requests

${table(figures)}

![Time of an answer](latency.svg)

![Requests a second](requests.svg)
${hasMemory ? "\n![Memory of the server's process](memory.svg)\n" : ''}
## Counted by both

Status 0 is a request without an answer within 30 s.

${table(counts)}
`;
}

function arrival({ ramp, first, wait = 0 }: Load): string {
  const over = `within ${String(Math.round(ramp))} s`;
  return first === undefined ? `coming ${over}` : `${String(first)} at first, after ${String(wait)} s all ${over}`;
}

function memoryLine({ peak, idle, growth }: Result): string {
  if (peak === undefined) return '';
  const before = idle === undefined ? '' : `${idle.toFixed(0)} MiB when it was ready, `;
  const grown =
    growth === undefined
      ? ''
      : `, ${growth.early.toFixed(0)} after ${growth.after.toFixed(0)} s and ${growth.late.toFixed(0)} at the end`;
  return `- memory of the server's process: ${before}${peak.toFixed(0)} MiB at most${grown}\n`;
}
