import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RuleBoard } from '../../src/modules/alerting/rule-state.js';
import { Receiver } from '../support/alerting/receiver.js';
import { alertOf, messageOf, newName } from '../support/alerting/messages.js';
import { startApp, type TestApp } from '../support/create-app.js';
import {
  as,
  asIdentity,
  byKey,
  newApiKey,
  newFamily,
  newFirstAdmin,
  nobody,
  problem,
  type Caller,
  type PageOf,
  type SignedIn,
  type TestFamily,
} from '../support/factories.js';
import { until } from '../support/process.js';

// A limit for what hangs.
jest.setTimeout(120_000);

interface AlertBody {
  readonly state: string;
  readonly rule: string;
  readonly severity: string;
  readonly summary: string | null;
  readonly starts_at: string | null;
}

interface EpisodeBody {
  readonly rule: string;
  readonly starts_at: string;
  readonly ends_at: string | null;
  readonly notifications: readonly { readonly channel: string; readonly outcome: string }[];
}

/** Nobody waits in a test. */
const PROMPT = {
  ALERTS_GROUP_WAIT: '0',
  ALERTS_GROUP_WAIT_CRITICAL: '0',
  ALERTS_GROUP_INTERVAL: '1',
  ALERTS_GROUP_INTERVAL_CRITICAL: '1',
};

