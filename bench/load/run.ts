/**
 * Loads a server as scenarios.json describes it, and writes a report. `npm run load -- --users 100 --seconds 60`
 *
 * Ends with 0 when everything asked of the load is met, with 1 when not, with 2 when an option cannot be used.
 * docs/LOAD_TESTS.md tells what is loaded, how, and how to read the report.
 */
import { runBenchmark, newFolder, type Defer } from '../support.js';
import { generate } from './generator.js';
import { generateByK6 } from './k6-run.js';
import { describeMachine } from './machine.js';
import { growthOf, processorOf, type MemorySample } from './memory.js';
import { countedRequests, difference, isSameCount } from './metrics.js';
import { OptionError } from './option-error.js';
import { readOptions, USAGE, type Options } from './options.js';
import { writeReport, type Run } from './report.js';
import { serverFor, type LoadedServer } from './server.js';
import { countAnswers, summarise, type Sample } from './statistics.js';
import { judge } from './verdict.js';

/** Seconds beside the load itself: the start, the accounts and memories, requests that are still under way, the report. */
const AROUND = 900;
/** Milliseconds between two looks at the memory: of an own process, and of one that has to be asked. */
const LOOK = { own: 1000, asked: 5000 };

function optionsOrEnd(): Options {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  try {
    return readOptions(args);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    process.stderr.write(`${error.message}
`);
    process.exit(2);
  }
}

/** Looks at the memory until it is stopped. */
function watch(server: LoadedServer): { samples: MemorySample[]; stop(): Promise<void> } {
  const samples: MemorySample[] = [];
  const started = performance.now();
  let last: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    const at = (performance.now() - started) / 1000;
    const mib = await server.memory();
    if (mib !== undefined) samples.push({ at, mib });
  };
  const lookAgain = (): void => {
    last = last.then(look);
  };
  const timer = setInterval(lookAgain, server.pid === undefined ? LOOK.asked : LOOK.own);
  const stop = (): Promise<void> => {
    clearInterval(timer);
    return last;
  };
  return { samples, stop };
}

async function measure(options: Options, server: LoadedServer, defer: Defer): Promise<Omit<Run, 'verdicts'>> {
  const { load, k6 } = options;
  const before = await server.metrics();
  const processor = server.pid === undefined ? undefined : processorOf(server.pid);
  const began = new Date().toISOString();
  const machine = describeMachine();
  const memory = watch(server);
  const samples: Sample[] =
    k6 === undefined || options.generator === 'npm'
      ? await generate(server, load)
      : await generateByK6(k6, server, load, await newFolder(defer));
  await memory.stop();
  const used = server.pid === undefined ? undefined : processorOf(server.pid);
  const after = await server.metrics();
  return {
    name: options.name,
    load,
    generator: options.generator,
    server: server.description,
    command: commandOf(),
    began,
    machine,
    samples,
    memory: memory.samples,
    growth: growthOf(memory.samples, load.seconds),
    idle: server.idle,
    cores: processor === undefined || used === undefined ? undefined : (used - processor) / load.seconds,
    counted:
      before === undefined || after === undefined
        ? undefined
        : difference(countedRequests(before), countedRequests(after)),
  };
}

/** The command as a person types it; k6's path is of the machine, and is found by its script. */
function commandOf(): string {
  const args = process.argv.slice(2);
  const isByK6 = args.includes('k6');
  const shown = isByK6
    ? args.filter((arg, at) => !/^(--generator|--k6)$/.test(arg) && !/^(--generator|--k6)$/.test(args[at - 1] ?? ''))
    : args;
  return [isByK6 ? 'bash scripts/load/k6.sh' : 'npm run load --', ...shown].join(' ');
}

const options = optionsOrEnd();

await runBenchmark(options.load.seconds + AROUND, async (defer) => {
  const server = await serverFor(options, defer);
  process.stdout.write(`${String(options.load.users)} users for ${String(options.load.seconds)} s on ${server.url}\n`);
  const measured = await measure(options, server, defer);
  const { samples, growth, counted } = measured;
  // Others may use a server that ran before, so what it counted says nothing there.
  const isOwn = server.pid !== undefined;
  const isCounted = isOwn && counted !== undefined ? isSameCount(countAnswers(samples), counted) : undefined;
  const verdicts = judge(options.load, {
    all: summarise(samples),
    growth,
    ...(isCounted === undefined ? {} : { isCounted }),
  });
  await writeReport(options.out, { ...measured, verdicts });
  for (const { what, value, goal, isMet } of verdicts)
    process.stdout.write(`${what}: ${value} (goal: ${goal}, ${isMet ? 'met' : 'MISSED'})\n`);
  process.stdout.write(`report: ${options.out}/report.md\n`);
  if (!verdicts.every(({ isMet }) => isMet)) process.exitCode = 1;
});
