import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { channelsOf, messageOf, type Channel, type Message } from '../../src/modules/alerting/channels/index.js';
import { loadConfig, type AlertChannel } from '../../src/platform/config/index.js';
import { Mailer } from '../../src/platform/mail/index.js';
import { alertOf, over } from '../support/alerting/delivery.js';
import { HttpReceiver, MailReceiver, type Behaviour, type Receiver } from '../support/alerting/receivers.js';

const SECRET = 'a-secret-that-nobody-guesses-0123456789';
const BOT = `7:${'planted-token-of-a-bot'.repeat(2)}`;
const TOPIC = 'planted-topic';
const NTFY_TOKEN = 'tk_planted';

const receivers: Record<AlertChannel, Receiver> = {
  email: new MailReceiver(),
  webhook: new HttpReceiver('webhook'),
  telegram: new HttpReceiver('telegram'),
  ntfy: new HttpReceiver('ntfy'),
};
let channels: Record<string, Channel>;

const MESSAGE: Message = messageOf({
  id: '0190e2a0-0000-7000-8000-000000000001',
  group: 'critical down',
  isRepeat: false,
  alerts: [
    alertOf('down', {
      annotations: { summary: '*Bold* <b>x</b> [y](http://z) _ñ_', runbook: 'down' },
      labels: { host: 'a&b' },
    }),
    over(alertOf('down', { labels: { host: 'c' } })),
  ],
});

/** A message as long as any. */
const LONG = messageOf({
  id: 'long',
  group: 'g',
  isRepeat: false,
  alerts: Array.from({ length: 600 }, (_, n) =>
    alertOf('ñ'.repeat(500), {
      labels: { n: String(n), more: '😀'.repeat(400) },
      annotations: { summary: 'ñ'.repeat(1000), description: '😀'.repeat(1000) },
    }),
  ),
});

const configFor = (urls: Record<AlertChannel, Receiver>): ReturnType<typeof loadConfig> =>
  loadConfig({
    NODE_ENV: 'test',
    PUBLIC_URL: 'https://family.example.org',
    SMTP_URL: `smtp://${urls.email.address}`,
    SMTP_REQUIRE_TLS: 'false',
    MAIL_FROM: 'Family <family@example.org>',
    ALERTS_EMAIL_TO: 'ada@example.org,leo@example.org',
    ALERTS_WEBHOOK_URL: `http://planted-user:planted-pass@${urls.webhook.host}/planted-path?key=planted-key`,
    ALERTS_WEBHOOK_SECRET: SECRET,
    ALERTS_TELEGRAM_API_URL: `http://${urls.telegram.host}`,
    ALERTS_TELEGRAM_BOT_TOKEN: BOT,
    ALERTS_TELEGRAM_CHAT_ID: '-100',
    ALERTS_NTFY_URL: `http://${urls.ntfy.host}/${TOPIC}`,
    ALERTS_NTFY_TOKEN: NTFY_TOKEN,
  });

const send = (name: AlertChannel, message = MESSAGE, limit = 20_000): Promise<void> => {
  const channel = channels[name];
  if (!channel) throw new Error(`${name} is not set up`);
  return channel.send(message, AbortSignal.timeout(limit));
};

beforeAll(async () => {
  for (const receiver of Object.values(receivers)) await receiver.start();
  const { alerting, telegram, server, mail } = configFor(receivers);
  const made = channelsOf({ alerting, telegram, server, mailer: new Mailer(mail, server) });
  channels = Object.fromEntries(made.map((channel) => [channel.name, channel]));
});
afterAll(async () => {
  for (const receiver of Object.values(receivers)) await receiver.stop();
});
beforeEach(() => {
  for (const receiver of Object.values(receivers)) {
    receiver.arrivals.splice(0);
    receiver.next.splice(0);
  }
});

