import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Environment } from '../../src/platform/config/index.js';
import { ensureBuilt } from './process.js';

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as somebody at a terminal would. It sees nothing of this environment but `env`. */
export async function cli(env: Environment, args: readonly string[], input = ''): Promise<Outcome> {
  ensureBuilt();
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: tmpdir(), // not here, where a developer may have a `.env`
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...env },
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
