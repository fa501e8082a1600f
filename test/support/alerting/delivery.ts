import { fingerprintOf, type Alert, type Labels } from '../../../src/modules/alerting/alert.js';
import { ChannelError, type Channel, type Message } from '../../../src/modules/alerting/channels/index.js';
import { Clock, type Instant } from '../../../src/modules/alerting/delivery/clock.js';
import { Delivery, type DeliveryOptions } from '../../../src/modules/alerting/delivery/delivery.js';
import { settingsOf, type DeliverySettings } from '../../../src/modules/alerting/delivery/delivery.settings.js';
import { TestPorts } from './ports.js';
import { AlertingConfig, type AlertChannel } from '../../../src/platform/config/index.js';
import { until } from '../process.js';

export const BEGUN = Date.UTC(2026, 0, 15, 8);

/** A clock that a test turns. */
export class TestClock extends Clock {
  mono = 1000;
  wall = BEGUN;

  override now(): Instant {
    return { mono: this.mono, wall: this.wall };
  }

  /** Seconds that pass, on both. */
  pass(seconds: number): void {
    this.mono += seconds * 1000;
    this.wall += seconds * 1000;
  }
}

/** A channel that remembers what it accepted; `next` says what happens to the messages to come. */
export class TestChannel implements Channel {
  readonly accepted: Message[] = [];
  attempts = 0;
  fails: string | undefined;
  retryAfter: number | undefined;
  hangs = false;
  knowsIds = true;
  private readonly stuck: (() => void)[] = [];

  constructor(readonly name: AlertChannel) {}

  async send(message: Message): Promise<void> {
    this.attempts += 1;
    if (this.hangs) await new Promise<void>((resolve) => this.stuck.push(resolve));
    if (this.fails !== undefined) throw new ChannelError(this.fails, this.retryAfter);
    this.accepted.push(message);
    return Promise.resolve();
  }

  /** Lets go of what hangs. */
  release(): void {
    this.hangs = false;
    for (const go of this.stuck.splice(0)) go();
  }

  get titles(): string[] {
    return this.accepted.map(({ title }) => title);
  }
}

/** An alert of a rule. */
export function alertOf(rule: string, more: Partial<Alert> & { readonly labels?: Labels } = {}): Alert {
  const severity = more.severity ?? 'critical';
  const labels = { alertname: rule, severity, ...more.labels };
  const source = more.source ?? 'rules';
  return {
    source,
    rule,
    severity,
    status: 'firing',
    annotations: { summary: `Something is wrong with ${rule}` },
    startsAt: BEGUN,
    ...more,
    labels,
    fingerprint: fingerprintOf(source, labels),
  };
}

/** The same alert, over. */
export const over = (alert: Alert, endsAt = BEGUN + 60_000): Alert => ({ ...alert, status: 'resolved', endsAt });

/** Delivery on a clock that a test turns: nothing happens by itself but attempts. */
export class TestDelivery {
  readonly channels: readonly TestChannel[];
  readonly events: string[] = [];
  readonly delivery: Delivery;

  constructor(
    folder: string,
    {
      clock = new TestClock(),
      ports = new TestPorts(),
      channels = ['webhook'],
      settings = {},
      fs,
    }: {
      clock?: TestClock;
      ports?: TestPorts;
      channels?: readonly (AlertChannel | TestChannel)[];
      settings?: Partial<DeliverySettings>;
      fs?: DeliveryOptions['fs'];
    } = {},
  ) {
    this.clock = clock;
    this.channels = channels.map((one) => (typeof one === 'string' ? new TestChannel(one) : one));
    this.delivery = new Delivery({
      folder,
      channels: this.channels,
      // The timer never comes; the test ticks.
      settings: { ...settingsOf(new AlertingConfig()), tick: 2 ** 30, ...settings },
      ...ports.options,
      clock,
      ...(fs ? { fs } : {}),
      log: {
        down: (code) => this.events.push(`down ${code}`),
        up: () => this.events.push('up'),
        damaged: (lines) => this.events.push(`damaged ${String(lines)}`),
      },
    });
  }

  readonly clock: TestClock;

  get channel(): TestChannel {
    const [first] = this.channels;
    if (!first) throw new Error('there is no channel');
    return first;
  }

  /** Seconds pass, one after the other, with what is due in each. */
  async pass(seconds: number, step = 1): Promise<void> {
    for (let left = seconds; left > 0; left -= step) {
      this.clock.pass(Math.min(step, left));
      await this.tick();
    }
  }

  /** What is due now happens, and has happened when this returns. */
  async tick(): Promise<void> {
    this.delivery.tick();
    // A note is written, then sent, then marked: each has ended when what is written after it is on the disk.
    for (let round = 0; round < 3; round += 1) {
      await this.delivery.take([]).catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Waits for what takes real time. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<boolean> {
    return until(what, condition);
  }
}
