import { until, type ServerProcess } from '../../../support/process.js';
import { Receiver } from '../../../support/alerting/receiver.js';
import { alertOf, messageOf } from '../../../support/alerting/messages.js';
import type { Cause, CauseWorld } from '../../../support/alerting/cause-world.js';

/** Many series stand on both sides, and nothing says which belong together. */
const BROKEN_RULE = `
  - name: household
    rules:
      - alert: Broken
        expr: family_assistant_component_up * on () family_assistant_component_up > 1
        labels: { severity: info }
        annotations: { summary: never }
`;

const watchdog = async (world: CauseWorld, token: string): Promise<void> => {
  const body = messageOf(alertOf('Watchdog', { labels: { severity: 'info' } }));
  await world.server.call('POST', '/alerts/webhook', { token, body });
};

/** Each of them has series of its own, whatever it answers. */
const ENDPOINTS = ['/memories', '/family/members', '/auth/me', '/alerts', '/backups', '/api-keys', '/conversations'];
const METRICS_TOKEN = 'a-token-that-prometheus-has';

/** How many series the server keeps for its rules, after another evaluation. */
async function seriesOf(server: ServerProcess): Promise<number> {
  const read = async (): Promise<readonly number[]> => {
    const answer = await server.fetch('/metrics', { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
    const text = await answer.text();
    return ['alert_series', 'alert_evaluation_duration_seconds_count'].map((name) =>
      Number(new RegExp(`^family_assistant_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0),
    );
  };
  const [, before = 0] = await read();
  return until('another evaluation', async () => {
    const [series = 0, evaluations = 0] = await read();
    return evaluations > before && series;
  });
}

/** Alerting itself. */
export const ALERTING_CAUSES: readonly Cause[] = [
  {
    name: 'the only channel accepts nothing',
    rules: ['NoVerifiedChannel', 'AlertDeliveryFailing', 'AlertDeliveryBacklog'],
    prove: async (world) => {
      world.receiver.status = 503;
      await world.start();
      const { token } = await world.moveIn();
      for (const rule of ['NoVerifiedChannel', 'AlertDeliveryFailing', 'AlertDeliveryBacklog'])
        await world.shows(token, rule, true);
      world.receiver.status = 200;
      for (const rule of ['NoVerifiedChannel', 'AlertDeliveryFailing', 'AlertDeliveryBacklog'])
        await world.shows(token, rule, false);
    },
  },
  {
    name: "the dead man's switch is not reached",
    rules: ['HeartbeatFailing'],
    prove: async (world) => {
      const elsewhere = await Receiver.start();
      try {
        await world.start({ ALERTS_HEARTBEAT_URL: elsewhere.url, ALERTS_HEARTBEAT_INTERVAL: '1' });
        await elsewhere.hears('');
        elsewhere.status = 500;
        await world.fire('HeartbeatFailing');
        elsewhere.status = 200;
        await world.end('HeartbeatFailing');
      } finally {
        await elsewhere.close();
      }
    },
  },
  {
    name: 'the sign of life from outside stays away',
    rules: ['WatchdogSilent'],
    prove: async (world) => {
      await world.start();
      const { token } = await world.moveIn();
      await watchdog(world, token);
      await world.fire('WatchdogSilent');
      await watchdog(world, token);
      await world.end('WatchdogSilent');
    },
  },
  {
    name: 'a rule of the household cannot be evaluated',
    rules: ['EvaluationFailing'],
    prove: async (world) => {
      await world.start({}, BROKEN_RULE);
      await world.fire('EvaluationFailing');
      await world.start();
      await world.end('EvaluationFailing');
    },
  },
  {
    name: 'requests of ever more kinds make more series than there is room for',
    rules: ['SeriesRefused'],
    prove: async (world) => {
      const server = await world.start({ METRICS_TOKEN });
      const count = await until('the number of series stands still', async () => {
        const [first, second] = [await seriesOf(server), await seriesOf(server)];
        return first > 0 && first === second && first;
      });
      await world.start({ ALERTS_SERIES_MAXIMUM: String(Math.max(100, count)) });
      const visit = (): Promise<unknown> =>
        Promise.all(ENDPOINTS.map((path) => world.server.call('GET', path).catch(() => undefined)));
      await world.repeat(visit, 'SeriesRefused');
      await world.start();
      await world.end('SeriesRefused');
    },
  },
];
