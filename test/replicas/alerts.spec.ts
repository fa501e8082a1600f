import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { alertOf, messageOf, newName } from '../support/alerting/messages.js';
import { Receiver } from '../support/alerting/receiver.js';
import { newDatabase, onPostgres, type TestDatabase } from '../support/database.js';
import { killServers, until, type ServerProcess } from '../support/process.js';
import { asSuperuser, newFirstPerson, Replicas, told, type Person } from '../support/replicas/index.js';

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(300_000);

interface Active {
  readonly data: readonly { readonly rule: string; readonly silenced_by: string | null }[];
}

/** docs/ALERTING.md: who hears of an alert tells of it; its end and silences are known to all by the database. */
describe('alerts of three processes', () => {
  if (!onPostgres) {
    test('are for real servers', () => {
      expect(onPostgres).toBe(false);
    });
    return;
  }

  let database: TestDatabase;
  let receiver: Receiver;
  let replicas: Replicas;
  let admin: Person;

  beforeAll(async () => {
    database = await newDatabase();
    receiver = await Receiver.start();
    replicas = await Replicas.start(database, {
      ALERTS_WEBHOOK_URL: receiver.url,
      ALERTS_EVALUATE: 'false',
      ALERTS_GROUP_WAIT_CRITICAL: '0',
      ALERTS_GROUP_INTERVAL_CRITICAL: '1',
    });
    admin = await newFirstPerson(replicas.at(0));
  });
  beforeEach(() => {
    receiver.received.length = 0;
  });
  afterAll(async () => {
    await killServers();
    await receiver.close();
    await database.drop();
  });

  const report = (server: ServerProcess, ...alerts: readonly object[]): Promise<unknown> =>
    told(server, 202, 'POST', '/alerts/webhook', { token: admin.token, body: messageOf(...alerts) });
  const activeAt = async (server: ServerProcess, rule: string): Promise<Active['data'][number] | undefined> =>
    (await told<Active>(server, 200, 'GET', '/alerts', { token: admin.token })).data.find((one) => one.rule === rule);

  test('one that was heard of is told once, and so is its end, which another one heard of', async () => {
    const rule = newName();
    await report(replicas.at(0), alertOf(rule));
    await receiver.hears(rule);
    // Alertmanager says it again and again.
    await report(replicas.at(0), alertOf(rule));
    // The other one writes down what is over, also what this one has not written down yet.
    await report(replicas.at(2), alertOf(rule, { status: 'resolved', endsAt: new Date().toISOString() }));
    await until('its end is told', () => receiver.saying(rule).length > 1);
    const later = newName();
    await report(replicas.at(0), alertOf(later));
    await receiver.hears(later);
    expect(receiver.saying(rule)).toHaveLength(2);
    const rows = await asSuperuser<{ n: number }>(
      database,
      'SELECT count(*)::int AS n FROM alert_episodes WHERE rule = $1',
      [rule],
    );
    expect(rows).toEqual([{ n: 1 }]);
  });

  test('a silence that was made at one holds at all, and ends at all', async () => {
    const [probe, rule] = [newName(), newName()];
    const body = {
      matchers: [{ name: 'alertname', operator: '=~', value: `${probe}|${rule}` }],
      comment: 'It is being mended',
      ends_at: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const { token } = admin;
    const silence = await told<{ id: string }>(replicas.at(1), 201, 'POST', '/alerts/silences', { token, body });
    await report(replicas.at(2), alertOf(probe));
    // Every process knows it within seconds.
    await until(
      'the third one knows it',
      async () => (await activeAt(replicas.at(2), probe))?.silenced_by === silence.id,
    );
    await report(replicas.at(2), alertOf(rule));
    expect(await activeAt(replicas.at(2), rule)).toMatchObject({ silenced_by: silence.id });
    const heard = newName();
    await report(replicas.at(2), alertOf(heard));
    await receiver.hears(heard);
    expect(receiver.saying(rule)).toEqual([]);
    await told(replicas.at(0), 204, 'DELETE', `/alerts/silences/${silence.id}`, { token });
    await receiver.hears(rule);
    expect(await activeAt(replicas.at(2), rule)).toMatchObject({ silenced_by: null });
  });
});
