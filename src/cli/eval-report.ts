import { CUTOFFS, percentile, recallOf, type Asked } from '../modules/memory/evaluation/index.js';
import { print } from './print.js';

const BAR_WIDTH = 30;
const LINE_STEP = 10;

/** What the commands tell while they run and at the end: a bar and tables on a terminal, elsewhere a JSON object a line. */
export interface Report {
  progress(done: number, total: number, what: string): void;
  /** @param title of a terminal's line; @param fields of an object */
  line(event: string, title: string, fields: Readonly<Record<string, unknown>>): void;
}

export function reportOn(output: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>): Report {
  return output.isTTY ? terminal(output) : lines(output);
}

function terminal(output: Pick<NodeJS.WriteStream, 'write'>): Report {
  let isBar = false;
  return {
    progress: (done, total, what) => {
      const full = Math.round((done / total) * BAR_WIDTH);
      output.write(
        `\r\u001b[K${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${String(done)}/${String(total)}  ${what}`,
      );
      isBar = true;
    },
    line: (_event, title) => {
      if (isBar) output.write('\r\u001b[K');
      isBar = false;
      output.write(`${title}\n`);
    },
  };
}

function lines(output: Pick<NodeJS.WriteStream, 'write'>): Report {
  let last = '';
  return {
    progress: (done, total, what) => {
      const step = `${what} ${String(Math.floor((done / total) * LINE_STEP))}`;
      if (step === last) return;
      last = step;
      output.write(`${JSON.stringify({ event: 'progress', done, total, what })}\n`);
    },
    line: (event, _title, fields) => {
      output.write(`${JSON.stringify({ event, ...fields })}\n`);
    },
  };
}

/** Recall per category, per conversation and together, and what a search took. */
export function reportRecall(report: Report, asked: readonly Asked[]): void {
  report.line(
    'columns',
    `${' '.repeat(24)}${'questions'.padStart(10)}   mean of questions ${CUTOFFS.join('/')}      pooled`,
    {
      cutoffs: CUTOFFS,
    },
  );
  const group = (key: 'category' | 'sample'): [string, Asked[]][] =>
    [...Map.groupBy(asked, (one) => one[key])].sort(([one], [other]) =>
      one.localeCompare(other, 'en', { numeric: true }),
    );
  for (const [category, some] of group('category')) row(report, 'category', category, some);
  for (const [sample, some] of group('sample')) row(report, 'conversation', sample, some);
  row(report, 'together', '', asked);
  const times = asked.map(({ took }) => took);
  const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
  report.line('latency', `search p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`, { p50_ms: p50, p95_ms: p95 });
}

function row(report: Report, kind: string, name: string, asked: readonly Asked[]): void {
  const { questions, perQuestion, perItem } = recallOf(asked);
  const show = (values: readonly number[]): string =>
    values.map((value) => value.toFixed(3).replace(/^0/, '')).join(' ');
  const named = (values: readonly number[]): Record<string, number> =>
    Object.fromEntries(CUTOFFS.map((k, index) => [String(k), Math.round((values[index] ?? NaN) * 1e4) / 1e4]));
  report.line(
    'recall',
    `${`${kind} ${name}`.padEnd(24)}${String(questions).padStart(10)}   ${show(perQuestion)}   ${show(perItem)}`,
    { of: kind, ...(name === '' ? {} : { name }), questions, recall: named(perQuestion), pooled: named(perItem) },
  );
}

/** Every question on a line of its own, with the ranks of its evidence (from 1) and what their scores were made of. */
export function reportQuestion({ sample, category, question, ranks, parts = [] }: Asked): void {
  const evidence = parts.map(({ id, scores }, index) => {
    const rank = ranks[index];
    return { id, rank: rank === undefined ? null : rank + 1, ...(scores ? { scores } : {}) };
  });
  print(JSON.stringify({ event: 'question', conversation: sample, category, question, evidence }));
}
