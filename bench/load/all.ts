/**
 * All loads of scenarios.json one after the other, and 100 users by k6 besides; then their figures are put into
 * docs/LOAD_TESTS.md, and the charts beside it. `npm run load:all` runs it on fresh servers.
 *
 * With --quick each lasts a few seconds and no document changes: for trying whether all of it works.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { putBetween, table } from './markdown.js';
import type { Result } from './report.js';
import { SCENARIOS } from './scenarios.js';

const PROJECT = join(import.meta.dirname, '../..');
const DOCUMENT = join(PROJECT, 'docs/LOAD_TESTS.md');
const CHARTS = join(PROJECT, 'docs/load');
/** What is shown in the document, of the many charts. */
const SHOWN = [
  ['users-100', 'latency.svg'],
  ['burst', 'latency.svg'],
  ['soak', 'memory.svg'],
] as const;
/** Seconds that last long enough for users to come, also the second wave of a burst. */
const QUICK = '30';
const NOT_RUN = 75;

const { quick = false } = parseArgs({ options: { quick: { type: 'boolean' } } }).values;

interface Planned {
  readonly name: string;
  readonly load: string;
  readonly isByK6: boolean;
}

const plan: Planned[] = [
  ...Object.keys(SCENARIOS.loads).map((load) => ({ name: load, load, isByK6: false })),
  { name: 'k6-users-100', load: 'users-100', isByK6: true },
];

const folderOf = (name: string): string => join('data/load', name);

/** Undefined when it could not be run. */
function run({ name, load, isByK6 }: Planned): Result | undefined {
  process.stdout.write(`--- ${name}\n`);
  const args = ['--load', load, '--out', folderOf(name), ...(quick ? ['--seconds', QUICK] : [])];
  const [program, first] = isByK6
    ? ['bash', ['scripts/load/k6.sh']]
    : [process.execPath, ['--import', './scripts/ts-hooks.mjs', 'bench/load/run.ts']];
  const { status } = spawnSync(program, [...first, ...args], { cwd: PROJECT, stdio: 'inherit' });
  if (status === NOT_RUN) return undefined;
  if (status !== 0) process.exitCode = 1;
  // 1 is also the end of one that bore its load badly; it has a report all the same.
  if (status !== 0 && status !== 1) throw new Error(`${name} ended with ${String(status)}.`);
  return JSON.parse(readFileSync(join(PROJECT, folderOf(name), 'result.json'), 'utf8')) as Result;
}

function toRow(name: string, result: Result | undefined): string[] {
  if (!result) return [name, ...Array<string>(11).fill('-'), 'not run'];
  const { all, load, growth } = result;
  const memory = growth === undefined ? '-' : `${growth.early.toFixed(0)} / ${growth.late.toFixed(0)}`;
  return [
    name,
    String(load.users),
    String(load.seconds),
    String(all.requests),
    result.perSecond.toFixed(1),
    `${((all.errors / all.requests) * 100).toFixed(2)} %`,
    ...[all.average, all.p50, all.p95, all.p99].map((value) => value.toFixed(1)),
    memory,
    result.cores?.toFixed(2) ?? '-',
    result.verdicts.every(({ isMet }) => isMet) ? 'met' : 'MISSED',
  ];
}

const results = plan.map((planned) => ({ name: planned.name, result: run(planned) }));
const rows = [
  [
    'load',
    'users',
    'seconds',
    'requests',
    'a second',
    'failed',
    'average ms',
    'p50',
    'p95',
    'p99',
    'MiB early / at the end',
    'cores',
    'goals',
  ],
  ...results.map(({ name, result }) => toRow(name, result)),
];
const [first] = results.flatMap(({ result }) => (result ? [result] : []));
const head = `${first?.began.slice(0, 16).replace('T', ' ') ?? ''} UTC, ${first?.machine ?? ''}; ${first?.server ?? ''}.`;
const text = `${head}\n\n${table(rows)}`;
process.stdout.write(`\n${text}\n`);
if (!quick) {
  mkdirSync(CHARTS, { recursive: true });
  for (const [name, chart] of SHOWN)
    copyFileSync(join(PROJECT, folderOf(name), chart), join(CHARTS, `${name}-${chart}`));
  const charts = SHOWN.map(([name, chart]) => `[${name}](load/${name}-${chart})`).join(', ');
  writeFileSync(DOCUMENT, putBetween(readFileSync(DOCUMENT, 'utf8'), 'RESULTS', `${text}\n\nCharts: ${charts}.`));
}
