import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Labels } from '../../../src/modules/alerting/alert.js';

/** Exit code of the script when the packages cannot be fetched. */
const NOT_HAD = 75;
const PATIENCE = 600_000;

/** What a series shows at each step: a number, nothing, or its end. */
export type Point = number | 'gap' | 'end';

export interface GivenSeries {
  readonly labels: Labels;
  readonly points: readonly Point[];
}

export interface Question {
  readonly expression: string;
  /** Seconds since the beginning. */
  readonly at: number;
}

export interface World {
  readonly series: readonly GivenSeries[];
  /** Seconds between two points, and between two evaluations of the rules. */
  readonly step: number;
  /** A rule file of Prometheus, and the order of its groups. */
  readonly rules?: { readonly text: string; readonly groups: readonly string[] };
}

/** A vector as a map from labels, or why there is none. */
export type Answer = { readonly error: string } | { readonly vector: ReadonlyMap<string, number> };

/** Labels as a text to compare by: `{"a":"b"}` sorted. */
export const textOf = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)));

/** The path of promtool (Prometheus 2.53 of Debian 13); undefined where it cannot be had. */
export function findPromtool(): string | undefined {
  const { status, stdout, stderr } = spawnSync('bash', ['scripts/servers/prometheus.sh'], {
    encoding: 'utf8',
    timeout: PATIENCE,
  });
  if (status === NOT_HAD) return undefined;
  const [, path] = /^PROMTOOL=(.+)$/m.exec(stdout) ?? [];
  if (status !== 0 || path === undefined) throw new Error(`prometheus.sh: ${String(status)} ${stderr}`);
  return path;
}

/**
 * What Prometheus answers: `promtool test rules` is told to expect nothing, and tells what it got instead. In the order of
 * the questions.
 */
export function askPromtool(promtool: string, world: World, questions: readonly Question[]): Answer[] {
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    const { rules, step, series } = world;
    writeFileSync(join(folder, 'rules.yaml'), rules?.text ?? 'groups: []\n');
    const test = {
      rule_files: ['rules.yaml'],
      evaluation_interval: `${String(step)}s`,
      group_eval_order: rules?.groups ?? [],
      tests: [
        {
          interval: `${String(step)}s`,
          input_series: series.map(({ labels, points }) => ({
            series: seriesText(labels),
            values: points.map(pointText).join(' '),
          })),
          promql_expr_test: questions.map(({ expression, at }) => ({
            expr: expression,
            eval_time: `${String(at)}s`,
            exp_samples: [],
          })),
        },
      ],
    };
    writeFileSync(join(folder, 'test.yaml'), stringify(test, { lineWidth: 0 }));
    const { stdout, stderr, status } = spawnSync(promtool, ['test', 'rules', 'test.yaml'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: PATIENCE,
      maxBuffer: 2 ** 28,
    });
    const output = `${stdout}${stderr}`;
    if (status !== 0 && !output.includes('FAILED')) throw new Error(`promtool: ${output}`);
    if (/^ {4}rule: /m.test(output)) throw new Error(`promtool cannot evaluate a rule: ${output}`);
    return answersOf(output, questions);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const seriesText = ({ __name__: name = '', ...labels }: Labels): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(',')}}`;

const numberText = (value: number): string =>
  Number.isNaN(value) ? 'NaN' : value === Infinity ? 'Inf' : value === -Infinity ? '-Inf' : String(value);
const pointText = (point: Point): string => (point === 'gap' ? '_' : point === 'end' ? 'stale' : numberText(point));

const FAILURE = /^ {4}expr: ("(?:[^"\\]|\\.)*"), time: (\S+?),(?: err: (.*)|\n {8}exp: .*\n {8}got: (.*))$/gm;

/** Those that are not told of had the empty answer that was expected. */
function answersOf(output: string, questions: readonly Question[]): Answer[] {
  const told = new Map<string, Answer>();
  for (const [, expression = '', time = '', error, got] of output.matchAll(FAILURE))
    told.set(
      `${JSON.parse(expression) as string} ${String(seconds(time))}`,
      error === undefined ? { vector: vectorOf(got ?? '') } : { error },
    );
  return questions.map(
    ({ expression, at }) => told.get(`${expression} ${String(at)}`) ?? { vector: new Map<string, number>() },
  );
}

function seconds(text: string): number {
  const units: Record<string, number> = { d: 86_400, h: 3600, m: 60, s: 1 };
  let total = 0;
  for (const [, count, unit = ''] of text.matchAll(/([\d.]+)([dhms])/g)) total += Number(count) * (units[unit] ?? 0);
  return total;
}

/** `{a="b"} 1E+00, {} 2E+00` */
function vectorOf(text: string): Map<string, number> {
  const vector = new Map<string, number>();
  for (const [, labels = '', value = ''] of text.matchAll(/\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\} ([^\s,]+)/g)) {
    const pairs = Array.from(labels.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g), ([, name = '', raw = '']) => [
      name,
      JSON.parse(`"${raw}"`) as string,
    ]);
    vector.set(textOf(Object.fromEntries(pairs) as Labels), numberOf(value));
  }
  return vector;
}

const numberOf = (text: string): number =>
  text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : text === 'NaN' ? NaN : Number(text);
