import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { WalRepository } from '../../src/modules/backup/point-in-time/wal.repository.js';
import { TransactionRunner } from '../../src/platform/database/index.js';
import { defineJob, JobQueue, JobRegistry } from '../../src/platform/jobs/index.js';
import { Metrics } from '../../src/platform/observability/index.js';
import { newBackup, newBackupPlace, type BackupPlace } from '../support/backup.js';
import { Receiver } from '../support/alerting/receiver.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asked, dashboards, expressions } from '../support/dashboards.js';
import { TINY } from '../support/embedding/home.js';
import {
  as,
  found,
  newConversation,
  newFamily,
  newFirstAdmin,
  newMemory,
  newTurns,
  nobody,
  PASSWORD,
  type SignedIn,
  type TestFamily,
} from '../support/factories.js';
import { ChatServer } from '../support/model/chat-server.js';
import { until } from '../support/process.js';
import { RunningPrometheus } from '../support/running-prometheus.js';

// A limit for what hangs: the first run fetches Prometheus, and a backup starts other programs.
jest.setTimeout(300_000);

const TOKEN = 'a-token-that-prometheus-has';
const FAILING = defineJob<Record<string, never>>({ name: 'test.failing', retryLimit: 0 });

/** Two that fire, for the panels on `ALERTS`. */
const RULES = `groups:
  - name: test
    rules:
      - { alert: FiringCritical, expr: up == 1, labels: { severity: critical } }
      - { alert: FiringWarning, expr: up == 1, labels: { severity: warning } }
`;

