/**
 * How long the server takes to start and how much memory it then holds, on both databases. `npm run bench:start`
 *
 * A start lasts from the making of the process to the first good answer of `/health/ready`. The first one applies the
 * migrations to an empty database; the second finds everything as it was left. Memory is what the process has resident
 * (with the embedded database inside, without PostgreSQL's own processes).
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { givenServer, newScratchDatabase } from './scratch-database.js';
import {
  median,
  newFolder,
  printTable,
  runBenchmark,
  startFamilyAssistant,
  type Defer,
  type RunningServer,
} from './support.js';

const ROUNDS = 5;
const IDLE = 30_000;
const NODE_OPTIONS = ['--expose-gc', '--import', join(import.meta.dirname, 'settle.mjs')];

/** Milliseconds and MiB. */
interface Figures {
  readonly firstStart: number;
  readonly secondStart: number;
  readonly memoryAtStart: number;
  readonly memoryIdle: number;
}

interface Started {
  readonly server: RunningServer;
  readonly firstStart: number;
  readonly memoryAtStart: number;
}

type Kind = 'embedded' | 'PostgreSQL';

async function startTwice(variables: Readonly<Record<string, string>>, defer: Defer): Promise<Started> {
  const folder = await newFolder(defer);
  const first = await startFamilyAssistant(folder, variables, NODE_OPTIONS);
  await first.stop();
  const server = await startFamilyAssistant(folder, variables, NODE_OPTIONS);
  return { server, firstStart: first.readyAfter, memoryAtStart: await residentMemory(server) };
}

async function figuresOf({ server, firstStart, memoryAtStart }: Started): Promise<Figures> {
  await sleep(IDLE);
  process.kill(server.pid, 'SIGUSR2');
  await sleep(1000);
  const memoryIdle = await residentMemory(server);
  await server.stop();
  return { firstStart, secondStart: server.readyAfter, memoryAtStart, memoryIdle };
}

/** Resident memory in MiB, as the server's own metrics tell it. */
async function residentMemory({ url }: RunningServer): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const bytes = /^family_assistant_process_resident_memory_bytes (\S+)$/m.exec(text)?.[1];
  if (bytes === undefined) throw new Error('The metrics do not tell the resident memory.');
  return Number(bytes) / 2 ** 20;
}

function report(kind: Kind, all: readonly Figures[]): readonly string[] {
  const middle = (pick: (figures: Figures) => number): number => median(all.map(pick));
  return [
    kind,
    `${(middle(({ firstStart }) => firstStart) / 1000).toFixed(2)} s`,
    `${(middle(({ secondStart }) => secondStart) / 1000).toFixed(2)} s`,
    `${middle(({ memoryAtStart }) => memoryAtStart).toFixed(0)} MiB`,
    `${middle(({ memoryIdle }) => memoryIdle).toFixed(0)} MiB`,
  ];
}

await runBenchmark(600, async (defer) => {
  const given = givenServer();
  if (!given) process.stderr.write('Without one only the embedded database is measured.\n\n');
  const figures = new Map<Kind, Figures[]>([
    ['embedded', []],
    ...(given ? [['PostgreSQL', []] as [Kind, Figures[]]] : []),
  ]);
  for (let round = 1; round <= ROUNDS; round += 1) {
    process.stderr.write(`round ${String(round)} of ${String(ROUNDS)}\n`);
    const started: [Kind, Started][] = [['embedded', await startTwice({}, defer)]];
    if (given)
      started.push(['PostgreSQL', await startTwice((await newScratchDatabase(given, defer)).variables, defer)]);
    // The starts are measured one after the other; idling they don't disturb each other.
    await Promise.all(started.map(async ([kind, one]) => figures.get(kind)?.push(await figuresOf(one))));
  }
  process.stdout.write(`Median of ${String(ROUNDS)}, Node ${process.version}\n`);
  const titles = [
    '',
    'first start',
    'second start',
    'memory',
    `memory after ${String(IDLE / 1000)} s idle and collected`,
  ];
  printTable([titles, ...[...figures].map(([kind, all]) => report(kind, all))]);
});
