import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { PROJECT_DIR } from '../../../src/platform/config/index.js';
import { freePort, until } from '../process.js';

interface Options {
  /** Server whose `POST /alerts/webhook` is told, and an API key that may. */
  readonly server: string;
  readonly key: string;
  /** Somebody else who is told. */
  readonly other: string;
  /** `inhibit_rules`, as YAML. */
  readonly inhibitions: string;
}

interface Configuration {
  readonly route: { readonly routes: { repeat_interval: string }[] } & Record<string, unknown>;
  readonly receivers: {
    readonly webhook_configs: { url: string; http_config?: { http_headers: { 'X-API-Key': { files: string[] } } } }[];
  }[];
}

/** The configuration of docker-compose.prod.yml. */
const CONFIG = join(PROJECT_DIR, 'docker/compose/alertmanager.yml');

/** A real Alertmanager that runs on the configuration of the project, in a hurry. */
export class RunningAlertmanager {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** As `host:port`. */
    readonly address: string,
  ) {}

  static async start(program: string, options: Options): Promise<RunningAlertmanager> {
    const folder = await mkdtemp(join(tmpdir(), 'family-assistant-alertmanager-'));
    const config = join(folder, 'alertmanager.yml');
    await writeFile(join(folder, 'key'), `${options.key}\n`, { mode: 0o600 });
    await writeFile(config, configured(await readFile(CONFIG, 'utf8'), join(folder, 'key'), options));
    const address = `127.0.0.1:${String(await freePort())}`;
    const storage = `--storage.path=${join(folder, 'data')}`;
    const args = [`--config.file=${config}`, storage, `--web.listen-address=${address}`, '--cluster.listen-address='];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const running = new RunningAlertmanager(child, folder, address);
    await until('Alertmanager is ready', async () => {
      if (child.exitCode !== null) throw new Error(`Alertmanager ended: ${complaints}`);
      return fetch(`http://${address}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    });
    return running;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'close');
      this.child.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

function configured(text: string, keyFile: string, { server, other, inhibitions }: Options): string {
  const config = parse(text) as Configuration;
  for (const hook of config.receivers.flatMap((receiver) => receiver.webhook_configs)) {
    if (!hook.http_config) throw new Error('the configuration has a webhook without a key');
    hook.url = `${server}${new URL(hook.url).pathname}`;
    hook.http_config.http_headers['X-API-Key'].files = [keyFile];
  }
  config.receivers[0]?.webhook_configs.push({ url: other });
  Object.assign(config.route, { group_wait: '0s', group_interval: '1s' });
  for (const route of config.route.routes) route.repeat_interval = '1s';
  return `${stringify(config)}\n${inhibitions}`;
}
