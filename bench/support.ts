/** What the benchmarks share: processes, load, numbers. Nothing here listens on or connects to more than this machine's loopback. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROJECT = join(import.meta.dirname, '..');
/** A bound for what hangs; a busy machine is slow. */
const START_LIMIT = 180_000;
const STOP_LIMIT = 15_000;

type Variables = Readonly<Record<string, string>>;

/** A process that answers HTTP. */
export interface RunningServer {
  readonly url: string;
  /** Milliseconds from its start to its first good answer. */
  readonly readyAfter: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const children = new Set<ChildProcess>();
let isInterrupted = false;

/** Remembers what has to be done at the end, whatever happens; the last thing first. */
export type Defer = (step: () => Promise<void>) => void;

/**
 * Runs a benchmark so that nothing is left behind: at a signal, a failure or after `limit` seconds its processes are
 * ended, whatever waits for them fails, and then what it has deferred is done.
 */
export async function runBenchmark(limit: number, work: (defer: Defer) => Promise<void>): Promise<never> {
  const interrupt = (reason: string): void => {
    if (isInterrupted) process.exit(1);
    isInterrupted = true;
    process.stderr.write(`${reason}, cleaning up\n`);
    void endAll();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, interrupt);
  const late = setTimeout(interrupt, limit * 1000, `not done after ${String(limit)} s`);
  const steps: (() => Promise<void>)[] = [];
  await attempt(() => work((step) => steps.push(step)));
  clearTimeout(late);
  await endAll();
  for (const step of steps.toReversed()) await attempt(step);
  process.exit();
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

/** Ends what still runs, and waits for it: a folder is removed for good only when nobody writes into it. */
async function endAll(): Promise<void> {
  const ends = [...children].map((child) => once(child, 'exit'));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(ends);
}

/** A folder of the benchmark's own. */
export async function newFolder(defer: Defer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'family-assistant-bench-'));
  defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const newSecret = (): string => randomBytes(32).toString('base64url');

/** Starts the built server of a checkout in a process of its own, as `npm start` does; its log lines go to a file. */
export function startFamilyAssistant(
  folder: string,
  variables: Variables,
  nodeOptions: readonly string[] = [],
  project = PROJECT,
): Promise<RunningServer> {
  const main = join(project, 'dist/src/main.js');
  if (!existsSync(main)) throw new Error(`There is no build in ${project}: run "make build" there first.`);
  const preload = join(project, 'dist/src/platform/observability/tracing.preload.js');
  const command = ['--enable-source-maps', '--import', preload, ...nodeOptions, main];
  return startServer(
    command,
    '/health/ready',
    { NODE_ENV: 'production', LOG_LEVEL: 'info', DATA_DIR: folder, ...variables },
    folder,
  );
}

/** Starts a Node process that listens on `PORT`, and waits until `path` answers. */
export async function startServer(
  command: readonly string[],
  path: string,
  variables: Variables,
  folder: string,
): Promise<RunningServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const logFile = join(folder, `server-${String(port)}.log`);
  const log = openSync(logFile, 'a');
  const started = performance.now();
  const child = start(command, { ...variables, HOST: '127.0.0.1', PORT: String(port) }, ['ignore', log, log]);
  closeSync(log);
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  while (!(await answers(url + path))) {
    if (isGone()) throw new Error(`A server ended while it started:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
    if (performance.now() - started > START_LIMIT) throw new Error('A server did not start in time.');
    await sleep(10);
  }
  const stop = async (): Promise<void> => {
    if (isGone()) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
    await ended;
    clearTimeout(late);
  };
  return { url, readyAfter: performance.now() - started, pid: child.pid ?? 0, stop };
}

function start(
  command: readonly string[],
  variables: Variables,
  stdio: ['ignore' | 'pipe', number | 'pipe', number | 'pipe'],
): ChildProcess {
  // Only what is given here: settings of the caller's shell (tracing, another database) would be measured as well.
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const env = { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...variables };
  return launch(process.execPath, command, env, stdio);
}

type Stdio = 'ignore' | 'inherit' | 'pipe' | number;

/** Starts any program, which is ended with the benchmark at the latest. */
export function launch(program: string, args: readonly string[], env: Variables, stdio: Stdio[]): ChildProcess {
  if (isInterrupted) throw new Error('interrupted');
  const child = spawn(program, args, { cwd: PROJECT, env, stdio });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** What a command of the command line did, and at what cost. */
export interface CommandResult {
  readonly seconds: number;
  /** The most memory its process had at once (`VmHWM`). */
  readonly peakMiB: number;
  readonly stdout: string;
}

/** Runs a command of the command line in a process of its own. @throws Error when it does not end with 0 */
export async function runCommand(args: readonly string[], variables: Variables, input = ''): Promise<CommandResult> {
  const began = performance.now();
  const child = start(['--enable-source-maps', join(PROJECT, 'dist/src/cli/main.js'), ...args], variables, [
    'pipe',
    'pipe',
    'pipe',
  ]);
  child.stdin?.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let peakMiB = 0;
  const looking = setInterval(() => (peakMiB = Math.max(peakMiB, peakOf(child.pid ?? 0))), 50);
  await once(child, 'close');
  clearInterval(looking);
  if (child.exitCode !== 0) throw new Error(`${args.join(' ')} failed: ${stderr.slice(-1000)}`);
  return { seconds: (performance.now() - began) / 1000, peakMiB, stdout };
}

/** Most memory that a process has had at once, in MiB. */
export function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0; // it has ended
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** What autocannon reports of a run; latencies in milliseconds. */
export interface LoadResult {
  readonly requests: { readonly average: number; readonly total: number };
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
}

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly bearer?: string;
  /** Sent as JSON with POST. */
  readonly body?: object;
}

/**
 * Sends requests over kept-alive connections, each the next one as soon as it has its answer, from a process of its own.
 * @throws Error when any answer is not a good one: a fast refusal is no throughput
 */
export async function load({ url, connections, seconds, bearer, body }: Load): Promise<LoadResult> {
  const autocannon = join(PROJECT, 'node_modules/autocannon/autocannon.js');
  const headers = bearer === undefined ? [] : ['-H', `authorization=Bearer ${bearer}`];
  const post =
    body === undefined ? [] : ['-m', 'POST', '-H', 'content-type=application/json', '-b', JSON.stringify(body)];
  const command = [
    autocannon,
    '--json',
    '--no-progress',
    '-c',
    String(connections),
    '-d',
    String(seconds),
    ...headers,
    ...post,
    url,
  ];
  const child = start(command, {}, ['ignore', 'pipe', 'pipe']);
  let output = '';
  let complaints = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const late = setTimeout(() => child.kill('SIGKILL'), (seconds + 20) * 1000);
  await once(child, 'close');
  clearTimeout(late);
  if (child.exitCode !== 0) throw new Error(`The load generator failed: ${complaints.slice(-1000)}`);
  const result = JSON.parse(output) as LoadResult;
  const bad = result.non2xx + result.errors + result.timeouts;
  if (bad > 0) throw new Error(`${String(bad)} requests to ${url} failed; the measurement says nothing.`);
  return result;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle) - 1] ?? NaN)) / 2;
}

/** Prints rows in columns as wide as they need; the first row holds the titles. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd : cell.padStart).call(cell, widths[column] ?? 0)).join('  '),
  );
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

/** Posts JSON to a server under measurement. @throws Error with what it answered, unless that is a 2xx */
export async function post(url: string, body: object, token?: string): Promise<unknown> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { 'content-type': 'application/json', ...authorization };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`POST ${url} answered ${String(response.status)}: ${await response.text()}`);
  return response.json();
}
