import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { fingerprintOf, type Alert } from '../../src/modules/alerting/alert.js';
import type { HistoryEntry } from '../../src/modules/alerting/delivery/index.js';
import { HistoryMirror } from '../../src/modules/alerting/history/history-mirror.js';
import { AlertHistory } from '../../src/modules/alerting/history/history.service.js';
import { Schedules } from '../../src/platform/jobs/index.js';
import { newName } from '../support/alerting/messages.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { asIdentity } from '../support/factories.js';

// A limit for what hangs.
jest.setTimeout(120_000);

const DAY = 86_400_000;
const signal = new AbortController().signal;

const alertOf = (rule: string, startsAt: number): Alert => ({
  fingerprint: fingerprintOf('rules', { alertname: rule }),
  source: 'rules',
  rule,
  severity: 'warning',
  status: 'firing',
  labels: { alertname: rule },
  annotations: { summary: rule },
  startsAt,
});
const began = (alert: Alert): HistoryEntry => ({ id: `${alert.rule}:began`, kind: 'began', at: alert.startsAt, alert });
const ended = (alert: Alert, endsAt: number): HistoryEntry => ({
  id: `${alert.rule}:ended`,
  kind: 'ended',
  at: endsAt,
  alert: { ...alert, status: 'resolved', endsAt },
});
const notified = ({ rule, fingerprint, startsAt }: Alert, at: number): HistoryEntry => ({
  id: `${rule}:webhook`,
  kind: 'notified',
  at,
  channel: 'webhook',
  notification: rule,
  episodes: [{ fingerprint, startsAt }],
  attempts: 1,
});

/** What the journal tells comes again after each failure and each crash. */
describe('the history of alerts', () => {
  let server: TestApp;
  let mirror: HistoryMirror;

  beforeAll(async () => {
    server = await startApp({ env: { ALERTS_HISTORY_DAYS: '30', ALERTS_EVALUATE: 'false' } });
    mirror = server.app.get(HistoryMirror);
  });
  afterAll(() => server.close());

  const list = async (rule: string): Promise<object[]> => [
    ...(await server.app.get(AlertHistory).list({ rule, limit: 20 })).data,
  ];

  it('has once what is told again, in part or as a whole, and stays what it was', async () => {
    const alert = alertOf(newName(), Date.now() - 60_123);
    const entries = [began(alert), notified(alert, Date.now() - 50_000), ended(alert, Date.now() - 1000)];
    await mirror.store(entries.slice(0, 2), signal);
    expect(await list(alert.rule)).toMatchObject([{ ends_at: null, notifications: [{ channel: 'webhook' }] }]);
    await mirror.store(entries, signal);
    await Promise.all([1, 2, 3].map(() => mirror.store(entries, signal)));
    await mirror.store(entries.slice(0, 1), signal);

    expect(await list(alert.rule)).toEqual([
      expect.objectContaining({
        starts_at: new Date(alert.startsAt).toISOString(),
        ends_at: expect.any(String),
        notifications: [expect.objectContaining({ outcome: 'notified', attempts: 1 })],
      }),
    ]);
  });

  it('has open again what was heard to fire after its end, whichever way that is told', async () => {
    const now = Date.now();
    for (const batches of [2, 3, 4, 1]) {
      const alert = alertOf(newName(), now - 60_000);
      const again: HistoryEntry = { ...began(alert), id: `${alert.rule}:began:again`, at: now - 10_000 };
      const entries = [began(alert), ended(alert, now - 30_000), again, ended(alert, now)];
      const size = Math.ceil(3 / batches);
      const store = async (some: readonly HistoryEntry[]): Promise<void> => {
        for (let at = 0; at < some.length; at += size) await mirror.store(some.slice(at, at + size), signal);
      };
      await store(entries.slice(0, 3));
      expect(await list(alert.rule)).toMatchObject([{ ends_at: null }]);
      await store(entries.slice(0, 3));
      expect(await list(alert.rule)).toMatchObject([{ ends_at: null }]);
      await store(entries);
      await mirror.store([began(alert), again], signal);
      expect(await list(alert.rule)).toMatchObject([{ ends_at: new Date(now).toISOString() }]);
    }
  });

  it('goes on past an entry that the database refuses', async () => {
    const [bad, good] = [alertOf(newName(), Date.now()), alertOf(newName(), Date.now())];
    await mirror.store([began({ ...bad, fingerprint: 'none' }), began(good)], signal);
    expect(await list(bad.rule)).toEqual([]);
    expect(await list(good.rule)).toHaveLength(1);
  });

  it('is shown to nobody outside of its realm', async () => {
    await mirror.store([began(alertOf(newName(), Date.now()))], signal);
    const dataSource = server.app.get(DataSource);
    for (const table of [
      'alert_episodes',
      'alert_notifications',
      'alert_silences',
      'alert_channels',
      'alert_watchdogs',
    ])
      expect(await dataSource.query(`SELECT 1 FROM ${table}`)).toEqual([]);
  });

  it('forgets what is past its time, and nothing that still fires', async () => {
    const now = Date.now();
    const [old, young, firing] = [
      alertOf(newName(), now - 40 * DAY),
      alertOf(newName(), now - DAY),
      alertOf(newName(), now - 40 * DAY),
    ];
    const entries = [began(old), notified(old, now - 40 * DAY), ended(old, now - 39 * DAY)];
    await mirror.store([...entries, began(young), ended(young, now), began(firing)], signal);
    await server.app.get(AlertHistory).expire();
    expect(await Promise.all([old, young, firing].map(async ({ rule }) => (await list(rule)).length))).toEqual([
      0, 1, 1,
    ]);
    const left = await asIdentity(server, 'SELECT 1 FROM alert_notifications WHERE notification = $1', [old.rule]);
    expect(left).toEqual([]);
    expect((await server.app.get(Schedules).list()).map(({ id }) => id)).toContain('alerting.retention');
  });
});
