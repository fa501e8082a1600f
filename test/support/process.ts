import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { tryLock, unlock } from 'fs-native-extensions';
import type { Environment } from '../../src/platform/config/index.js';
import { onPostgres } from './database.js';

const ROOT = join(import.meta.dirname, '../..');
/** Where the built program is; in a container it is the image's. */
export const PROGRAM = process.env['TEST_PROGRAM'] ?? ROOT;
const MAIN = join(PROGRAM, 'dist/src/main.js');
const PRELOAD = join(PROGRAM, 'dist/src/platform/observability/tracing.preload.js');

/** Longest wait for anything, in milliseconds: long enough for a busy machine, so that time never decides a test. */
const PATIENCE = Number(process.env['TEST_PATIENCE'] ?? 60_000);

/** Polls until a condition holds and gives its value; fails with `what` when it never does. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await pause(20);
  }
}

/** A line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface StartOptions {
  /** Modules for `node --import`, besides; `'tracing'` stands for the preload of this project. */
  readonly imports?: readonly string[];
}

/** An answer in JSON. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly body: Body;
}

const running = new Set<ServerProcess>();

/** The built server as a process of its own: what can be killed, signalled and started again. */
export class ServerProcess {
  /** Everything it wrote. */
  stdout = '';
  stderr = '';
  /** Resolves when the process has ended and all it wrote has been read. */
  readonly ended: Promise<Ending>;
  private address: string | undefined;

