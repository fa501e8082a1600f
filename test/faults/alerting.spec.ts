import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ALERT_CHANNELS, type AlertChannel } from '../../src/platform/config/index.js';
import { until } from '../support/process.js';
import { duplicatesOf } from './alerting/duplicates.js';
import { KINDS } from './alerting/kinds.js';
import { World } from './alerting/world.js';

/** Faults: 60 in the ordinary run, 500 in `make test-faults`. */
const FAULTS = 25 * Number(process.env['FAULT_ROUNDS'] ?? '2.4');
/** Of everything that people get, at most this part may be something that they have got, without a way to tell. */
const MOST_DUPLICATES = 0.01;

// A limit for what hangs; processes start slowly on a busy machine.
jest.setTimeout(120_000 + FAULTS * 30_000);

const print = (text: string): boolean => process.stderr.write(`measured: alerting: ${text}\n`);

describe('alerts that were acknowledged', () => {
  let folder: string;
  let world: World;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alerting-'));
    world = new World(folder);
    await world.open();
  });
  afterEach(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  test(`are told by every channel, once, whatever happens: ${String(FAULTS)} faults`, async () => {
    for (let round = 0; round < FAULTS; round += 1) {
      const kind = KINDS[round % KINDS.length];
      const channel = channelOf(round);
      const alerts = world.alerts(`fault-${String(round)}`, 1 + (round % 3));
      await kind?.inject(world, alerts, channel);
      await world.arrive(alerts);
      await world.resolve(alerts);
      await world.arrive(alerts.map((alert) => ({ ...alert, status: 'resolved' })));
    }
    expect(world.lost()).toEqual([]);

    const all = ALERT_CHANNELS.map((name) => ({ name, ...duplicatesOf(world, world.receivers[name].arrivals) }));
    for (const { name, examples, ...counts } of all) print(`${name}: ${JSON.stringify(counts)} ${examples.join(' ')}`);
    const sum = (of: (one: (typeof all)[number]) => number): number => all.reduce((total, one) => total + of(one), 0);
    const arrived = sum(({ arrivals }) => arrivals);
    const avoidable = sum(({ unexplained, toldTwice }) => unexplained + toldTwice);
    const told = sum(({ afterCrash, afterLostAnswer }) => afterCrash + afterLostAnswer);
    print(
      `${String(FAULTS)} faults, ${String(world.acknowledged.length)} acknowledged, 0 lost, ${String(arrived)} messages; ` +
        `duplicates ${percent(avoidable, arrived)}, and ${percent(told, arrived)} that receivers can tell, after answers that were lost and crashes`,
    );
    print(
      `from acknowledged to told by the first channel, p95: ${String(Math.round(p95(world.delays())))} ms, and the wait of the group`,
    );
    expect(avoidable / arrived).toBeLessThanOrEqual(MOST_DUPLICATES);
  });

  test('of one cause, a hundred of them, make two messages at most', async () => {
    const storm = world.alerts('storm', 100);
    for (const alert of storm) void world.tryTake([alert]);
    await until('all are told', () => {
      const told = world.receivers.webhook.arrivals.map(({ text }) => text).join('\n');
      return storm.every(({ annotations }) => told.includes(annotations.summary));
    });
    await until('nothing is under way', async () => (await world.status())?.pending === 0);
    const counts = ALERT_CHANNELS.map((name) => world.receivers[name].arrivals.length);
    print(`a storm of 100 alerts: ${counts.join(', ')} messages by ${ALERT_CHANNELS.join(', ')}`);
    for (const count of counts) expect(count).toBeLessThanOrEqual(2);
  });
});

const channelOf = (round: number): AlertChannel =>
  ALERT_CHANNELS[(round + Math.floor(round / KINDS.length)) % ALERT_CHANNELS.length] ?? 'webhook';

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} % (${String(part)})`;

function p95(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.95)] ?? 0;
}
