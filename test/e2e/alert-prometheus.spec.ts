import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { compressedRules } from '../support/alerting/compressed-rules.js';
import { Receiver } from '../support/alerting/receiver.js';
import { RunningAlertmanager } from '../support/alerting/running-alertmanager.js';
import { cli } from '../support/cli.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { freePort, killServers, moveIn, ServerProcess, until } from '../support/process.js';
import { fetchPrograms } from '../support/programs.js';
import { RunningPrometheus } from '../support/running-prometheus.js';

// A limit for what hangs: the first run fetches Prometheus.
jest.setTimeout(600_000);

const TOKEN = 'a-token-that-prometheus-has';
const INSTANCES = join(PROJECT_DIR, 'docker/compose/rules/instances.yml');

interface Groups {
  readonly groups: readonly object[];
}
interface Message {
  readonly alerts: readonly {
    readonly rule?: string;
    readonly source?: string;
    readonly labels: { readonly alertname?: string };
    readonly status: string;
  }[];
}

const fetched = await fetchPrograms('prometheus.sh');
const programs = await RunningPrometheus.find();
const [onPrometheus, name] =
  'missing' in fetched || 'missing' in programs
    ? [describe.skip, 'alerts by a real Prometheus and a real Alertmanager, NOT RUN: they cannot be fetched']
    : [describe, 'alerts by a real Prometheus and a real Alertmanager'];

/** The path of a program of Debian. */
function programOf(variable: string): string {
  const printed = 'printed' in fetched ? fetched.printed : '';
  const path = new RegExp(`^${variable}=(.+)$`, 'm').exec(printed)?.[1];
  if (path === undefined) throw new Error(`prometheus.sh does not tell ${variable}`);
  return path;
}

