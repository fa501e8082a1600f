import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ALERT_CHANNELS, type AlertChannel } from '../../../src/platform/config/index.js';
import type { Alert } from '../../../src/modules/alerting/alert.js';
import type { Behaviour } from '../../support/alerting/receivers.js';
import type { DiskState, KillPoint } from './broken-fs.js';
import type { World } from './world.js';

/** One fault: breaks something, hands alerts in, and mends what it broke. */
export interface FaultKind {
  readonly name: string;
  inject(world: World, alerts: readonly Alert[], channel: AlertChannel): Promise<void>;
}

const othersThan = (channel: AlertChannel): AlertChannel[] => ALERT_CHANNELS.filter((name) => name !== channel);

/** One message meets it; the next attempt is well. */
const message = (behaviour: Behaviour, inMail = behaviour): FaultKind => ({
  name: `a channel: ${String(behaviour)}`,
  async inject(world, alerts, channel) {
    world.receivers[channel].next.push(channel === 'email' ? inMail : behaviour);
    await world.take(alerts);
  },
});

const REFUSED: FaultKind = {
  name: 'a channel: refused',
  async inject(world, alerts, channel) {
    const from = world.process.said.length;
    await world.receivers[channel].stop();
    await world.take(alerts);
    await world.process.hears('a failure', (said) => said.channel === channel && said.outcome === 'failed', from);
    await world.arrive(alerts, othersThan(channel));
    await world.receivers[channel].start();
  },
};

const NO_NAMES: FaultKind = {
  name: 'no name can be looked up',
  async inject(world, alerts) {
    const from = world.process.said.length;
    world.process.tell({ do: 'dns', isDown: true });
    await world.take(alerts);
    await world.process.hears('a failure', ({ code }) => code === 'dns', from);
    world.process.tell({ do: 'dns', isDown: false });
  },
};

/** Alerts are told while the disk is not well, and written down when it is again. */
const disk = (state: DiskState): FaultKind => ({
  name: `the disk: ${state}`,
  async inject(world, alerts) {
    world.process.tell({ do: 'disk', state });
    const isAcknowledged = await world.tryTake(alerts);
    if (isAcknowledged) throw new Error('it acknowledged what it could not write down');
    await world.arrive(alerts);
    world.process.tell({ do: 'disk', state: 'well' });
    await world.take(alerts);
  },
});

/** Killed around the sync of what is handed in: whether it was taken, its source does not know, and comes again. */
const killedWhileTaking = (at: KillPoint): FaultKind => ({
  name: `killed ${at}`,
  async inject(world, alerts) {
    world.process.tell({ do: 'kill', at });
    await world.tryTake(alerts);
    await world.process.waitForEnd();
    await world.start();
    await world.take(alerts);
  },
});

const KILLED_BEFORE_SENDING: FaultKind = {
  name: 'killed before it sends',
  async inject(world, alerts) {
    world.process.tell({ do: 'kill', at: 'before-send' });
    const isAcknowledged = await world.tryTake(alerts);
    await world.process.waitForEnd();
    await world.start();
    if (!isAcknowledged) await world.take(alerts);
  },
};

/** Killed by what it has handed over: before it knows, or before it can write it down. */
const killedByReceiver = (when: 'before' | 'after'): FaultKind => ({
  name: `killed ${when} the answer of a channel that accepted`,
  async inject(world, alerts, channel) {
    const receiver = world.receivers[channel];
    const killed = new Promise<void>((resolve) => {
      receiver.onTaken = (now) => {
        if (now !== when) return;
        receiver.onTaken = () => undefined;
        void world.process.kill().then(resolve);
      };
    });
    if (when === 'before') receiver.next.push('lost');
    const isAcknowledged = await world.tryTake(alerts);
    await killed;
    await world.start();
    if (!isAcknowledged) await world.take(alerts);
  },
});

/** Killed with alerts that it has just acknowledged, and again while the next process writes the journal anew. */
const killedInCompaction = (at: KillPoint): FaultKind => ({
  name: `killed in compaction: ${at}`,
  async inject(world, alerts) {
    await world.take(alerts);
    await world.start(at);
    await world.start();
  },
});

const journalOf = async (world: World): Promise<string> => {
  const [place = ''] = (await readdir(world.folder)).filter((name) => /^\d+$/.test(name));
  return join(world.folder, place, 'journal.jsonl');
};

const TORN: FaultKind = {
  name: 'the journal is torn',
  async inject(world, alerts) {
    await world.take(alerts);
    await world.process.kill();
    await appendFile(await journalOf(world), 'a1b2c3d4 {"t":"fires","alert":{"finger');
    await world.start();
  },
};

const DAMAGED: FaultKind = {
  name: 'the journal is damaged in the middle',
  async inject(world, alerts) {
    await world.take(alerts);
    await world.arrive(alerts);
    await world.process.kill();
    const path = await journalOf(world);
    const bytes = await readFile(path);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    await writeFile(path, bytes);
    await world.start();
    await world.take(alerts); // what was lost with the line comes from its source again
  },
};

export const KINDS: readonly FaultKind[] = [
  message(400, 550),
  message(403, 554),
  message(429, 421),
  message(500, 451),
  message(503, 452),
  message('reset'),
  message('lost'),
  message('hang'),
  REFUSED,
  NO_NAMES,
  disk('full'),
  disk('readonly'),
  disk('broken'),
  disk('hanging'),
  killedWhileTaking('before-sync'),
  killedWhileTaking('after-sync'),
  KILLED_BEFORE_SENDING,
  killedByReceiver('before'),
  killedByReceiver('after'),
  killedInCompaction('partial'),
  killedInCompaction('before-rename'),
  killedInCompaction('after-rename'),
  TORN,
  DAMAGED,
];
