/**
 * The real pipeline in a process of its own: takes alerts from its standard input, says on its standard output what it has
 * acknowledged, and breaks as it is told to.
 */
import 'reflect-metadata';
import dns from 'node:dns';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { channelsOf, type Channel } from '../../../src/modules/alerting/channels/index.js';
import { SystemClock } from '../../../src/modules/alerting/delivery/clock.js';
import { Delivery } from '../../../src/modules/alerting/delivery/delivery.js';
import { settingsOf } from '../../../src/modules/alerting/delivery/delivery.settings.js';
import { loadConfig } from '../../../src/platform/config/index.js';
import { Mailer } from '../../../src/platform/mail/index.js';
import { TestPorts } from '../../support/alerting/ports.js';
import { BrokenFs, type KillPoint } from './broken-fs.js';
import type { Command } from './child.js';

const [folder = '', killAt] = process.argv.slice(2);
const config = loadConfig();
const { alerting, telegram, server, mail } = config;
const broken = new BrokenFs();
broken.killAt = killAt as KillPoint | undefined;
let killsBeforeSending = false;

/** In one system call, so that nothing said is lost with the process. */
const say = (answer: object): void => {
  writeSync(1, `${JSON.stringify(answer)}\n`);
};

const channels = channelsOf({ alerting, telegram, server, mailer: new Mailer(mail, server) }).map(
  (channel): Channel => ({
    name: channel.name,
    knowsIds: channel.knowsIds,
    send: (message, signal) => {
      if (killsBeforeSending) process.kill(process.pid, 'SIGKILL');
      return channel.send(message, signal);
    },
  }),
);
const waits = { wait: 20, interval: 20, repeat: 86_400_000 };
const delivery = new Delivery({
  folder,
  channels,
  settings: {
    ...settingsOf(alerting),
    pauses: { critical: waits, warning: waits, info: waits },
    backoff: { base: 20, most: 200 },
    tick: 10,
    attempt: 5000,
    disk: 3000,
    compactAfter: 20_000,
  },
  ...new TestPorts().options,
  clock: new SystemClock(),
  fs: broken.fs,
  log: {
    down: (code) => {
      say({ down: code });
    },
    up: () => {
      say({ up: true });
    },
    damaged: (lines) => {
      say({ damaged: lines });
    },
  },
  attempted: ({ channel, outcome, code }) => {
    say({ channel, outcome, code });
  },
});

const { lookup } = dns;
function obey(command: Command): void {
  switch (command.do) {
    case 'take':
      delivery.take(command.alerts).then(
        () => {
          say({ acknowledged: command.number });
        },
        () => {
          say({ refused: command.number });
        },
      );
      break;
    case 'disk':
      if (command.state === 'well') broken.heal();
      else broken.disk = command.state;
      break;
    case 'kill':
      if (command.at === 'before-send') killsBeforeSending = true;
      else broken.killAt = command.at;
      break;
    case 'dns':
      dns.lookup = (command.isDown
        ? (_name: string, _options: unknown, done: (error: Error) => void) => {
            done(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }));
          }
        : lookup) as unknown as typeof dns.lookup;
      break;
    case 'status':
      say({ status: delivery.status() });
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  obey(JSON.parse(line) as Command);
});
await delivery.start();
say({ started: true });