describe('a message', () => {
  it('is mailed to each address, with its id as the id of the mail', async () => {
    await send('email');
    const { arrivals } = receivers.email;
    expect(arrivals.map(({ id }) => id)).toEqual([
      `<${MESSAGE.id}@family.example.org>`,
      `<${MESSAGE.id}@family.example.org>`,
    ]);
    expect(arrivals[0]?.text).toContain('[CRITICAL] down: 1 firing, 1 resolved');
    expect(arrivals[0]?.raw).not.toContain('<b>x</b></p>');
    expect(arrivals[0]?.raw).toMatch(/^Auto-Submitted: auto-generated/im);
  });

  it('is mailed again only to those who did not get it', async () => {
    receivers.email.next.push('accept', 451);
    await expect(send('email')).rejects.toMatchObject({ code: 'mail_server' });
    await send('email');
    const to = receivers.email.arrivals.map(({ raw = '' }) => /^To: (.*)$/m.exec(raw)?.[1]?.trim());
    expect(to).toEqual(['ada@example.org', 'leo@example.org']);
  });

  it('is posted to a webhook, signed, under its id, with every alert', async () => {
    await send('webhook');
    const [{ headers = {}, body } = { body: {} }] = receivers.webhook.arrivals;
    expect(headers).toMatchObject({
      'idempotency-key': MESSAGE.id,
      authorization: `Basic ${Buffer.from('planted-user:planted-pass').toString('base64')}`,
    });
    const [, time = '', given] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['family-assistant-signature'])) ?? [];
    expect(
      createHmac('sha256', SECRET)
        .update(`${time}.${JSON.stringify(body)}`)
        .digest('hex'),
    ).toBe(given);
    expect(body).toMatchObject({
      version: 1,
      id: MESSAGE.id,
      status: 'firing',
      severity: 'critical',
      firing: 1,
      resolved: 1,
      alerts: [
        { rule: 'down', status: 'firing', starts_at: '2026-01-15T08:00:00.000Z', labels: { host: 'a&b' } },
        { rule: 'down', status: 'resolved', ends_at: '2026-01-15T08:01:00.000Z' },
      ],
    });
  });

  it('is sent to Telegram as plain text', async () => {
    await send('telegram');
    const [{ body } = { body: {} }] = receivers.telegram.arrivals;
    expect(body).toEqual({
      chat_id: '-100',
      text: `${MESSAGE.title}\n\n${MESSAGE.text}`,
      link_preview_options: { is_disabled: true },
      disable_notification: false,
    });
    expect(MESSAGE.text).toContain('*Bold* <b>x</b>');
  });

  it('is published to ntfy, with its id as the sequence', async () => {
    await send('ntfy');
    const [{ headers, body } = { headers: {}, body: {} }] = receivers.ntfy.arrivals;
    expect(headers).toMatchObject({ authorization: `Bearer ${NTFY_TOKEN}`, 'x-sequence-id': MESSAGE.id });
    expect(body).toMatchObject({ topic: TOPIC, sequence_id: MESSAGE.id, title: MESSAGE.title, priority: 5 });
  });

  it('that is too long is cut to what each channel takes', async () => {
    for (const name of ['email', 'webhook', 'telegram', 'ntfy'] as const) await send(name, LONG);
    const bodyOf = (name: AlertChannel): Record<string, unknown> =>
      receivers[name].arrivals[0]?.body as Record<string, unknown>;
    expect(String(bodyOf('telegram')['text']).length).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(String(bodyOf('ntfy')['message']))).toBeLessThanOrEqual(4000);
    expect(Buffer.byteLength(String(bodyOf('ntfy')['title']))).toBeLessThanOrEqual(240);
    expect(bodyOf('webhook')).toMatchObject({ firing: 600 });
    expect(bodyOf('webhook')['alerts']).toHaveLength(500);
  });
});

describe('what a channel does not accept', () => {
  const faults: readonly [AlertChannel, Behaviour, object][] = [
    ['webhook', 500, { code: 'http_500' }],
    ['webhook', 429, { code: 'http_429', retryAfter: 0 }],
    ['webhook', 302, { code: 'network' }],
    ['webhook', 'reset', { code: 'reset' }],
    ['webhook', 'lost', { code: 'reset' }],
    ['telegram', 403, { code: 'http_403' }],
    ['ntfy', 507, { code: 'http_507' }],
    ['email', 550, { code: 'mail_refused' }],
    ['email', 'reset', { code: 'mail_server' }],
  ];

  it.each(faults)('%s: %s is told by a word of ours, and by no secret', async (name, behaviour, wanted) => {
    receivers[name].next.push(behaviour);
    const error = await send(name).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ChannelError', ...wanted });
    expect(JSON.stringify([error, String(error), (error as Error).stack, (error as Error).cause])).not.toMatch(
      /planted/,
    );
  });

  it('telegram says of a message that it may have come before', async () => {
    await send('telegram', { ...MESSAGE, mayHaveCome: true });
    expect(receivers.telegram.arrivals).toMatchObject([{ isMarked: true }]);
  });

  it.each(['webhook', 'telegram', 'ntfy', 'email'] as const)('%s that never answers is given up', async (name) => {
    receivers[name].next.push('hang');
    await expect(send(name, MESSAGE, 1000)).rejects.toMatchObject({ code: 'timeout' });
  });

  it.each(['webhook', 'telegram', 'ntfy', 'email'] as const)('%s that is not there is told as that', async (name) => {
    await receivers[name].stop();
    const code = name === 'email' ? 'mail_server' : 'refused';
    await expect(send(name)).rejects.toMatchObject({ code });
    await receivers[name].start();
  });

  it('at a name that leads nowhere is told as that', async () => {
    const { alerting, telegram, server, mail } = configFor(receivers);
    alerting.webhookUrl = 'http://planted.invalid/planted';
    const [, webhook] = channelsOf({ alerting, telegram, server, mailer: new Mailer(mail, server) });
    await expect(webhook?.send(MESSAGE, AbortSignal.timeout(20_000))).rejects.toMatchObject({ code: 'dns' });
  });
});
