import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Alert } from '../../../src/modules/alerting/alert.js';
import type { DeliveryStatus } from '../../../src/modules/alerting/delivery/delivery.status.js';
import type { Environment } from '../../../src/platform/config/index.js';
import { until } from '../../support/process.js';
import type { DiskState, KillPoint } from './broken-fs.js';

const ROOT = join(import.meta.dirname, '../../..');

/** What the process is told. */
export type Command =
  | { readonly do: 'take'; readonly number: number; readonly alerts: readonly Alert[] }
  | { readonly do: 'disk'; readonly state: DiskState }
  | { readonly do: 'kill'; readonly at: KillPoint | 'before-send' }
  | { readonly do: 'dns'; readonly isDown: boolean }
  | { readonly do: 'status' };

/** What the process says. */
export interface Said {
  readonly started?: true;
  readonly acknowledged?: number;
  readonly refused?: number;
  readonly channel?: string;
  readonly outcome?: string;
  readonly code?: string;
  readonly down?: string;
  readonly up?: true;
  readonly damaged?: number;
  readonly status?: DeliveryStatus;
}

/** A process with the pipeline, from its start until it ends. */
export class DeliveryProcess {
  readonly said: Said[] = [];
  hasEnded = false;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private rest = '';

  constructor(env: Environment, folder: string, killAt?: KillPoint) {
    const hooks = join(ROOT, 'scripts/ts-hooks.mjs');
    const file = join(import.meta.dirname, 'delivery.process.ts');
    this.child = spawn(process.execPath, ['--import', hooks, file, folder, ...(killAt ? [killAt] : [])], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdin?.on('error', () => undefined); // it was killed
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${this.rest}${text}`.split('\n');
      this.rest = lines.pop() ?? '';
      this.said.push(...lines.map((line) => JSON.parse(line) as Said));
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', () => {
        this.hasEnded = true;
        resolve();
      });
    });
  }

  tell(command: Command): void {
    this.child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Waits until it says something, or has ended. @param from which of the things it said */
  async hears(what: string, test: (said: Said) => boolean, from = 0): Promise<Said | undefined> {
    let found: Said | undefined;
    await until(what, () => {
      found = this.said.slice(from).find(test);
      return found !== undefined || this.hasEnded;
    });
    return found;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  waitForEnd(): Promise<boolean> {
    return until('the process has ended', () => this.hasEnded);
  }
}
