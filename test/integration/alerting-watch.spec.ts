import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AlertingWatchConfig } from '../../src/platform/config/index.js';
import { Schedules } from '../../src/platform/jobs/index.js';
import { Metrics } from '../../src/platform/observability/index.js';
import { DeliveryService } from '../../src/modules/alerting/delivery/index.js';
import { Canary } from '../../src/modules/alerting/watch/canary.js';
import { ChannelProofs } from '../../src/modules/alerting/watch/channel-proofs.js';
import { WATCHDOG } from '../../src/modules/alerting/watch/watchdog.js';
import { alertOf, messageOf } from '../support/alerting/messages.js';
import { Receiver } from '../support/alerting/receiver.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { newDatabase, onPostgres } from '../support/database.js';
import { as, newFirstAdmin } from '../support/factories.js';
import { measured } from '../support/measure.js';
import { killServers, ServerProcess, until } from '../support/process.js';

// A limit for what hangs.
jest.setTimeout(120_000);

const PROMPT = { ALERTS_GROUP_WAIT_CRITICAL: '0', ALERTS_GROUP_INTERVAL_CRITICAL: '1' };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await killServers();
  for (const each of open.splice(0).reverse()) await each.close();
});
const receiver = async (): Promise<Receiver> => {
  const made = await Receiver.start();
  open.push(made);
  return made;
};
const start = async (options: Parameters<typeof startApp>[0]): Promise<TestApp> => {
  const made = await startApp(options);
  open.push(made);
  return made;
};
const metric = async (server: TestApp, line: RegExp): Promise<number | undefined> => {
  const found = line.exec(await server.app.get(Metrics).registry.metrics())?.[1];
  return found === undefined ? undefined : Number(found);
};

describe('the heartbeat', () => {
  it('is sent while all is well, and neither while something is not nor as it was', async () => {
    const elsewhere = await receiver();
    const lines: string[] = [];
    const server = await start({
      env: { ALERTS_HEARTBEAT_URL: `${elsewhere.url}/ping/s3cret-path`, ALERTS_HEARTBEAT_INTERVAL: '1' },
      logs: { write: (line: string) => void lines.push(line) },
    });
    await until('three pings', () => elsewhere.received.length >= 3);
    expect(elsewhere.received[0]).toMatchObject({ method: 'GET', path: '/ping/s3cret-path', body: '' });
    const success = /^family_assistant_alert_heartbeat_last_success_timestamp_seconds (\S+)$/m;
    expect(await metric(server, success)).toBeGreaterThan(1_700_000_000);

    const delivery = server.app.get(DeliveryService);
    const status = delivery.status();
    const unwell = jest.spyOn(delivery, 'status').mockReturnValue({
      ...status,
      journal: { state: 'down', error: 'ENOSPC', damagedLines: 0 },
    });
    const withheld = /^family_assistant_alert_heartbeats_total\{outcome="withheld"\} (\S+)$/m;
    await until('a ping is withheld', async () => (await metric(server, withheld)) !== undefined);
    const before = elsewhere.received.length;
    await until('more are withheld', async () => ((await metric(server, withheld)) ?? 0) >= 3);
    expect(elsewhere.received).toHaveLength(before);

    unwell.mockRestore();
    await until('it is sent again', () => elsewhere.received.length > before);
    elsewhere.status = 500;
    const failed = /^family_assistant_alert_heartbeats_total\{outcome="failed"\} (\S+)$/m;
    await until('one fails', async () => (await metric(server, failed)) !== undefined);
    expect(lines.join('')).toContain('journal_down');
    expect(lines.join('')).toContain('http_500');
    expect(lines.join('')).not.toContain('s3cret');
  });

  it('of a process that was killed falls silent, which is noticed in three minutes', async () => {
    const elsewhere = await receiver();
    const database = await newDatabase();
    const server = await ServerProcess.start({
      ...database.env,
      ALERTS_HEARTBEAT_URL: elsewhere.url,
      ALERTS_HEARTBEAT_INTERVAL: '1',
    });
    await until('pings', () => elsewhere.received.length >= 5);
    await server.kill();
    const last = elsewhere.received.length;
    // What the documentation tells to set elsewhere: one interval, and twice as long again.
    const { heartbeatInterval } = new AlertingWatchConfig();
    expect(heartbeatInterval * 3).toBeLessThanOrEqual(180);
    const alarmAt = (elsewhere.received.at(-1)?.at ?? 0) + 3 * 1000;
    await until('the alarm elsewhere', () => performance.now() > alarmAt);
    expect(elsewhere.received).toHaveLength(last);
    const gaps = elsewhere.received.slice(1).map(({ at }, index) => at - (elsewhere.received[index]?.at ?? 0));
    measured('heartbeat', { pings: last, longest_gap_of_intervals: Math.max(...gaps) / 1000, noticed_s: 180 });
    await database.drop();
  });
});

