/** Runs k6.js by k6, and reads what it measured. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launch } from '../support.js';
import { STEPS, type Step } from './behaviour.mjs';
import type { Target } from './generator.js';
import type { Load } from './scenarios.js';
import type { Sample } from './statistics.js';

/** What k6 ends with when a threshold was crossed; the report says which. */
const CROSSED = 99;

/**
 * Loads a server by k6.
 * @param folder of the files between the two; only the accounts' file has secrets, and it is deleted
 * @throws Error when k6 failed for another reason than a crossed threshold
 */
export async function generateByK6(program: string, target: Target, load: Load, folder: string): Promise<Sample[]> {
  const accounts = join(folder, 'accounts.json');
  const samples = join(folder, 'samples.csv');
  await writeFile(accounts, JSON.stringify(target.accounts), { mode: 0o600 });
  const { PATH = '', HOME = '' } = process.env;
  const env = {
    PATH,
    HOME,
    LOAD_URL: target.url,
    LOAD_ACCOUNTS: accounts,
    LOAD_JSON: JSON.stringify(load),
    K6_NO_USAGE_REPORT: 'true',
    K6_CSV_TIME_FORMAT: 'unix_milli',
    NO_PROXY: '*',
  };
  const script = join(import.meta.dirname, 'k6.js');
  const child = launch(program, ['run', '--quiet', '--no-color', '--out', `csv=${samples}`, script], env, [
    'ignore',
    'inherit',
    'inherit',
  ]);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0 && code !== CROSSED) throw new Error(`k6 ended with ${String(code)}.`);
    return await readSamples(createInterface({ input: createReadStream(samples) }));
  } finally {
    await Promise.all([rm(accounts, { force: true }), rm(samples, { force: true })]);
  }
}

/**
 * The requests in what k6 wrote as CSV. It has the time of the answer; that of the sending is earlier by what it took.
 * @throws Error when the file has other columns
 */
export async function readSamples(lines: AsyncIterable<string>): Promise<Sample[]> {
  let columns: Record<'metric_name' | 'timestamp' | 'metric_value' | 'name' | 'status', number> | undefined;
  const found: Sample[] = [];
  for await (const line of lines) {
    const cells = line.split(',');
    if (!columns) {
      const at = (name: string): number => {
        const place = cells.indexOf(name);
        if (place === -1) throw new Error(`k6 wrote no column ${name}.`);
        return place;
      };
      columns = {
        metric_name: at('metric_name'),
        timestamp: at('timestamp'),
        metric_value: at('metric_value'),
        name: at('name'),
        status: at('status'),
      };
      continue;
    }
    if (cells[columns.metric_name] !== 'http_req_duration') continue;
    const step = cells[columns.name] ?? '';
    if (!Object.hasOwn(STEPS, step)) continue;
    const took = Number(cells[columns.metric_value]);
    const sent = Number(cells[columns.timestamp]) - took;
    found.push({ at: sent, step: step as Step, status: Number(cells[columns.status]) || 0, took });
  }
  const start = found.reduce((earliest, { at }) => Math.min(earliest, at), Infinity);
  return found.map((sample) => ({ ...sample, at: sample.at - start }));
}