  /** @param target of signals: the process, or the group that it leads (negative) */
  private constructor(
    private readonly child: ChildProcess,
    private readonly target = child.pid ?? 0,
  ) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        running.delete(this);
        resolve({ code, signal });
      });
    });
    running.add(this);
  }

  /** Starts the process and does not wait. It sees nothing of this environment but `env`. */
  static launch(env: Environment, { imports = [] }: StartOptions = {}): ServerProcess {
    ensureBuilt();
    const preloads = imports.flatMap((module) => ['--import', module === 'tracing' ? PRELOAD : module]);
    const child = spawn(process.execPath, ['--enable-source-maps', ...preloads, MAIN], {
      cwd: tmpdir(), // not here, where a developer may have a `.env`
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'test',
        PORT: '0',
        LOG_LEVEL: 'info',
        RATE_LIMIT_MULTIPLIER: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServerProcess(child);
  }

  /** `make run`, in a process group of its own, and does not wait. */
  static make(env: Environment): ServerProcess {
    ensureBuilt();
    const child = spawn('make', ['--no-print-directory', '-o', 'dist/.built', 'run'], {
      cwd: ROOT,
      detached: true,
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'test',
        PORT: '0',
        LOG_LEVEL: 'info',
        RATE_LIMIT_MULTIPLIER: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServerProcess(child, -(child.pid ?? 0));
  }

  /** Starts the process and waits until it says that it is ready. */
  static async start(env: Environment, options: StartOptions = {}): Promise<ServerProcess> {
    const server = ServerProcess.launch(env, options);
    const hasEnded = server.ended.then(({ code }) => {
      throw new Error(`the server ended with ${String(code)} instead of starting: ${server.stderr}${server.stdout}`);
    });
    await Promise.race([hasEnded, server.becomesReady()]);
    hasEnded.catch(() => undefined); // from now on an end is the test's business
    return server;
  }

  /** Where it listens: with `PORT=0` only its log tells. */
  get url(): string {
    this.address ??= this.lines().find((line) => typeof line['url'] === 'string')?.['url'] as string | undefined;
    if (this.address === undefined) throw new Error('the server does not listen yet');
    return this.address;
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get hasEnded(): boolean {
    return !running.has(this);
  }

  /** The JSON lines of the log so far; anything else on stdout is a fault. */
  lines(): LogLine[] {
    const complete = this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1);
    return complete
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** A request to the server; answers and failures are the caller's to judge, but none takes for ever. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(PATIENCE / 2), ...init });
  }

  /** A JSON request below `/api/v1`. */
  async call(method: string, path: string, { token, body }: { token?: string; body?: object } = {}): Promise<Answer> {
    const response = await this.fetch(`/api/v1${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    if (!this.hasEnded && this.target !== 0) process.kill(this.target, name);
  }

  /** Ends it as a power cut would: no handler runs. */
  async kill(): Promise<Ending> {
    this.signal('SIGKILL');
    return this.ended;
  }

  /** Ends it in order. */
  async stop(): Promise<Ending> {
    this.signal('SIGTERM');
    return this.ended;
  }

  /** Waits until it says so. */
  async becomesReady(): Promise<void> {
    await until(
      'the server listens',
      () => this.stdout.includes('"url"') && this.lines().some((line) => 'url' in line),
    );
    await until('the server is ready', async () => (await this.fetch('/health/ready')).ok);
  }
}

/** For `afterEach`: leaves no process behind, whatever the test did. */
export async function killServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.kill()));
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether somebody accepts connections there. */
export function accepts(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const answer = (isOpen: boolean) => () => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });
}

/** The first account of an empty server, signed in. */
export interface Resident {
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
}

/** Registers the first account of an empty server and signs it in. */
export async function moveIn(server: ServerProcess): Promise<Resident> {
  const account = { email: 'ada@example.org', password: 'violet-harbour-93-teapots' };
  const registered = await server.call('POST', '/auth/register', { body: { ...account, first_name: 'Ada' } });
  if (registered.status !== 201) throw new Error(`registration was answered with ${String(registered.status)}`);
  const { body } = (await server.call('POST', '/auth/login', { body: account })) as Answer<{
    access_token: string;
    refresh_token: string;
  }>;
  return { ...account, token: body.access_token, refreshToken: body.refresh_token };
}

/** What `scripts/servers/servers.sh` can do to the real servers. */
export type ServersCommand = 'pg-stop' | 'pg-start' | 'pg-kill' | 'redis-stop' | 'redis-start' | 'redis-kill';

/**
 * Takes real servers away and brings them back; undefined on the embedded database.
 * @throws unless no other test file runs meanwhile, because all stand on the same servers (`scripts/test.mjs` sees to it)
 */
export function serversControl(): ((command: ServersCommand) => Promise<void>) | undefined {
  const script = process.env['TEST_SERVERS_CTL'];
  if (!onPostgres || !script) return undefined;
  if (process.env['TEST_IN_BAND'] !== 'true') throw new Error('run these tests alone: scripts/test.mjs -i test/faults');
  return async (command) => {
    await promisify(execFile)(script, [command]);
  };
}

let isBuilt = PROGRAM !== ROOT;

/** Builds the server unless it is given, or that has been done since the sources last changed. One process at a time. */
export function ensureBuilt(): void {
  if (isBuilt) return;
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  const lock = openSync(join(ROOT, 'node_modules/.cache/server-build.lock'), 'a');
  try {
    const deadline = Date.now() + PATIENCE;
    while (!tryLock(lock)) {
      if (Date.now() > deadline) throw new Error('another process builds for ever');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
    const builtAt = existsSync(MAIN) ? statSync(MAIN).mtimeMs : 0;
    if (['src', 'migrations'].some((folder) => newestChange(join(ROOT, folder)) > builtAt)) {
      execFileSync(
        process.execPath,
        [
          join(ROOT, 'node_modules/@swc/cli/bin/swc.js'),
          'src',
          'migrations',
          '-d',
          'dist',
          '--copy-files',
          '--ignore',
          '**/*.spec.ts,**/*.d.ts',
        ],
        {
          cwd: ROOT,
          stdio: 'pipe',
        },
      );
    }
    isBuilt = true;
    unlock(lock);
  } finally {
    closeSync(lock);
  }
}

/** When a source under this folder was changed last; tests are no part of the build. */
function newestChange(folder: string): number {
  const sources = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'),
  );
  return Math.max(...sources.map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs));
}