describe('an expected watchdog', () => {
  it('is missed when it falls silent, and welcomed when it is back; nobody is told of it itself', async () => {
    const hook = await receiver();
    const server = await start({
      env: { ALERTS_WATCHDOG_EXPECTED: '2', ALERTS_WEBHOOK_URL: hook.url, ...PROMPT },
    });
    const operator = as(server, await newFirstAdmin(server));
    const sign = messageOf(alertOf(WATCHDOG, { labels: { severity: 'none' } }));
    expect(await operator.post('/alerts/webhook', sign)).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(
      await metric(server, /^family_assistant_alert_watchdog_last_seen_timestamp_seconds\{name="Watchdog"\} (\S+)$/m),
    ).toBeGreaterThan(1_700_000_000);
    const told = await hook.hears('WatchdogSilent');
    expect(JSON.parse(told.body)).toMatchObject({ severity: 'critical', status: 'firing' });
    expect(hook.received[0]).toBe(told);

    await until('it is over', async () => {
      await operator.post('/alerts/webhook', sign);
      return hook.saying('WatchdogSilent').some(({ body }) => body.includes('"status":"resolved"'));
    });
  });
});

describe('the canary', () => {
  it('stands in the plan where there is a channel, and proves it', async () => {
    const hook = await receiver();
    const server = await start({ env: { ALERTS_WEBHOOK_URL: hook.url } });
    expect((await server.app.get(Schedules).list()).map(({ id }) => id)).toContain('alerting.canary');
    expect(await server.app.get(Schedules).trigger('alerting.canary')).toBe(true);
    const sung = await hook.hears('Alerting works');
    expect(JSON.parse(sung.body)).toMatchObject({ severity: 'info' });
    await until('the channel is verified', () =>
      server.app
        .get(DeliveryService)
        .status()
        .channels.every(({ isVerified }) => isVerified),
    );
    hook.status = 403;
    await expect(server.app.get(Canary).sing()).rejects.toThrow('no channel');
  });

  it('has no place where nobody is told', async () => {
    const server = await start({});
    expect((await server.app.get(Schedules).list()).map(({ id }) => id)).not.toContain('alerting.canary');
  });

  if (onPostgres) {
    it('of two processes is one, and proves the channel for both', async () => {
      const hook = await receiver();
      const database = await newDatabase();
      open.push({ close: () => database.drop() });
      const env = { ALERTS_WEBHOOK_URL: hook.url };
      const [one, other] = [await start({ database, env }), await start({ database, env })];
      await one.app.get(Schedules).trigger('alerting.canary');
      await hook.hears('Alerting works');
      const isVerified = ({ app }: TestApp): boolean =>
        app
          .get(DeliveryService)
          .status()
          .channels.every((channel) => channel.isVerified);
      await until('both know', async () => {
        await Promise.all([one, other].map(({ app }) => app.get(ChannelProofs).look()));
        return isVerified(one) && isVerified(other);
      });
      expect(hook.saying('Alerting works')).toHaveLength(1);
    });
  }
});
