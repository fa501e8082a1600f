import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Receiver } from '../support/alerting/receiver.js';
import { newDatabase, type TestDatabase } from '../support/database.js';
import { measured } from '../support/measure.js';
import { killServers, moveIn, ServerProcess, serversControl, until, type Answer } from '../support/process.js';

const control = serversControl();

interface Alerts {
  readonly data: readonly { readonly rule: string; readonly state: string }[];
}
interface Episodes {
  readonly data: readonly {
    readonly rule: string;
    readonly ends_at: string | null;
    readonly notifications: readonly { readonly channel: string; readonly outcome: string }[];
  }[];
}

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(240_000);

/** The whole of alerting, from the cause to somebody's phone, with nobody but the server itself to see it. */
describe('the database is down', () => {
  let database: TestDatabase;
  let receiver: Receiver;

  beforeEach(async () => {
    database = await newDatabase();
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await killServers();
    await receiver.close();
    await database.drop();
  });

  if (control) {
    test('which is told while it lasts, told to be over, and written down once', async () => {
      const server = await ServerProcess.start({
        ...database.env,
        DATABASE_CONNECT_TIMEOUT: '1000',
        ALERTS_WEBHOOK_URL: receiver.url,
        ALERTS_GROUP_INTERVAL_CRITICAL: '1',
      });
      const { token } = await moveIn(server);
      expect(await server.call('GET', '/alerts', { token })).toMatchObject({ status: 200 });

      const stoppedAt = performance.now();
      await control('pg-stop');
      try {
        const { body, at } = await receiver.hears('DatabaseDown');
        measured('database down to delivery', { seconds: (at - stoppedAt) / 1000 });
        expect(JSON.parse(body)).toMatchObject({ severity: 'critical', status: 'firing' });
        // Whoever was let in a moment ago sees it; nobody else is let in.
        const shown = (await server.call('GET', '/alerts', { token })) as Answer<Alerts>;
        if (shown.status === 200)
          expect(shown.body.data).toContainEqual(expect.objectContaining({ rule: 'DatabaseDown', state: 'firing' }));
        else expect(shown).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
        expect(await server.call('GET', '/alerts/history', { token })).toMatchObject({ status: 503 });
      } finally {
        await control('pg-start');
      }

      await until('it is told to be over', () =>
        receiver.saying('DatabaseDown').some(({ body }) => body.includes('"status":"resolved"')),
      );
      const [episode, ...others] = await until('its history', async () => {
        const answer = (await server.call('GET', '/alerts/history?rule=DatabaseDown', { token })) as Answer<Episodes>;
        const { data } = answer.body;
        return answer.status === 200 && (data[0]?.notifications.length ?? 0) >= 2 && data;
      });
      expect(others).toEqual([]);
      expect(episode).toMatchObject({ ends_at: expect.any(String) });
      expect(episode?.notifications.map(({ channel, outcome }) => [channel, outcome])).toEqual(
        receiver.saying('DatabaseDown').map(() => ['webhook', 'notified']),
      );
    });
  } else {
    test('is for real servers', () => {
      expect(database.kind).toBe('embedded');
    });
  }
});
