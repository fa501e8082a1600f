/**
 * Whether this checkout has become slower than another one. `npm run bench:against -- FOLDER [ROUNDS] [SECONDS]`
 *
 * FOLDER is another checkout, built. Both servers run at once in processes of their own, each on a database of its own in
 * one PostgreSQL, and are measured in turns, so that whatever else the machine does meets both alike. Who comes first
 * changes from round to round. ROUNDS is 5 and SECONDS (of each measurement) is 5 unless given.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { givenServer, newScratchDatabase } from './scratch-database.js';
import {
  type Load,
  load,
  type LoadResult,
  median,
  newFolder,
  post,
  printTable,
  runBenchmark,
  startFamilyAssistant,
} from './support.js';

/** Least share of the other one's throughput that is to be kept. */
const GOAL = 0.95;
/** Seconds before anything counts; a compiler that still optimises what it runs would be measured otherwise. */
const WARM_UP = 3;
const MEMORIES = 100;

const ACCOUNT = { email: 'parent@example.org', password: 'violet-harbour-93-teapots' };
const NAMES = { first_name: 'María', last_name: 'Núñez', family_name: 'Núñez' };
const MEMBERS = ['Leo', 'Zoë', 'Miguel', 'Iris'].map((name) => ({ first_name: name, role: 'parent' }));
const PLACES = ['under the blue flowerpot', 'in the garage', 'behind the clock', 'at the neighbours'];

/** What is measured, in the words of the table. */
const LOADS = ['sign-in', 'member list', 'memory search'] as const;
type LoadName = (typeof LOADS)[number];

const SIDES = ['other', 'this'] as const;
type Side = (typeof SIDES)[number];

type Requests = Readonly<Record<LoadName, Omit<Load, 'seconds'>>>;
type Results = Record<LoadName, Record<Side, LoadResult[]>>;

/** A household with something to list and to find. Searches for the same words are answered from the cache after the first. */
async function prepare(url: string): Promise<Requests> {
  const api = `${url}/api/v1`;
  await post(`${api}/auth/register`, { ...ACCOUNT, ...NAMES });
  const { access_token: bearer } = (await post(`${api}/auth/login`, ACCOUNT)) as { access_token: string };
  for (const member of MEMBERS) await post(`${api}/family/members`, member, bearer);
  const memories = Array.from({ length: MEMORIES }, (_, at) => ({
    content: `Spare key number ${String(at)} is ${PLACES[at % PLACES.length] ?? ''}`,
  }));
  await post(`${api}/memories/batch`, { memories }, bearer);
  return {
    'sign-in': { url: `${api}/auth/login`, body: ACCOUNT, connections: 8 },
    'member list': { url: `${api}/family/members`, bearer, connections: 32 },
    'memory search': {
      url: `${api}/memories/search`,
      bearer,
      body: { query: 'where is the spare key' },
      connections: 32,
    },
  };
}

async function measure(requests: Readonly<Record<Side, Requests>>, rounds: number, seconds: number): Promise<Results> {
  const results = Object.fromEntries(LOADS.map((name) => [name, { other: [], this: [] }])) as unknown as Results;
  for (const name of LOADS) for (const side of SIDES) await load({ ...requests[side][name], seconds: WARM_UP });
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? SIDES : SIDES.toReversed();
    for (const name of LOADS)
      for (const side of order) results[name][side].push(await load({ ...requests[side][name], seconds }));
  }
  return results;
}

function report(results: Results): void {
  const rows = LOADS.map((name) => {
    const { other, this: ours } = results[name];
    const ratios = ours.map(({ requests }, round) => requests.average / (other[round]?.requests.average ?? NaN));
    const of = (side: LoadResult[], what: (result: LoadResult) => number): string => median(side.map(what)).toFixed(1);
    const ratio = median(ratios);
    return [
      name,
      of(other, ({ requests }) => requests.average),
      of(other, ({ latency }) => latency.p99),
      of(ours, ({ requests }) => requests.average),
      of(ours, ({ latency }) => latency.p99),
      ratio.toFixed(3),
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
      ratio >= GOAL ? 'met' : 'MISSED',
    ];
  });
  process.stdout.write('Medians; latencies in ms; ratio: requests per second of this checkout to the other one\n');
  const goal = `at least ${String(GOAL)}`;
  printTable([['', 'other req/s', 'p99', 'this req/s', 'p99', 'ratio', 'of the rounds', goal], ...rows]);
}

/** 0 for what is no number of times. */
const countOf = (text = '5'): number => (/^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0);

const [given, ...numbers] = process.argv.slice(2);
const rounds = countOf(numbers[0]);
const seconds = countOf(numbers[1]);
const expected = LOADS.length * SIDES.length * (WARM_UP + rounds * (seconds + 2));

await runBenchmark(120 + 2 * expected, async (defer) => {
  if (given === undefined) throw new Error('Say against what: npm run bench:against -- FOLDER [ROUNDS] [SECONDS]');
  if (rounds === 0 || seconds === 0) throw new Error('ROUNDS and SECONDS are whole numbers of at least 1.');
  const project = resolve(given);
  if (!existsSync(join(project, 'package.json'))) throw new Error(`${project} is no checkout.`);
  const server = givenServer();
  if (!server) throw new Error('Nothing was measured.');
  const folder = await newFolder(defer);
  const begin = async (side: Side, checkout?: string): Promise<{ stop(): Promise<void>; requests: Requests }> => {
    const database = await newScratchDatabase(server, defer);
    const own = join(folder, side);
    await mkdir(own);
    const settings = {
      ...database.variables,
      DATABASE_POOL_SIZE: '20',
      RATE_LIMIT_MULTIPLIER: '1000000',
      SESSIONS_PER_USER: '1000000',
    };
    const running = await startFamilyAssistant(own, settings, [], checkout);
    return { stop: () => running.stop(), requests: await prepare(running.url) };
  };
  const other = await begin('other', project);
  const ours = await begin('this');
  process.stdout.write(
    `This checkout against ${project}: ${String(rounds)} rounds of ${String(seconds)} s each, Node ${process.version}\n\n`,
  );
  report(await measure({ other: other.requests, this: ours.requests }, rounds, seconds));
  await Promise.all([other.stop(), ours.stop()]);
});
