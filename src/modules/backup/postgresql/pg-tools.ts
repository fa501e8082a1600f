import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { environment, type DatabaseConfig } from '../../../platform/config/index.js';
import { ZSTD_LEVEL } from '../archive/sealing.worker.js';
import { BackupError, type BackupErrorCode } from '../backup.errors.js';
import { loginOf } from '../connection.repository.js';

/** `pg_dump`, `pg_restore` and their sisters, of one version. */
export interface PgTools {
  readonly folder: string;
  /** As it says itself: `17.5`. */
  readonly version: string;
  readonly major: number;
}

/** Where packages put the clients of PostgreSQL, besides PATH; each below it has `bin`. */
const INSTALLED = ['/usr/lib/postgresql', '/usr/pgsql', '/opt/homebrew/opt', '/usr/local/opt'];
const LONGEST_REASON = 300;
const KEPT_OUTPUT = 16_384;

/**
 * The client to dump a server with: of those that are installed the oldest that is not older than the server, so that
 * `pg_restore` of the same version is at hand on the server's own machine.
 * @param folder the only place to look in, where one is set
 * @throws BackupError `backup_client_missing`, `backup_client_too_old`
 */
export async function findPgTools(serverMajor: number, folder?: string): Promise<PgTools> {
  const folders = folder === undefined ? knownFolders() : [folder];
  const found = (await Promise.all(folders.map(toolsIn))).flatMap((tools) => tools ?? []);
  if (found.length === 0) throw new BackupError('backup_client_missing', folders.join(', '));
  const [best] = found.filter(({ major }) => major >= serverMajor).sort((one, other) => one.major - other.major);
  if (best) return best;
  const versions = found.map(({ version }) => version).join(', ');
  throw new BackupError('backup_client_too_old', `pg_dump ${versions}; the server is ${String(serverMajor)}`);
}

function knownFolders(): string[] {
  const versions = INSTALLED.flatMap((place) => {
    const names = existsSync(place) ? readdirSync(place) : [];
    return names
      .filter((name) => /^(postgresql@|libpq|pgsql-)?[\d.]*$/.test(name))
      .map((name) => join(place, name, 'bin'));
  });
  const path = (environment()['PATH'] ?? '').split(delimiter).filter((place) => place !== '');
  return [...new Set([...versions, ...path])].filter((place) => existsSync(join(place, 'pg_dump')));
}

async function toolsIn(folder: string): Promise<PgTools | undefined> {
  if (!existsSync(join(folder, 'pg_restore'))) return undefined;
  try {
    const { stdout } = await promisify(execFile)(join(folder, 'pg_dump'), ['--version'], { env: baseEnvironment() });
    const version = /\s(\d+[\w.]*)/.exec(stdout)?.[1];
    return version === undefined ? undefined : { folder, version, major: Number.parseInt(version, 10) };
  } catch {
    return undefined;
  }
}

/** As `pg_dump` has it since version 16. */
export const COMPRESSION = `zstd:${String(ZSTD_LEVEL)}`;

/** Longest wait for what a client says of itself, in milliseconds. */
const ANSWER_TIME = 10_000;

/**
 * Whether `pg_dump` compresses with zstd by itself: a quarter of the bytes then passes through this process. It looks at
 * what it was asked for before it looks for a server.
 */
export async function compresses({ folder }: PgTools): Promise<boolean> {
  const args = ['--format=custom', `--compress=${COMPRESSION}`, '--host=/nonexistent', '--dbname=none'];
  return promisify(execFile)(join(folder, 'pg_dump'), args, { env: baseEnvironment(), timeout: ANSWER_TIME }).then(
    () => true,
    (error: unknown) => String((error as { stderr?: string }).stderr).includes('connection to server'),
  );
}

/** One run of a client. */
export interface ToolRun {
  readonly tool: 'pg_dump' | 'pg_restore' | 'pg_basebackup' | 'pg_receivewal';
  readonly args: readonly string[];
  /** Database to connect to; none for reading an archive alone. */
  readonly url?: string;
  readonly tls: Pick<DatabaseConfig, 'tls' | 'tlsCa'>;
  /** Settings of the session, as libpq's PGOPTIONS has them. */
  readonly settings?: string;
  /** Name of the session, by which the server lists it. */
  readonly name?: string;
  readonly signal: AbortSignal;
}

/** A client that runs, and whether it ended well. */
export interface RunningTool {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves to its exit code. */
  readonly ended: Promise<number | null>;
  /** What it said of an error, without values of rows. */
  reason(): string;
  hasEnded(): boolean;
  kill(): void;
}

/**
 * How a client is started. The password goes by the environment, as a command line can be read by everybody on the
 * machine; nothing else of this process's environment does.
 */
export const commandOf = (
  { folder }: PgTools,
  { tool, args, url, tls, settings = '', name }: Omit<ToolRun, 'signal'>,
): { readonly command: string; readonly args: readonly string[]; readonly env: Record<string, string> } => ({
  command: join(folder, tool),
  args: [...args, ...(url === undefined ? [] : ['--no-password', `--dbname=${addressOf(url)}`])],
  env: {
    ...baseEnvironment(),
    ...(url === undefined ? {} : connection(url, tls)),
    ...(name === undefined ? {} : { PGAPPNAME: name }),
    PGOPTIONS: settings,
  },
});

