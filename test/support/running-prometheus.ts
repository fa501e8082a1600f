import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { freePort, until } from './process.js';
import { fetchPrograms } from './programs.js';

/** One series that a query has found, with its value now. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

interface Options {
  /** Servers to scrape, as `host:port`. */
  readonly targets: readonly string[];
  readonly token: string;
  /** Rules, as YAML. */
  readonly rules: string;
  /** Alertmanager that is told what fires, as `host:port`. */
  readonly alertmanager?: string;
}

const CONFIG = join(PROJECT_DIR, 'docker/prometheus/prometheus.yml');

/** A real Prometheus that runs on the configuration of the project, each second instead of each quarter of a minute. */
export class RunningPrometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly url: string,
  ) {}

  /** Why it cannot be had on this machine; or ways to start it, and to check its configuration. */
  static async find(): Promise<
    | { readonly missing: string }
    | { readonly start: (options: Options) => Promise<RunningPrometheus>; readonly check: () => Promise<string> }
  > {
    const fetched = await fetchPrograms('prometheus.sh');
    if ('missing' in fetched) return fetched;
    const programs = Object.fromEntries(fetched.printed.split('\n').map((line) => line.split('=') as [string, string]));
    const { PROMETHEUS: prometheus = '', PROMTOOL: promtool = '' } = programs;
    return {
      start: (options) => RunningPrometheus.start(prometheus, options),
      check: async () => (await promisify(execFile)(promtool, ['check', 'config', '--syntax-only', CONFIG])).stdout,
    };
  }

  private static async start(
    program: string,
    { targets, token, rules, alertmanager }: Options,
  ): Promise<RunningPrometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'family-assistant-prometheus-'));
    const tokenFile = join(folder, 'metrics-token');
    const config = (await readFile(CONFIG, 'utf8'))
      .replaceAll('15s', '1s')
      .replace('/etc/prometheus/metrics-token', tokenFile)
      .replace("['family-assistant:3000']", JSON.stringify(targets));
    const told =
      alertmanager === undefined ? {} : { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] };
    await mkdir(join(folder, 'rules'));
    await writeFile(tokenFile, token, { mode: 0o600 });
    await writeFile(join(folder, 'rules/test.yml'), rules);
    await writeFile(join(folder, 'prometheus.yml'), `${config}\n${stringify({ alerting: told })}`);
    const address = `127.0.0.1:${String(await freePort())}`;
    const child = spawn(
      program,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--rules.alert.resend-delay=1s',
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const running = new RunningPrometheus(child, folder, `http://${address}`);
    await until('Prometheus is ready', async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended: ${complaints}`);
      return fetch(`${running.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    });
    return running;
  }

  /** @throws Error for an expression that is none */
  async query(expression: string): Promise<readonly Sample[]> {
    const answer = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`);
    const body = (await answer.json()) as { status: string; error?: string; data?: { result: Sample[] } };
    if (body.status !== 'success') throw new Error(`${expression}: ${body.error ?? String(answer.status)}`);
    return body.data?.result ?? [];
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}
