import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Alert } from '../../../src/modules/alerting/alert.js';
import type { DeliveryStatus } from '../../../src/modules/alerting/delivery/delivery.status.js';
import { ALERT_CHANNELS, type AlertChannel, type Environment } from '../../../src/platform/config/index.js';
import { alertOf, over } from '../../support/alerting/delivery.js';
import { HttpReceiver, MailReceiver, type Arrival, type Receiver } from '../../support/alerting/receivers.js';
import { until } from '../../support/process.js';
import type { KillPoint } from './broken-fs.js';
import { DeliveryProcess } from './child.js';

/** Fires and is over are two things to be told. */
interface Acknowledged {
  readonly mark: string;
  readonly at: number;
}

/** The four receivers, the process under test, and the ledger of what it has acknowledged, which it cannot see. */
export class World {
  readonly receivers: Readonly<Record<AlertChannel, Receiver>> = {
    email: new MailReceiver(),
    webhook: new HttpReceiver('webhook'),
    telegram: new HttpReceiver('telegram'),
    ntfy: new HttpReceiver('ntfy'),
  };
  readonly acknowledged: Acknowledged[] = [];
  readonly folder: string;
  readonly secret = randomBytes(32).toString('base64');
  /** How many processes there were: which of them an arrival came from. */
  processes = 0;
  readonly cameFrom = new Map<Arrival, number>();
  private child: DeliveryProcess | undefined;
  private numbers = 0;

  constructor(parent: string) {
    this.folder = join(parent, 'alerting');
  }

  get all(): readonly Receiver[] {
    return Object.values(this.receivers);
  }

  get process(): DeliveryProcess {
    if (!this.child) throw new Error('there is no process');
    return this.child;
  }

  async open(): Promise<void> {
    for (const receiver of this.all) {
      receiver.onArrival = (arrival) => this.cameFrom.set(arrival, this.processes);
      await receiver.start();
    }
    await this.start();
  }

  async close(): Promise<void> {
    await this.child?.kill();
    for (const receiver of this.all) await receiver.stop();
  }

  /** Starts a process, in the place of the last one. */
  async start(killAt?: KillPoint): Promise<void> {
    await this.child?.kill();
    this.processes += 1;
    this.child = new DeliveryProcess(this.env, this.folder, killAt);
    if (killAt) await this.child.waitForEnd();
    else await this.child.hears('it has started', ({ started }) => started === true);
  }

  /** Alerts of a rule of their own; each says a mark that stands nowhere else. */
  alerts(rule: string, count: number): Alert[] {
    return Array.from({ length: count }, (_, at) =>
      alertOf(rule, { labels: { n: String(at) }, annotations: { summary: `#${rule}-${String(at)};` } }),
    );
  }

  /** Hands alerts in until they are acknowledged, as a source does that comes again. */
  async take(alerts: readonly Alert[]): Promise<void> {
    while (!(await this.tryTake(alerts))) await until('it is well', () => this.isWell());
  }

  /** Hands alerts in once. @returns whether they were acknowledged */
  async tryTake(alerts: readonly Alert[]): Promise<boolean> {
    const number = (this.numbers += 1);
    const { process } = this;
    process.tell({ do: 'take', number, alerts });
    const said = await process.hears(
      'an answer',
      ({ acknowledged, refused }) => acknowledged === number || refused === number,
    );
    if (said?.acknowledged !== number) return false;
    const at = performance.now();
    this.acknowledged.push(...alerts.map((alert) => ({ mark: markOf(alert), at })));
    return true;
  }

  /** Hands in that they are over. */
  async resolve(alerts: readonly Alert[]): Promise<void> {
    await this.take(alerts.map((alert) => over(alert)));
  }

  /** Waits until every channel has told of them. */
  async arrive(alerts: readonly Alert[], channels: readonly AlertChannel[] = ALERT_CHANNELS): Promise<void> {
    const marks = alerts.map(markOf);
    await until(`${marks.join(' ')} at ${channels.join(', ')}`, () =>
      channels.every((name) => {
        const told = toldBy(this.receivers[name].arrivals);
        return marks.every((mark) => told.has(mark));
      }),
    );
  }

  /** What was acknowledged and never came, by channel. */
  lost(): string[] {
    return this.all.flatMap(({ channel, arrivals }) => {
      const told = toldBy(arrivals);
      return this.acknowledged.flatMap(({ mark }) => (told.has(mark) ? [] : [`${channel} ${mark}`]));
    });
  }

  /** Milliseconds from an acknowledgement to the first channel that told of it; 0 where it told before. */
  delays(): number[] {
    const first = new Map<string, number>();
    for (const { arrivals } of this.all)
      for (const arrival of arrivals)
        for (const mark of marksIn(arrival)) first.set(mark, Math.min(first.get(mark) ?? Infinity, arrival.at));
    return this.acknowledged.flatMap(({ mark, at }) => {
      const told = first.get(mark);
      return told === undefined ? [] : [Math.max(0, told - at)];
    });
  }

  /** How the process says it stands; undefined when it has ended. */
  async status(): Promise<DeliveryStatus | undefined> {
    const from = this.process.said.length;
    this.process.tell({ do: 'status' });
    return (await this.process.hears('how it stands', ({ status }) => status !== undefined, from))?.status;
  }

  private async isWell(): Promise<boolean> {
    if (this.process.hasEnded) {
      await this.start();
      return true;
    }
    return (await this.status())?.journal.state === 'up';
  }

  private get env(): Environment {
    const { email, webhook, telegram, ntfy } = this.receivers;
    return {
      ALERTS_EMAIL_TO: 'ada@example.org',
      SMTP_URL: `smtp://${email.address}`,
      SMTP_REQUIRE_TLS: 'false',
      MAIL_FROM: 'family@example.org',
      PUBLIC_URL: 'https://family.example.org',
      ALERTS_WEBHOOK_URL: `http://${webhook.host}/alerts`,
      ALERTS_WEBHOOK_SECRET: this.secret,
      ALERTS_TELEGRAM_API_URL: `http://${telegram.host}`,
      ALERTS_TELEGRAM_BOT_TOKEN: `1:${'a'.repeat(30)}`,
      ALERTS_TELEGRAM_CHAT_ID: '42',
      ALERTS_NTFY_URL: `http://${ntfy.host}/topic`,
    };
  }
}

const markOf = ({ status, annotations }: Alert): string => `${status} ${annotations.summary}`;

const told = new WeakMap<Arrival, readonly string[]>();

/** The marks that messages say. */
function toldBy(arrivals: readonly Arrival[]): Set<string> {
  return new Set(arrivals.flatMap(marksIn));
}

/** What a message says of which mark: of a group whose title says resolved, all are. */
export function marksIn(arrival: Arrival): readonly string[] {
  let found = told.get(arrival);
  if (!found) {
    const status = arrival.text.startsWith('[Resolved]') ? 'resolved' : 'firing';
    found = Array.from(arrival.text.matchAll(/#[\w-]+;/g), ([mark]) => `${status} ${mark}`);
    told.set(arrival, found);
  }
  return found;
}
