import { describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { DeliveryService } from '../../src/modules/alerting/delivery/index.js';
import { readMessage } from '../../src/modules/alerting/webhook/alertmanager.js';
import { HeardAlerts } from '../../src/modules/alerting/webhook/heard-alerts.js';
import { poolOf } from '../../src/platform/database/index.js';
import { alertOf, messageOf, newName } from '../support/alerting/messages.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase, onPostgres } from '../support/database.js';
import { as, asIdentity, newFirstAdmin, type Caller } from '../support/factories.js';
import { until } from '../support/process.js';

// A limit for what hangs.
jest.setTimeout(120_000);

/** What an Alertmanager says may come to either of two processes. */
describe('an alert from outside', () => {
  if (!onPostgres) {
    it('is for real servers', () => {
      expect(onPostgres).toBe(false);
    });
    return;
  }

  const inTwo = async (
    test: (callers: readonly [Caller, Caller], one: TestApp, other: TestApp) => Promise<void>,
  ): Promise<void> => {
    const database = await newDatabase();
    const [one, other] = [await startApp({ database }), await startApp({ database })];
    try {
      const admin = await newFirstAdmin(one);
      await test([as(one, admin), as(other, admin)], one, other);
    } finally {
      await one.close();
      await other.close();
      await database.drop();
    }
  };
  const fires = ({ app }: TestApp, rule: string): boolean =>
    app
      .get(DeliveryService)
      .active()
      .some((alert) => alert.rule === rule);
  const isStored = (server: TestApp, rule: string, isOver: boolean): Promise<boolean> =>
    until('it is stored', async () => {
      const rows = await asIdentity<{ ends_at: Date | null }>(
        server,
        'SELECT ends_at FROM alert_episodes WHERE rule = $1',
        [rule],
      );
      return rows.length === 1 && (rows[0]?.ends_at !== null) === isOver;
    });

  it('ends where it was heard, also when its end is told to another process alone', async () => {
    await inTwo(async ([operator, theirs], one) => {
      const rule = newName();
      await operator.post('/alerts/webhook', messageOf(alertOf(rule)));
      await isStored(one, rule, false);
      await theirs.post(
        '/alerts/webhook',
        messageOf(alertOf(rule, { status: 'resolved', endsAt: new Date().toISOString() })),
      );
      await until('it is over here', () => !fires(one, rule));
      await isStored(one, rule, true);
    });
  });

  it('ends where it was heard, also when its end is in the database before it', async () => {
    await inTwo(async ([operator, theirs], one) => {
      const rule = newName();
      const startsAt = new Date(Date.now() - 60_000).toISOString();
      // Later than it is heard to begin below: an end from before would be one that was taken back.
      const endsAt = new Date(Date.now() + 600_000).toISOString();
      await theirs.post('/alerts/webhook', messageOf(alertOf(rule, { startsAt, status: 'resolved', endsAt })));
      await isStored(one, rule, true);
      await operator.post('/alerts/webhook', messageOf(alertOf(rule, { startsAt })));
      await until('it is over here', () => !fires(one, rule));
      await isStored(one, rule, true);
    });
  });

  it('ends where it was heard, also when the database could not be told at first', async () => {
    await inTwo(async ([operator, theirs], one, { app }) => {
      const rule = newName();
      await operator.post('/alerts/webhook', messageOf(alertOf(rule)));
      await isStored(one, rule, false);
      // Who asks is known; only then the database is lost.
      const pool = poolOf(app.get(DataSource));
      const heard = readMessage(messageOf(alertOf(rule, { status: 'resolved' })), Date.now());
      const held = await Promise.all(Array.from({ length: pool.counts().size }, () => pool.connect()));
      Object.assign(pool.options, { connectionTimeoutMillis: 100 });
      await app.get(HeardAlerts).passOn(heard);
      Object.assign(pool.options, { connectionTimeoutMillis: 60_000 });
      for (const client of held) client.release();
      expect(fires(one, rule)).toBe(true);
      await app.get(HeardAlerts).look();
      await until('it is over here', () => !fires(one, rule));
      expect(await theirs.get('/alerts')).toMatchObject({ status: 200 });
    });
  });

  it('that fires again after its end goes on, and is not ended by what is remembered of it', async () => {
    await inTwo(async ([operator], one) => {
      const rule = newName();
      const startsAt = new Date(Date.now() - 60_000).toISOString();
      const endsAt = new Date(Date.now() - 30_000).toISOString();
      await operator.post('/alerts/webhook', messageOf(alertOf(rule, { startsAt })));
      await operator.post('/alerts/webhook', messageOf(alertOf(rule, { startsAt, status: 'resolved', endsAt })));
      await isStored(one, rule, true);
      await operator.post('/alerts/webhook', messageOf(alertOf(rule, { startsAt })));
      await one.app.get(HeardAlerts).look();
      await isStored(one, rule, false);
      await one.app.get(HeardAlerts).look();
      expect(fires(one, rule)).toBe(true);
    });
  });
});