describe('alerts of a server with a channel', () => {
  let receiver: Receiver;
  let server: TestApp;
  let admin: SignedIn;
  let family: TestFamily;
  let operator: Caller;

  beforeAll(async () => {
    receiver = await Receiver.start();
    server = await startApp({
      env: { REGISTRATION: 'open', ALERTS_WEBHOOK_URL: `${receiver.url}/hook`, ...PROMPT },
    });
    admin = await newFirstAdmin(server);
    family = await newFamily(server);
    operator = as(server, admin);
  });
  afterAll(async () => {
    await server.close();
    await receiver.close();
  });

  const current = async (rule: string): Promise<AlertBody | undefined> =>
    (await operator.get<{ data: AlertBody[] }>('/alerts')).body.data.find((alert) => alert.rule === rule);
  const episodes = async (rule: string): Promise<readonly EpisodeBody[]> =>
    (await operator.get<PageOf<EpisodeBody>>(`/alerts/history?rule=${rule}`)).body.data;

  it('from an Alertmanager are told, shown, remembered, and told to be over', async () => {
    const name = newName();
    expect(await operator.post('/alerts/webhook', messageOf(alertOf(name)))).toMatchObject({
      status: 202,
      body: { accepted: 1 },
    });
    expect(await current(name)).toMatchObject({
      state: 'firing',
      source: 'alertmanager',
      severity: 'critical',
      summary: `${name} is wrong`,
      starts_at: '2026-01-31T08:00:00.123Z',
      runbook: 'https://runbooks.example.org/nas',
      silenced_by: null,
      inhibited: false,
    });
    await receiver.hears(name);

    await operator.post('/alerts/webhook', messageOf(alertOf(name, { status: 'resolved' })));
    expect(await current(name)).toBeUndefined();
    await until('the message that it is over', () =>
      receiver.saying(name).some(({ body }) => body.includes('"status":"resolved"')),
    );
    const [episode] = await until('its history', async () => {
      const found = await episodes(name);
      return typeof found[0]?.ends_at === 'string' && found[0].notifications.length === 2 && found;
    });
    expect(episode).toMatchObject({
      source: 'alertmanager',
      starts_at: '2026-01-31T08:00:00.123Z',
      ends_at: '2026-01-31T09:00:00.000Z',
      notifications: [
        { channel: 'webhook', outcome: 'notified', attempts: 1, code: null },
        { channel: 'webhook', outcome: 'notified', attempts: 1, code: null },
      ],
    });
  });

  it('that are sent twice, and at once, are one', async () => {
    const name = newName();
    const message = messageOf(alertOf(name));
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => operator.post('/alerts/webhook', message)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    await receiver.hears(name);
    await until('its history', async () => (await episodes(name))[0]?.notifications.length === 1);
    expect(await episodes(name)).toHaveLength(1);
    expect(receiver.saying(name)).toHaveLength(1);
  });

  it('end at the time that was said of them, when nothing more is heard', async () => {
    const [over, later] = [newName(), newName()];
    const soon = new Date(Date.now() + 1000).toISOString();
    await operator.post('/alerts/webhook', messageOf(alertOf(later, { endsAt: soon })));
    // One whose end has passed already is over at once.
    await operator.post('/alerts/webhook', messageOf(alertOf(over, { endsAt: '2026-01-31T08:30:00Z' })));
    expect(await current(over)).toBeUndefined();
    await until('it has ended', async () => (await current(later)) === undefined);
  });

  it('are taken from a program by its key', async () => {
    const { secret } = await newApiKey(server, admin, ['alert:write']);
    const name = newName();
    expect(await byKey(server, secret).post('/alerts/webhook', messageOf(alertOf(name)))).toMatchObject({
      status: 202,
    });
    expect(await byKey(server, secret).get('/alerts')).toMatchObject(problem(403, 'insufficient_permissions'));
  });

  it.each([
    ['another version', { ...messageOf(), version: '3' }, 'version'],
    ['no alerts', { version: '4' }, 'alerts'],
    ['too many alerts', messageOf(...Array.from({ length: 5001 }, () => ({}))), 'alerts'],
    ['an alert that is none', messageOf('x' as unknown as object), 'alerts[0]'],
    ['a status that is none', messageOf({ ...alertOf('A'), status: 'odd' }), 'alerts[0].status'],
    [
      'labels that are no texts',
      messageOf(alertOf('A', { labels: { size: 5 as unknown as string } })),
      'alerts[0].labels',
    ],
    ['labels that are too long', messageOf(alertOf('A', { labels: { size: 'x'.repeat(1025) } })), 'alerts[0].labels'],
    ['annotations that are none', messageOf({ ...alertOf('A'), annotations: ['x'] }), 'alerts[0].annotations'],
    [
      'annotations that are no texts',
      messageOf({ ...alertOf('A'), annotations: { a: false } }),
      'alerts[0].annotations',
    ],
    ['a time that is none', messageOf(alertOf('A', { startsAt: 'yesterday' })), 'alerts[0].startsAt'],
    ['an end that is none', messageOf(alertOf('A', { endsAt: '2026-13-01T00:00:00Z' })), 'alerts[0].endsAt'],
  ])('with %s are refused', async (_what, message, field) => {
    expect(await operator.post('/alerts/webhook', message)).toMatchObject(problem(400, 'validation_failed', field));
  });

  it('are taken without annotations, or with none', async () => {
    const [missing, none] = [newName(), newName()];
    const message = messageOf(
      { ...alertOf(missing), annotations: undefined },
      { ...alertOf(none), annotations: null, endsAt: null },
    );
    expect(await operator.post('/alerts/webhook', message)).toMatchObject({ status: 202, body: { accepted: 2 } });
    await receiver.hears(missing);
    await receiver.hears(none);
  });

  it('are a matter for operators and admins', async () => {
    const parent = as(server, family.parent);
    for (const path of ['/alerts', '/alerts/history', '/alerts/silences'])
      expect(await parent.get(path)).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await parent.post('/alerts/test')).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await parent.post('/alerts/webhook', messageOf())).toMatchObject(problem(403, 'insufficient_permissions'));
    expect(await nobody(server).post('/alerts/webhook', messageOf())).toMatchObject(problem(401, 'unauthenticated'));
  });

  it('of the past come page by page, and are narrowed by rule, severity and time', async () => {
    const name = newName();
    const times = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'];
    for (const startsAt of times) {
      const labels = { day: startsAt.slice(0, 10) };
      await operator.post(
        '/alerts/webhook',
        messageOf(alertOf(name, { startsAt, labels: { ...labels, severity: 'info' } })),
      );
    }
    await until('their history', async () => (await episodes(name)).length === 3);
    const pages = await operator.walk<EpisodeBody>(`/alerts/history?rule=${name}`, 2);
    expect(pages.map((page) => page.map(({ starts_at }) => starts_at.slice(0, 10)))).toEqual([
      ['2026-01-03', '2026-01-02'],
      ['2026-01-01'],
    ]);
    const narrowed = `/alerts/history?rule=${name}&severity=info&from=2026-01-02&to=2026-01-03`;
    expect((await operator.get<PageOf<EpisodeBody>>(narrowed)).body.data).toHaveLength(1);
    expect((await operator.get<PageOf<EpisodeBody>>(`${narrowed}&severity=critical`)).status).toBe(400);
    for (const [query, field] of [
      ['severity=odd', 'severity'],
      ['from=yesterday', 'from'],
      ['limit=0', 'limit'],
      ['cursor=x', 'cursor'],
    ])
      expect(await operator.get(`/alerts/history?${query ?? ''}`)).toMatchObject(
        problem(400, 'validation_failed', field ?? ''),
      );
  });

  it('are tried out all the way, with a receipt for each channel', async () => {
    const test = await operator.post<{ data: object[] }>('/alerts/test');
    expect(test).toMatchObject({
      status: 200,
      body: { data: [{ channel: 'webhook', outcome: 'accepted', code: null, attempts: 1 }] },
    });
    expect((await receiver.hears('This is a test')).path).toBe('/hook');
    expect(await current('Test')).toBeUndefined();
    const events = await asIdentity(server, `SELECT 1 FROM audit_events WHERE action = 'alert.test'`, []);
    expect(events.length).toBeGreaterThan(0);

    receiver.status = 401;
    const refused = await operator.post<{ data: object[] }>('/alerts/test');
    receiver.status = 200;
    expect(refused.body.data).toMatchObject([{ channel: 'webhook', outcome: 'failed', code: 'http_401' }]);
  });

  it('are said by health to work once a channel has taken something', async () => {
    await operator.post('/alerts/test');
    const health = await server.http().get('/health').set('authorization', admin.bearer);
    expect((health.body as { components: object }).components).toMatchObject({
      alerting: { status: 'up', faults: [], has_channel: true, heartbeat: 'off' },
    });
  });
});