/** Starts a client. */
export function startTool(tools: PgTools, { signal, ...run }: ToolRun): RunningTool {
  const { command, args, env } = commandOf(tools, run);
  const child: ChildProcess = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new BackupError('backup_failed', 'no pipes');
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-KEPT_OUTPUT)));
  // One that has ended takes nothing more; its exit code tells why.
  stdin.on('error', () => undefined);
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', kill);
      resolve(code);
    });
  });
  ended.catch(() => undefined);
  return {
    stdin,
    stdout,
    ended,
    kill,
    reason: () => withoutValues(said),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
  };
}

/**
 * What a client writes, to its end.
 * @throws BackupError `otherwise` when it does not end with 0, however much it has written
 */
export async function* outputOf(running: RunningTool, otherwise: BackupErrorCode): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of running.stdout) yield chunk as Uint8Array;
    const code = await running.ended.catch((cause: unknown) => {
      throw new BackupError('backup_client_missing', undefined, { cause });
    });
    if (code !== 0) throw failureOf(running.reason(), otherwise);
  } finally {
    running.kill();
  }
}

/** The error of a client that did not end well, by what it said. */
export function failureOf(said: string, otherwise: BackupErrorCode): BackupError {
  const reason = withoutValues(said);
  return new BackupError(faultIn(reason) ?? otherwise, reason);
}

/**
 * Gives a client all it is to read; the chunks are read to their end also when it takes no more, as their own check
 * comes last.
 * @returns its exit code
 */
export async function feed(running: RunningTool, chunks: AsyncIterable<Uint8Array>): Promise<number | null> {
  try {
    for await (const chunk of chunks) {
      if (!running.hasEnded() && !running.stdin.write(chunk))
        await Promise.race([drained(running.stdin), running.ended]);
    }
    running.stdin.end();
    return await running.ended;
  } finally {
    running.kill();
  }
}

export const drained = (stream: Writable): Promise<void> => new Promise((resolve) => stream.once('drain', resolve));

/** What some of its words mean, in codes. */
export function faultIn(reason: string): BackupErrorCode | undefined {
  if (reason.includes('row-level security')) return 'backup_role_filtered';
  if (
    /create extension|create this extension|could not open extension control file|extension "…" is not available/.test(
      reason,
    )
  )
    return 'restore_scratch_denied';
  if (/permission denied|must be superuser or replication role|no pg_hba.conf entry/.test(reason))
    return 'backup_role_denied';
  if (reason.includes('No space left on device')) return 'backup_disk_full';
  if (reason.includes('server version mismatch')) return 'backup_client_too_old';
  if (/invalid page in block|could not read block|missing chunk|compressed .* is corrupt/.test(reason))
    return 'backup_source_damaged';
  if (/server closed the connection|terminating connection|connection to server .* failed|SSL SYSCALL/.test(reason))
    return 'backup_database_lost';
  return undefined;
}

/**
 * Whether all that `pg_restore` complained of are settings of the session that an older server does not know (a client of
 * 17 begins with `transaction_timeout`, and cannot be told not to). It counts every statement that failed.
 */
export function areUnknownSettings(reason: string): boolean {
  const unknown = reason.match(/ERROR: +unrecognized configuration parameter/g)?.length ?? 0;
  return unknown > 0 && reason.endsWith(`errors ignored on restore: ${String(unknown)}`);
}

/** The lines that name an error, without what stands between quotes or is a value: it may be somebody's. */
const withoutValues = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /^pg_\w+: (error|detail|warning)/.test(line))
    .map((line) => line.replaceAll(/"[^"]*"/g, '"…"').replaceAll(/\([^)]*\)=\([^)]*\)/g, '(…)'))
    .join(' ')
    .slice(0, LONGEST_REASON);

const baseEnvironment = (): Record<string, string> => {
  const { PATH = '', HOME = '/', TMPDIR = '/tmp' } = environment();
  return { PATH, HOME, TMPDIR, LC_ALL: 'C.UTF-8' };
};

/** Where the driver would connect to, without the password, as libpq has it (PostgreSQL, 32.1.1.1). */
function addressOf(url: string): string {
  const { host, port, user, database } = loginOf(url);
  const quoted = (value: string): string => `'${value.replaceAll(/['\\]/g, '\\$&')}'`;
  return Object.entries({ host, port: String(port), user, dbname: database })
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${quoted(value)}`)
    .join(' ');
}

/** Environment of libpq (PostgreSQL, 32.15 "Environment Variables"). */
function connection(url: string, { tls, tlsCa }: Pick<DatabaseConfig, 'tls' | 'tlsCa'>): Record<string, string> {
  const { password } = loginOf(url);
  const mode = { off: 'disable', require: 'require', verify: 'verify-full' }[tls];
  return {
    ...(password === '' ? {} : { PGPASSWORD: password }),
    PGSSLMODE: mode,
    ...(tls === 'verify' ? { PGSSLROOTCERT: tlsCa ?? 'system' } : {}),
    PGCONNECT_TIMEOUT: '15',
    PGTZ: 'UTC',
  };
}
