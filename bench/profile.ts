/**
 * Where the time of an authenticated read goes. `npm run bench:profile -- [--seconds N] [--keep FILE] [--write]`
 *
 * First the processor time that one read costs in each process, with the bare servers of bench/http.ts beside ours; it
 * says more than requests a second where others use the machine as well. Then a profile of our process, by its parts.
 * `--keep` saves the profile, which the developer tools of Chromium show. `--write` puts the tables into docs/PERFORMANCE.md.
 */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { functionsOf, partsOf, type CpuProfile, type Part } from './cpu-profile.js';
import { describeMachine } from './load/machine.js';
import { processorOf } from './load/memory.js';
import { putBetween, table } from './load/markdown.js';
import { givenServer, newScratchDatabase, type ScratchDatabase } from './scratch-database.js';
import { load, newFolder, printTable, runBenchmark, startFamilyAssistant } from './support.js';
import { newFamily, POOL_SIZE, sameAnswer, startBareServer, type Target } from './yardstick.js';

const READERS = 32;
const WARM_UP = 5;
const FUNCTIONS = 12;
const DOCUMENT = join(import.meta.dirname, '../docs/PERFORMANCE.md');
/** Milliseconds; writing a profile of minutes takes a while. */
const PATIENCE = 60_000;

interface Process extends Target {
  readonly name: string;
  readonly pid: number;
}

/** What a read costs, in microseconds of processor time. */
interface Cost {
  readonly name: string;
  readonly perSecond: number;
  readonly server: number;
  readonly database: number;
}

/** Processor time of each connection to the database so far, in seconds; by process. */
async function databaseTimes(database: ScratchDatabase): Promise<ReadonlyMap<number, number>> {
  const result = await database.asOwner('SELECT pid FROM pg_stat_activity WHERE datname = current_database()');
  const pids = ((result?.rows ?? []) as { pid: number }[]).map(({ pid }) => pid);
  return new Map(pids.map((pid) => [pid, processorOf(pid) ?? 0]));
}

async function costOf(target: Process, database: ScratchDatabase, seconds: number): Promise<Cost> {
  const before = await databaseTimes(database);
  const began = processorOf(target.pid) ?? NaN;
  const { requests } = await load({ ...target, connections: READERS, seconds });
  const server = (processorOf(target.pid) ?? NaN) - began;
  // Connections come and go; what is gone had nothing to do.
  const used = [...(await databaseTimes(database))].map(([pid, time]) => Math.max(0, time - (before.get(pid) ?? 0)));
  const each = (time: number): number => (time * 1e6) / requests.total;
  return {
    name: target.name,
    perSecond: requests.average,
    server: each(server),
    database: each(used.reduce((sum, time) => sum + time, 0)),
  };
}

async function profileOf(target: Process, file: string, seconds: number): Promise<CpuProfile> {
  process.kill(target.pid, 'SIGUSR2');
  await load({ ...target, connections: READERS, seconds });
  process.kill(target.pid, 'SIGUSR2');
  const deadline = Date.now() + PATIENCE;
  while (!existsSync(file)) {
    if (Date.now() > deadline) throw new Error('The server wrote no profile.');
    await sleep(50);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
}

function report(costs: readonly Cost[], parts: readonly Part[], functions: readonly Part[]): string[][][] {
  const ours = costs.at(-1)?.server ?? NaN;
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return [
    [
      ['server', 'requests a second', 'µs in the server', 'µs in PostgreSQL', 'µs in both'],
      ...costs.map(({ name, perSecond, server, database }) => [
        name,
        ...[perSecond, server, database, server + database].map((value) => value.toFixed(0)),
      ]),
    ],
    [
      ['part of our process', 'share', 'µs a read'],
      ...parts.map(({ name, share }) => [name, percent(share), (share * ours).toFixed(1)]),
    ],
    [['function', 'share of its own'], ...functions.map(({ name, share }) => [`\`${name}\``, percent(share)])],
  ];
}

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, keep: { type: 'string' }, write: { type: 'boolean' } },
});
const seconds = /^[1-9]\d{0,2}$/.test(values.seconds ?? '10') ? Number(values.seconds ?? 10) : NaN;

await runBenchmark(120 + 6 * (seconds || 0) + 4 * WARM_UP, async (defer) => {
  if (Number.isNaN(seconds)) throw new Error('invalid_option (--seconds): must be a whole number from 1 to 999');
  const server = givenServer();
  if (!server) throw new Error('Nothing was measured.');
  const machine = describeMachine();
  const began = new Date().toISOString();
  const folder = await newFolder(defer);
  const database = await newScratchDatabase(server, defer);
  const file = join(folder, 'profile.json');
  const settings = {
    ...database.variables,
    DATABASE_POOL_SIZE: POOL_SIZE,
    RATE_LIMIT_MULTIPLIER: '1000000',
    BENCH_PROFILE: file,
  };
  const real = await startFamilyAssistant(folder, settings, [
    '--import',
    join(import.meta.dirname, 'profile.preload.mjs'),
  ]);
  const bearer = await newFamily(real.url);
  const bare = await startBareServer(database, folder);
  const ours = { name: 'ours', url: `${real.url}/api/v1/family/members`, bearer, pid: real.pid };
  const targets = [
    { name: 'bare', url: `${bare.url}/plain`, bearer, pid: bare.pid },
    { name: 'bare, with our statement', url: `${bare.url}/verified`, bearer, pid: bare.pid },
    ours,
  ];
  await sameAnswer(targets);
  for (const target of targets) await load({ ...target, connections: READERS, seconds: WARM_UP });
  const costs: Cost[] = [];
  for (const target of targets) costs.push(await costOf(target, database, seconds));
  const profile = await profileOf(ours, file, seconds);
  if (values.keep) copyFileSync(file, values.keep);
  await Promise.all([real.stop(), bare.stop()]);
  const tables = report(costs, partsOf(profile), functionsOf(profile, FUNCTIONS));
  for (const rows of tables) printTable(rows);
  if (values.write !== true) return;
  const head = `${began}, ${machine}; \`npm run bench:profile -- --seconds ${String(seconds)} --write\`, ${String(READERS)} connections.`;
  const text = [head, ...tables.map(table)].join('\n\n');
  writeFileSync(DOCUMENT, putBetween(readFileSync(DOCUMENT, 'utf8'), 'PROFILE', text));
});