onPrometheus(name, () => {
  let folder: string;
  let database: TestDatabase;
  /** Who is told by the server, and who is told by Alertmanager beside it. */
  let household: Receiver;
  let beside: Receiver;
  let server: ServerProcess;
  let prometheus: RunningPrometheus | undefined;
  let alertmanager: RunningAlertmanager | undefined;
  let port: number;

  beforeAll(async () => {
    if ('missing' in programs) throw new Error(programs.missing);
    folder = await mkdtemp(join(tmpdir(), 'alert-prometheus-'));
    database = await newDatabase();
    household = await Receiver.start();
    beside = await Receiver.start();
    port = await freePort();
    server = await startServer();
    const { token } = await moveIn(server);
    const key = await server.call('POST', '/api-keys', { token, body: { name: 'A key', scopes: ['alert:write'] } });
    await writeFile(join(folder, 'fast.yaml'), compressedRules());
    const [rules, inhibitions] = await compiled('fast.yaml', '--no-shipped');
    const instances = parse(await readFile(INSTANCES, 'utf8')) as Groups;
    const all = { groups: [...(parse(rules) as Groups).groups, ...instances.groups] };
    alertmanager = await RunningAlertmanager.start(programOf('ALERTMANAGER'), {
      server: server.url,
      key: (key.body as { key_secret: string }).key_secret,
      other: beside.url,
      inhibitions,
    });
    const { address } = alertmanager;
    const targets = [new URL(server.url).host];
    prometheus = await programs.start({ targets, token: TOKEN, rules: stringify(all), alertmanager: address });
    // Prometheus finds the Alertmanager some seconds after its own start.
    await isTold(beside, 'Watchdog', 'firing');
  });
  afterAll(async () => {
    await Promise.all([prometheus?.stop(), alertmanager?.stop(), killServers()]);
    await Promise.all([household.close(), beside.close(), database.drop()]);
    await rm(folder, { recursive: true, force: true });
  });

  /** One that leaves the rules to Prometheus, and expects its sign of life. */
  const startServer = (): Promise<ServerProcess> =>
    ServerProcess.start({
      ...database.env,
      PORT: String(port),
      METRICS_TOKEN: TOKEN,
      ALERTS_EVALUATE: 'false',
      ALERTS_INTERVAL: '1',
      ALERTS_WATCHDOG_EXPECTED: '10',
      ALERTS_WEBHOOK_URL: household.url,
      ALERTS_GROUP_WAIT: '0',
      ALERTS_GROUP_WAIT_CRITICAL: '0',
      ALERTS_GROUP_INTERVAL: '1',
      ALERTS_GROUP_INTERVAL_CRITICAL: '1',
    });

  /** What the command makes of a rule file: rules, and inhibitions. */
  async function compiled(file: string, ...args: string[]): Promise<[string, string]> {
    const [rules, inhibitions] = [join(folder, 'compiled.yaml'), join(folder, 'inhibitions.yaml')];
    const own = file === '' ? [] : [join(folder, file)];
    const out = ['--out', rules, '--alertmanager', inhibitions, ...args];
    expect(await cli({}, ['alerts', 'compile', ...own, ...out])).toMatchObject({ code: 0, stderr: '' });
    return [await readFile(rules, 'utf8'), await readFile(inhibitions, 'utf8')];
  }

  /** What somebody was told last of a rule. */
  const lastTold = (receiver: Receiver, rule: string, source?: string): string | undefined =>
    receiver.received
      .filter(({ method }) => method === 'POST')
      .flatMap(({ body }) => (JSON.parse(body) as Message).alerts)
      .filter((alert) => source === undefined || alert.source === source)
      .findLast((alert) => (alert.rule ?? alert.labels.alertname) === rule)?.status;

  const isTold = async (receiver: Receiver, rule: string, status: string): Promise<void> => {
    await until(`${rule} is told: ${status}`, () => lastTold(receiver, rule) === status);
  };

  it('whose configurations and rules their own tools call right', async () => {
    const run = promisify(execFile);
    const [promtool, amtool] = [programOf('PROMTOOL'), programOf('AMTOOL')];
    const [, inhibitions] = await compiled('');
    const checked = await run(promtool, ['check', 'rules', join(folder, 'compiled.yaml'), INSTANCES]);
    expect(checked.stdout).toMatch(/SUCCESS: \d{2} rules found[^]*SUCCESS: 2 rules found/);
    for (const file of ['docker/prometheus/prometheus.yml', 'docker/compose/prometheus.yml']) {
      const { stdout } = await run(promtool, ['check', 'config', '--syntax-only', join(PROJECT_DIR, file)]);
      expect(stdout).toContain('SUCCESS');
    }
    const both = join(folder, 'alertmanager.yml');
    const shipped = await readFile(join(PROJECT_DIR, 'docker/compose/alertmanager.yml'), 'utf8');
    await writeFile(both, `${shipped}\n${inhibitions}`);
    expect(inhibitions).toContain('ErrorRateHigh');
    expect((await run(amtool, ['check-config', both])).stdout).toContain('SUCCESS');
  });

  it('arrive where the server tells them and beside it, and are told to be over', async () => {
    const body = { email: 'nobody@example.org', password: 'not-the-password-of-anybody' };
    await until('it is told', async () => {
      await Promise.all(Array.from({ length: 20 }, () => server.call('POST', '/auth/login', { body })));
      return lastTold(beside, 'AuthenticationFailures') === 'firing';
    });
    await isTold(household, 'AuthenticationFailures', 'firing');
    await isTold(beside, 'AuthenticationFailures', 'resolved');
    await isTold(household, 'AuthenticationFailures', 'resolved');
  });

  it('of a server that is gone, which only they can tell', async () => {
    await server.kill();
    await isTold(beside, 'BackendGone', 'firing');
    server = await startServer();
    await isTold(beside, 'BackendGone', 'resolved');
  });

  it('whose sign of life the server expects: it tells that it stays away', async () => {
    await until('it is heard', async () => {
      const metrics = await server.fetch('/metrics', { headers: { authorization: `Bearer ${TOKEN}` } });
      return (await metrics.text()).includes('family_assistant_alert_watchdog_last_seen_timestamp_seconds{');
    });
    // By its own watch: the rule of that name is evaluated by Prometheus, for which the time without the server was silence too.
    // At its start nothing was to be heard yet, which may have been long.
    const told = (): string | undefined => lastTold(household, 'WatchdogSilent', 'watchdog');
    await until('no silence is told', () => told() !== 'firing');
    await alertmanager?.stop();
    await until('the silence is told', () => told() === 'firing');
  });
});