describe.each([...dashboards()])('the dashboard %s', (file, { uid, title, description, panels, templating }) => {
  it('has a name and a purpose, and lets one choose source and instance', () => {
    expect(uid).toBe(`family-assistant-${file.replace('.json', '')}`);
    expect(title).toMatch(/^Family Assistant \/ \S/);
    expect(description).toMatch(/\.$/);
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'instance']);
  });

  it('has panels that say what they show, in a unit, of the chosen source and instance', () => {
    expect(panels.length).toBeGreaterThan(8);
    for (const { type, title, description, fieldConfig, datasource, targets } of panels) {
      expect(['stat', 'timeseries', 'table']).toContain(type);
      expect(title).toMatch(/\S/);
      expect(description).toMatch(/^[A-Z0-9].*\.$/);
      expect(fieldConfig.defaults.unit).toMatch(/\S/);
      expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
      expect(targets.length).toBeGreaterThan(0);
      for (const target of targets) {
        expect(target.datasource.uid).toBe('${datasource}');
        expect(target.expr).toContain('instance=~"$instance');
        // A counter of several instances may be added up only after the rate of each was taken.
        expect(target.expr).not.toMatch(/(rate|increase) ?\(sum/);
      }
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  it('has each panel once, and none upon another', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${String(x + (at % w))},${String(y + Math.floor(at / w))}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });
});

it('no two dashboards have one address', () => {
  const ids = [...dashboards().values()].map(({ uid }) => uid);
  expect(ids).toHaveLength(5);
  expect(new Set(ids).size).toBe(ids.length);
});

const programs = await RunningPrometheus.find();
const [onPrometheus, name] =
  'missing' in programs
    ? [describe.skip, `the panels on a real Prometheus, NOT RUN: ${programs.missing}`]
    : [describe, 'the panels on a real Prometheus'];

onPrometheus(name, () => {
  let place: BackupPlace;
  let chat: ChatServer;
  /** Where alerts are told, and the dead man's switch is. */
  let elsewhere: Receiver;
  let admin: SignedIn;
  let server: TestApp;
  /** One that refuses what comes too often. */
  let limited: TestApp;
  let family: TestFamily;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    if ('missing' in programs) throw new Error(programs.missing);
    place = await newBackupPlace();
    chat = await ChatServer.start();
    elsewhere = await Receiver.start();
    server = await startApp({
      env: {
        ...place.env,
        ...TINY,
        REGISTRATION: 'open',
        METRICS_TOKEN: TOKEN,
        LLM_URL: chat.url,
        LLM_MODEL: 'test-model',
        ALERTS_WEBHOOK_URL: `${elsewhere.url}/hook`,
        ALERTS_HEARTBEAT_URL: `${elsewhere.url}/alive`,
        ALERTS_HEARTBEAT_INTERVAL: '1',
      },
      before: (app) => {
        app.get(JobRegistry).register(FAILING, () => Promise.reject(new Error('fails on purpose')));
        const fastify = app.getHttpAdapter().getInstance();
        fastify.get('/broken', () => Promise.reject(new Error('broken on purpose')));
      },
    });
    limited = await startApp({ env: { METRICS_TOKEN: TOKEN, RATE_LIMIT_MULTIPLIER: '1', REDIS_URL: '' } });
    admin = await newFirstAdmin(server);
    family = await newFamily(server);
    const targets = [server, limited].map(({ url }) => new URL(url).host);
    prometheus = await programs.start({ targets, token: TOKEN, rules: RULES });
    expect(await newBackup(server, admin)).toMatchObject({ verification: 'verified' });
    await hearReceiver();
  });
  afterAll(async () => {
    await prometheus.stop();
    await Promise.all([server.close(), limited.close()]);
    await Promise.all([chat.stop(), elsewhere.close(), place.drop()]);
  });

  /** What the receiver of the write-ahead log writes of itself. */
  async function hearReceiver(): Promise<void> {
    const connection = server.app.get(DataSource).createQueryRunner();
    try {
      await new WalRepository((sql, values) => connection.query(sql, values ? [...values] : [])).beat({
        through: Date.now(),
        fault: null,
        lag: 0,
        left: null,
      });
    } finally {
      await connection.release();
    }
  }

  /** Something of everything that is counted. */
  async function traffic(round: number): Promise<void> {
    const { parent } = family;
    const login = { email: parent.email, password: PASSWORD };
    await nobody(server).post('/auth/login', login);
    await nobody(server).post('/auth/login', { ...login, password: 'not-the-password-of-anybody' });
    await newMemory(server, parent, `Grandma keeps spare key number ${String(round)} under the blue flowerpot`);
    for (const query of ['spare key', `flowerpot ${String(round)}`, 'spare key']) await found(server, parent, query);
    await as(server, parent).get(`/users/${parent.userId}/profile`);
    const { id } = await newConversation(server, parent);
    await newTurns(
      server,
      parent,
      id,
      `My favourite colour is blue, and I live in Porto since ${String(2000 + round)}`,
    );
    await server.http().get('/broken');
    await as(server, admin).post('/alerts/test');
    await server.app.get(TransactionRunner).runAsIdentity((tx) => server.app.get(JobQueue).enqueue(tx, FAILING, {}));
    const refresh = { refresh_token: 'x'.repeat(43) };
    await Promise.all(Array.from({ length: 40 }, () => nobody(limited).post('/auth/refresh', refresh)));
  }

  it('its configuration is one', async () => {
    if ('missing' in programs) throw new Error(programs.missing);
    expect(await programs.check()).toContain('SUCCESS');
  });

  it('there are the metrics that are named', () => {
    const registered = new Set(
      server.app
        .get(Metrics)
        .registry.getMetricsAsArray()
        .map((metric) => metric.name),
    );
    const unknown = expressions().flatMap(({ where, metrics }) =>
      metrics.filter((metric) => !registered.has(metric)).map((metric) => [where, metric]),
    );
    expect(unknown).toEqual([]);
  });

  it('each of them can be asked and finds data', async () => {
    const hasData = async (expr: string): Promise<boolean> =>
      (await prometheus.query(asked(expr))).some(({ value: [, value] }) => Number.isFinite(Number(value)));
    let waiting = expressions();
    expect(waiting.length).toBeGreaterThan(50);
    let round = 0;
    const allHave = async (): Promise<boolean> => {
      await traffic((round += 1));
      const answers = await Promise.all(waiting.map(({ expr }) => hasData(expr)));
      waiting = waiting.filter((_, at) => answers[at] === false);
      return waiting.length === 0;
    };
    await until('every panel finds data', allHave).catch(() => undefined);
    expect(waiting).toEqual([]);
  });

  it('each instance can be chosen by itself', async () => {
    const requests = 'sum by (instance) (family_assistant_requests_total{instance=~"$instance"})';
    const host = new URL(limited.url).host;
    const answer = await prometheus.query(requests.replaceAll('$instance', host));
    expect(answer.map(({ metric }) => metric['instance'])).toEqual([host]);
  });
});
