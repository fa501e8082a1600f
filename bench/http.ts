/**
 * How much of a bare server's throughput the real one keeps, and what sign-ins do to reads. `npm run bench:http`
 *
 * Both servers run at once in processes of their own on one PostgreSQL and are measured in turns, so that whatever else
 * the machine does meets both alike. The real one has every guard, limit, log line and metric on; tracing is off.
 * `--write` puts the medians into docs/PERFORMANCE.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './load/machine.js';
import { putBetween, table } from './load/markdown.js';
import { givenServer, newScratchDatabase, type ScratchDatabase } from './scratch-database.js';
import { load, median, newFolder, printTable, runBenchmark, startFamilyAssistant, type LoadResult } from './support.js';
import { ACCOUNT, MEMBERS, newFamily, POOL_SIZE, sameAnswer, startBareServer, type Target } from './yardstick.js';

const ROUNDS = 5;
const SECONDS = 5;
/** Seconds; a compiler that still optimises what it runs would be measured otherwise. */
const WARM_UP = 5;
const READERS = 32;
const LOGINS = 16;
const READ_GOAL = 0.5;
const P99_GOAL = 3;

const DOCUMENT = join(import.meta.dirname, '../docs/PERFORMANCE.md');

interface Round {
  readonly bare: LoadResult;
  readonly verified: LoadResult;
  readonly ours: LoadResult;
  readonly besideLogins: LoadResult;
  readonly logins: LoadResult;
}

async function measure(database: ScratchDatabase, folder: string): Promise<void> {
  const settings = {
    ...database.variables,
    DATABASE_POOL_SIZE: POOL_SIZE,
    RATE_LIMIT_MULTIPLIER: '1000000',
    SESSIONS_PER_USER: '1000000',
  };
  const real = await startFamilyAssistant(folder, settings);
  const bearer = await newFamily(real.url);
  const bareServer = await startBareServer(database, folder);
  const ours = { url: `${real.url}/api/v1/family/members`, bearer };
  const bare = { url: `${bareServer.url}/plain`, bearer };
  const verified = { url: `${bareServer.url}/verified`, bearer };
  const login = { url: `${real.url}/api/v1/auth/login`, body: ACCOUNT, connections: LOGINS };
  const bytes = await sameAnswer([bare, verified, ours]);
  process.stdout.write(
    `The list of ${String(MEMBERS.length + 1)} members (${String(bytes)} bytes), ${String(READERS)} connections, ` +
      `${String(ROUNDS)} rounds of ${String(SECONDS)} s each, Node ${process.version}\n\n`,
  );
  for (const target of [bare, verified, ours]) await load({ ...target, connections: READERS, seconds: WARM_UP });
  await load({ ...login, seconds: 1 });
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const read = (target: Target): Promise<LoadResult> => load({ ...target, connections: READERS, seconds: SECONDS });
    const alone = { bare: await read(bare), verified: await read(verified), ours: await read(ours) };
    const [besideLogins, logins] = await Promise.all([read(ours), load({ ...login, seconds: SECONDS })]);
    rounds.push({ ...alone, besideLogins, logins });
  }
  await Promise.all([real.stop(), bareServer.stop()]);
  report(rounds);
}

function report(rounds: readonly Round[]): void {
  const titles = [
    '',
    'bare req/s',
    'p50',
    'p99',
    'same statement',
    'p50',
    'p99',
    'ours',
    'p50',
    'p99',
    'ours/bare',
    'ours/same',
  ];
  const reads = rounds.map(({ bare, verified, ours }) => [
    ...[bare, verified, ours].flatMap((result) => [result.requests.average, result.latency.p50, result.latency.p99]),
    ours.requests.average / bare.requests.average,
    ours.requests.average / verified.requests.average,
  ]);
  process.stdout.write(
    'Reads (latencies in ms; "same statement" is the bare server that verifies the session in the database as ours does)\n',
  );
  printTable([
    titles,
    ...reads.map((row, at) => [String(at + 1), ...row.map(short)]),
    ['median', ...columnMedians(reads).map(short)],
  ]);

  const mixed = rounds.map(({ ours, besideLogins, logins }) => [
    logins.requests.average,
    logins.latency.p50,
    besideLogins.requests.average,
    ours.latency.p99,
    besideLogins.latency.p99,
    besideLogins.latency.p99 / ours.latency.p99,
  ]);
  process.stdout.write(`Reads of ours while ${String(LOGINS)} sign-ins run at once\n`);
  const mixedTitles = ['', 'logins/s', 'login p50', 'reads/s', 'read p99 alone', 'read p99 beside', 'p99 ratio'];
  printTable([
    mixedTitles,
    ...mixed.map((row, at) => [String(at + 1), ...row.map(short)]),
    ['median', ...columnMedians(mixed).map(short)],
  ]);

  const ratio = columnMedians(reads).at(-2) ?? NaN;
  const p99Ratio = columnMedians(mixed).at(-1) ?? NaN;
  if (write) writeMedians(columnMedians(reads), columnMedians(mixed));
  judge('reads of the bare server', ratio, `at least ${String(READ_GOAL)}`, ratio >= READ_GOAL);
  judge('p99 of reads beside sign-ins', p99Ratio, `at most ${String(P99_GOAL)} times`, p99Ratio <= P99_GOAL);
}

function writeMedians(reads: readonly number[], mixed: readonly number[]): void {
  const rows = [
    ['what', `median of ${String(ROUNDS)} rounds of ${String(SECONDS)} s`],
    ['reads of the bare server in a second', short(reads[0] ?? NaN)],
    ['the same, with our statement', short(reads[3] ?? NaN)],
    ['reads of ours in a second', short(reads[6] ?? NaN)],
    ['share of the bare server', short(reads.at(-2) ?? NaN)],
    ['share of the bare server with our statement', short(reads.at(-1) ?? NaN)],
    ['p99 of reads beside 16 sign-ins at once, times the p99 alone', short(mixed.at(-1) ?? NaN)],
    ['sign-ins in a second', short(mixed[0] ?? NaN)],
  ];
  const head = `${began}, ${machine}; \`npm run bench:http -- --write\`, ${String(READERS)} connections.`;
  const text = `${head}\n\n${table(rows)}`;
  writeFileSync(DOCUMENT, putBetween(readFileSync(DOCUMENT, 'utf8'), 'RATIO', text));
}

function judge(what: string, value: number, goal: string, isMet: boolean): void {
  process.stdout.write(`${what}: ${short(value)} (goal: ${goal}, ${isMet ? 'met' : 'MISSED'})\n`);
}

const columnMedians = (rows: readonly (readonly number[])[]): number[] =>
  (rows[0] ?? []).map((_, column) => median(rows.map((row) => row[column] ?? NaN)));

const short = (value: number): string => (value < 10 && !Number.isInteger(value) ? value.toFixed(2) : value.toFixed(0));

const { write = false } = parseArgs({ options: { write: { type: 'boolean' } } }).values;
const began = new Date().toISOString();
const machine = describeMachine();

await runBenchmark(175, async (defer) => {
  const server = givenServer();
  if (!server) throw new Error('Nothing was measured.');
  const folder = await newFolder(defer);
  await measure(await newScratchDatabase(server, defer), folder);
});
