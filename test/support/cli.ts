import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Environment } from '../../src/platform/config/index.js';
import { ensureBuilt, PROGRAM } from './process.js';

export const MAIN = join(PROGRAM, 'dist/src/cli/main.js');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as somebody at a terminal would. It sees nothing of this environment but `env`. */
export async function cli(env: Environment, args: readonly string[], input = '', program = MAIN): Promise<Outcome> {
  const child = start(env, args, program);
  child.stdin.end(input);
  const ended = endOf(child);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** Runs a command of whose output only the beginning is read, as by `| head -1`. @returns its exit code */
export async function cliUnheard(env: Environment, args: readonly string[]): Promise<number | null> {
  const child = start(env, args);
  child.stdin.end();
  child.stdout.once('data', () => child.stdout.destroy());
  child.stderr.resume();
  return endOf(child);
}

function start(env: Environment, args: readonly string[], program = MAIN): ChildProcessWithoutNullStreams {
  ensureBuilt();
  return spawn(process.execPath, [program, ...args], {
    cwd: tmpdir(), // not here, where a developer may have a `.env`
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...env },
  });
}

const endOf = (child: ChildProcessWithoutNullStreams): Promise<number | null> =>
  new Promise((resolve) => child.once('close', resolve));