describe('a server without a channel', () => {
  it('refuses a test, takes alerts all the same, and says so', async () => {
    const server = await startApp();
    try {
      const operator = as(server, await newFirstAdmin(server));
      expect(await operator.post('/alerts/test')).toMatchObject(problem(409, 'alerts_no_channel'));
      const name = newName();
      expect(await operator.post('/alerts/webhook', messageOf(alertOf(name)))).toMatchObject({ status: 202 });
      const { body } = await operator.get<{ data: AlertBody[] }>('/alerts');
      expect(body.data).toContainEqual(expect.objectContaining({ rule: name, state: 'firing' }));
    } finally {
      await server.close();
    }
  });
});

describe('a server whose alerting is switched off', () => {
  it('takes none, and says why', async () => {
    const server = await startApp({ env: { ALERTS_ENABLED: 'false' } });
    try {
      const operator = as(server, await newFirstAdmin(server));
      const answer = await operator.post('/alerts/webhook', messageOf(alertOf(newName())));
      expect(answer).toMatchObject(problem(409, 'alerts_disabled'));
    } finally {
      await server.close();
    }
  });
});

describe('a channel that nobody has tried yet', () => {
  it('is told by health', async () => {
    const server = await startApp({ env: { ALERTS_WEBHOOK_URL: 'http://127.0.0.1:9/' } });
    try {
      const { bearer } = await newFirstAdmin(server);
      const health = await server.http().get('/health').set('authorization', bearer);
      expect(health.body).toMatchObject({
        status: 'degraded',
        components: { alerting: { status: 'down', faults: ['no_verified_channel'] } },
      });
    } finally {
      await server.close();
    }
  });
});

describe('a server that is to tell nobody of alerts', () => {
  it('evaluates no rules, and measures nothing that another one would take for a fault', async () => {
    const server = await startApp({
      env: { ALERTS_ENABLED: 'false', ALERTS_EVALUATE: 'true', ALERTS_WEBHOOK_URL: 'http://127.0.0.1:9/' },
    });
    try {
      const operator = as(server, await newFirstAdmin(server));
      expect(await operator.get('/alerts')).toMatchObject({ status: 200, body: { data: [] } });
      expect(server.app.get(RuleBoard).states()).toEqual([]);
      const { text } = await server.http().get('/metrics');
      expect(text).toContain('family_assistant_build_info');
      expect(text).not.toMatch(/^family_assistant_alert_(journal|channels|outbox)/m);
    } finally {
      await server.close();
    }
  });
});
