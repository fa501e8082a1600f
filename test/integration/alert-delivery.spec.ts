import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { alertOf, BEGUN, over, TestChannel, TestClock, TestDelivery } from '../support/alerting/delivery.js';
import { TestPorts } from '../support/alerting/ports.js';
import type { Alert } from '../../src/modules/alerting/alert.js';

const HOUR = 3600;
let folder: string;
let open: TestDelivery[];

async function begin(options: ConstructorParameters<typeof TestDelivery>[1] = {}): Promise<TestDelivery> {
  const one = new TestDelivery(folder, options);
  open.push(one);
  await one.delivery.start();
  return one;
}

beforeEach(async () => {
  open = [];
  folder = await mkdtemp(join(tmpdir(), 'delivery-'));
});
afterEach(async () => {
  for (const { channels } of open) for (const channel of channels) channel.release();
  for (const one of open) await one.delivery.stop();
  await rm(folder, { recursive: true, force: true });
});

const hundred = (rule: string): Alert[] =>
  Array.from({ length: 100 }, (_, n) => alertOf(rule, { labels: { n: String(n) } }));

describe('people are told', () => {
  it('of what is critical after 5 seconds, of the rest after 30, once', async () => {
    const told = await begin();
    await told.delivery.take([alertOf('down'), alertOf('slow', { severity: 'warning' })]);
    await told.pass(4);
    expect(told.channel.titles).toEqual([]);
    await told.pass(1);
    expect(told.channel.titles).toEqual(['[CRITICAL] down: 1 firing']);
    await told.pass(25);
    expect(told.channel.titles).toHaveLength(2);
    await told.pass(HOUR, 10);
    expect(told.channel.titles).toHaveLength(2);
  });

  it('of a hundred alerts of one cause in two notifications at most', async () => {
    const told = await begin();
    const storm = hundred('down');
    for (let at = 0; at < 100; at += 4) {
      await told.delivery.take(storm.slice(at, at + 4));
      await told.pass(1);
    }
    await told.pass(60);
    expect(told.channel.accepted).toHaveLength(2);
    const all = told.channel.accepted.flatMap(({ alerts }) => alerts.map(({ fingerprint }) => fingerprint));
    expect(new Set(all).size).toBe(100);
  });

  it('of changes after 30 seconds where it is critical, after 5 minutes else', async () => {
    for (const [severity, seconds] of [
      ['critical', 30],
      ['warning', 300],
    ] as const) {
      const told = await begin();
      await told.delivery.take([alertOf(severity, { severity })]);
      await told.pass(30);
      const before = told.channel.accepted.length;
      expect(before).toBe(1);
      const passed = severity === 'critical' ? 25 : 0;
      await told.delivery.take([alertOf(severity, { severity, labels: { another: 'yes' } })]);
      await told.pass(seconds - passed - 1);
      expect(told.channel.accepted).toHaveLength(1);
      await told.pass(1);
      expect(told.channel.accepted).toHaveLength(2);
      await told.delivery.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('again every 4 hours while it fires, and that it is over', async () => {
    const told = await begin();
    const alert = alertOf('down');
    await told.delivery.take([alert]);
    await told.pass(9 * HOUR, 60);
    expect(told.channel.titles.slice(1)).toEqual(Array.from({ length: 2 }, () => '[CRITICAL] down: 1 firing, still'));
    await told.delivery.take([over(alert)]);
    await told.pass(5);
    expect(told.channel.titles.at(-1)).toBe('[Resolved] down: 1 resolved');
    await told.pass(9 * HOUR, 60);
    expect(told.channel.titles).toHaveLength(4);
    expect(told.delivery.active()).toEqual([]);
  });

  it('not that something is over of which they never heard, nor that of what is for information', async () => {
    const told = await begin();
    const [brief, info] = [alertOf('brief'), alertOf('told', { severity: 'info' })];
    await told.delivery.take([brief, info]);
    await told.pass(2);
    await told.delivery.take([over(brief)]);
    await told.pass(60);
    await told.delivery.take([over(info)]);
    await told.pass(5 * HOUR, 60);
    expect(told.channel.titles).toEqual(['[Info] told: 1 firing']);
  });

  it('of a silenced alert once the silence has ended, and of none that ended in it', async () => {
    const ports = new TestPorts();
    const told = await begin({ ports });
    const matchers = [{ name: 'alertname', operator: '=~', value: 'quiet.*' }] as const;
    ports.silenced.push({ id: '1', matchers, startsAt: BEGUN, endsAt: BEGUN + 600_000 });
    const [stays, goes] = [alertOf('quiet_1'), alertOf('quiet_2')];
    await told.delivery.take([stays, goes]);
    await told.pass(300);
    await told.delivery.take([over(goes)]);
    await told.pass(299);
    expect(told.channel.titles).toEqual([]);
    await told.pass(6);
    expect(told.channel.titles).toEqual(['[CRITICAL] quiet_1: 1 firing']);
  });

  it('of what is explained by something else only if it outlasts that', async () => {
    const ports = new TestPorts();
    ports.inhibitors['errors'] = ['database'];
    const told = await begin({ ports });
    const cause = alertOf('database');
    await told.delivery.take([cause, alertOf('errors')]);
    await told.pass(60);
    expect(told.channel.titles).toEqual(['[CRITICAL] database: 1 firing']);
    await told.delivery.take([over(cause)]);
    await told.pass(60);
    expect(told.channel.titles.slice(1).sort()).toEqual([
      '[CRITICAL] errors: 1 firing',
      '[Resolved] database: 1 resolved',
    ]);
  });

  it('as they should be when the clock is set back, or forward, by a year', async () => {
    for (const years of [-1, 1]) {
      const told = await begin();
      const alert = alertOf('down');
      await told.delivery.take([alert]);
      told.clock.wall += years * 365 * 86_400_000;
      await told.pass(10);
      expect(told.channel.titles).toEqual(['[CRITICAL] down: 1 firing']);
      told.clock.wall -= 2 * years * 365 * 86_400_000;
      await told.pass(3 * HOUR, 60);
      expect(told.channel.accepted).toHaveLength(1);
      await told.delivery.take([over(alert)]);
      await told.pass(5);
      expect(told.channel.titles.at(-1)).toContain('Resolved');
      await told.delivery.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('that an alert of an Alertmanager that is gone is over', async () => {
    const told = await begin();
    const [theirs, ours] = [alertOf('theirs', { source: 'alertmanager' }), alertOf('ours')];
    await told.delivery.take([theirs, ours]);
    await told.pass(4 * HOUR + 1800, 60);
    await told.delivery.take([theirs]);
    await told.pass(4 * HOUR, 60);
    expect(told.delivery.active()).toHaveLength(2);
    await told.pass(HOUR + 60, 60);
    expect(told.delivery.active().map(({ rule }) => rule)).toEqual(['ours']);
    expect(told.channel.titles).toContain('[Resolved] theirs: 1 resolved');
  });

  it('that an alert of an Alertmanager is over not because of a restart: its repeats are not in the journal', async () => {
    const clock = new TestClock();
    const theirs = alertOf('theirs', { source: 'alertmanager' });
    const told = await begin({ clock });
    await told.delivery.take([theirs]);
    for (let repeat = 0; repeat < 3; repeat += 1) {
      await told.pass(4 * HOUR, 60);
      await told.delivery.take([theirs]);
    }
    await told.delivery.stop();

    const next = await begin({ clock });
    await next.pass(4 * HOUR, 60);
    expect(next.delivery.active().map(({ rule }) => rule)).toEqual(['theirs']);
    await next.pass(HOUR, 60);
    expect(next.delivery.active()).toEqual([]);
  });

  it('that an alert of an Alertmanager that was given up begins again, when it is heard again', async () => {
    const told = await begin();
    const theirs = alertOf('theirs', { source: 'alertmanager' });
    await told.delivery.take([theirs]);
    await told.pass(5 * HOUR + 60, 60);
    expect(told.channel.titles.at(-1)).toBe('[Resolved] theirs: 1 resolved');
    await told.delivery.take([theirs]);
    await told.pass(30);
    expect(told.channel.titles.at(-1)).toBe('[CRITICAL] theirs: 1 firing');
  });
});

describe('what a channel does not accept', () => {
  it.each(['http_500', 'http_400', 'timeout'])('is sent again, after %s too', async (code) => {
    const told = await begin();
    told.channel.fails = code;
    await told.delivery.take([alertOf('down')]);
    await told.pass(2 * HOUR, 10);
    expect(told.channel.attempts).toBeGreaterThan(20);
    expect(told.delivery.status()).toMatchObject({ pending: 1, channels: [{ lastError: code, isVerified: false }] });
    told.channel.fails = undefined;
    await told.pass(300, 10);
    expect(told.channel.titles).toEqual(['[CRITICAL] down: 1 firing']);
    expect(told.delivery.status()).toMatchObject({
      pending: 0,
      channels: [{ lastError: undefined, isVerified: true }],
    });
  });

  it('waits as long as it is asked to', async () => {
    const told = await begin();
    told.channel.fails = 'http_429';
    told.channel.retryAfter = 120;
    await told.delivery.take([alertOf('down')]);
    await told.pass(5);
    told.channel.fails = undefined;
    await told.pass(119);
    expect(told.channel.attempts).toBe(1);
    await told.pass(1);
    expect(told.channel.accepted).toHaveLength(1);
  });

  it('goes to the next one of those held back after a minute, and to no other where somebody has it', async () => {
    const [mail, ntfy, telegram] = [new TestChannel('email'), new TestChannel('ntfy'), new TestChannel('telegram')];
    const settings = { fallback: ['ntfy', 'telegram'] as const };
    const told = await begin({ channels: [mail, ntfy, telegram], settings });
    await told.delivery.take([alertOf('one')]);
    await told.pass(300);
    expect([mail, ntfy, telegram].map(({ accepted }) => accepted.length)).toEqual([1, 0, 0]);
    mail.fails = 'mail_server';
    await told.delivery.take([alertOf('two')]);
    await told.pass(5 + 59);
    expect(ntfy.attempts).toBe(0);
    ntfy.fails = 'http_403';
    await told.pass(1);
    expect([ntfy.attempts, telegram.attempts]).toEqual([1, 0]);
    await told.pass(60);
    expect(telegram.titles).toEqual(['[CRITICAL] two: 1 firing']);
  });

  it('for a day is lost, which is told by the others, until it accepts something', async () => {
    const [webhook, ntfy] = [new TestChannel('webhook'), new TestChannel('ntfy')];
    const told = await begin({ channels: [webhook, ntfy] });
    webhook.fails = 'http_410';
    const alert = alertOf('down', { severity: 'info' });
    await told.delivery.take([alert]);
    await told.pass(25 * HOUR, 60);
    expect(told.delivery.status()).toMatchObject({ dead: 1 });
    expect(ntfy.titles).toContain('[Warning] AlertNotDelivered: 1 firing');
    webhook.fails = undefined;
    await told.pass(2 * HOUR, 60);
    expect(ntfy.titles).toContain('[Resolved] AlertNotDelivered: 1 resolved');
    expect(told.delivery.active().map(({ rule }) => rule)).toEqual(['down']);
  });

  it('for no message can be made of it fails like anything else, and the process goes on', async () => {
    const told = await begin();
    await told.delivery.take([{ ...alertOf('broken'), annotations: undefined } as unknown as Alert]);
    await told.pass(10);
    expect(told.delivery.status()).toMatchObject({ pending: 1, channels: [{ lastError: 'internal' }] });
    await told.delivery.take([alertOf('down')]);
    await told.pass(10);
    expect(told.channel.titles).toEqual(['[CRITICAL] down: 1 firing']);
  });

  it('holds up no other channel, not even by hanging', async () => {
    const [webhook, ntfy] = [new TestChannel('webhook'), new TestChannel('ntfy')];
    webhook.hangs = true;
    const told = await begin({ channels: [webhook, ntfy], settings: { attempt: 50 } });
    for (const rule of ['one', 'two', 'three']) await told.delivery.take([alertOf(rule)]);
    await told.pass(6);
    expect(ntfy.titles).toHaveLength(3);
    await told.until('the attempt was given up', () => told.delivery.status().channels[0]?.lastError === 'timeout');
    webhook.hangs = false;
    await told.until('all are accepted', async () => {
      await told.pass(10);
      return webhook.titles.length === 3;
    });
  });
});

describe('a test alert', () => {
  it('goes to every channel at once and brings a receipt from each', async () => {
    const [webhook, ntfy, email] = [new TestChannel('webhook'), new TestChannel('ntfy'), new TestChannel('email')];
    ntfy.fails = 'http_401';
    email.hangs = true;
    const settings = { fallback: ['email'] as const, receipts: 300, attempt: 10_000 };
    const told = await begin({ channels: [webhook, ntfy, email], settings });
    const receipts = await told.delivery.deliverNow(alertOf('test', { source: 'test', severity: 'info' }));
    expect(receipts).toMatchObject([
      { channel: 'webhook', outcome: 'accepted', attempts: 1 },
      { channel: 'ntfy', outcome: 'failed', attempts: 1, code: 'http_401' },
      { channel: 'email', outcome: 'pending', attempts: 0 },
    ]);
    expect(told.delivery.active()).toEqual([]);
  });

  it('without channels brings none', async () => {
    const told = await begin({ channels: [] });
    expect(await told.delivery.deliverNow(alertOf('test'))).toEqual([]);
    await told.delivery.take([alertOf('down')]);
    await told.pass(60);
    expect(told.delivery.status()).toMatchObject({ pending: 0 });
    expect(told.delivery.active()).toHaveLength(1);
  });
});

describe('history', () => {
  it('gets what happened, in order, and again after it was away', async () => {
    const ports = new TestPorts();
    ports.isAway = true;
    const told = await begin({ ports });
    const alert = alertOf('down');
    await told.delivery.take([alert]);
    await told.pass(10);
    await told.delivery.take([over(alert)]);
    await told.pass(60);
    expect(told.channel.accepted).toHaveLength(2);
    expect(told.delivery.status().history).toEqual({ waiting: 4, dropped: 0 });
    ports.isAway = false;
    await told.pass(60);
    expect(ports.stored.map(({ kind }) => kind)).toEqual(['began', 'notified', 'ended', 'notified']);
    expect(told.delivery.status().history).toEqual({ waiting: 0, dropped: 0 });
  });
});

describe('the next process', () => {
  it('sends what was not accepted, repeats nothing that was, and knows what is told', async () => {
    const clock = new TestClock();
    const first = await begin({ clock });
    const alert = alertOf('down');
    await first.delivery.take([alert]);
    await first.pass(5);
    expect(first.channel.accepted).toHaveLength(1);
    first.channel.fails = 'refused';
    await first.delivery.take([alertOf('another')]);
    await first.pass(5);
    await first.delivery.stop();

    const second = await begin({ clock });
    await second.pass(60);
    expect(second.channel.titles).toEqual(['[CRITICAL] another: 1 firing']);
    await second.delivery.take([alert, over(alert)]);
    await second.pass(5);
    expect(second.channel.titles.at(-1)).toBe('[Resolved] down: 1 resolved');
    expect(second.delivery.status().channels).toMatchObject([{ isVerified: true }]);
  });

  it('hands what waited for a channel that is gone to one that there is', async () => {
    const first = await begin({ channels: ['email'] });
    first.channel.fails = 'mail_server';
    await first.delivery.take([alertOf('down')]);
    await first.pass(5);
    await first.delivery.stop();
    const without = await begin({ channels: [] });
    await without.pass(60);
    await without.delivery.stop();
    const second = await begin({ channels: ['ntfy'] });
    await second.pass(1);
    expect(second.channel.titles).toEqual(['[CRITICAL] down: 1 firing']);
    expect(second.delivery.status()).toMatchObject({ pending: 0, dead: 0 });
  });

  it('tries for an hour at least, even if the clock says that a year has passed', async () => {
    const first = await begin();
    first.channel.fails = 'refused';
    await first.delivery.take([alertOf('down')]);
    await first.pass(5);
    await first.delivery.stop();
    const clock = new TestClock();
    clock.pass(365 * 86_400);
    const second = await begin({ clock });
    second.channel.fails = 'refused';
    await second.pass(1800, 10);
    second.channel.fails = undefined;
    await second.pass(600, 10);
    expect(second.channel.titles[0]).toBe('[CRITICAL] down: 1 firing');
  });
});
