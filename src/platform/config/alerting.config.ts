import { EnvBoolean, EnvInteger, EnvList, EnvSecret, EnvText, EnvUrl } from './env.decorators.js';
import type { MailConfig } from './mail.config.js';
import type { TelegramConfig } from './telegram.config.js';

/** Ways by which people are told of alerts. */
export const ALERT_CHANNELS = ['email', 'webhook', 'telegram', 'ntfy'] as const;
export type AlertChannel = (typeof ALERT_CHANNELS)[number];

const isChannel = (name: string): name is AlertChannel => (ALERT_CHANNELS as readonly string[]).includes(name);

const ADDRESS = /^[^\s\p{Cc}<>@,;:"()[\]\\]{1,64}@[^\s\p{Cc}<>@,;:"()[\]\\]{1,255}$/u;
/** It becomes a part of an address (https://core.telegram.org/bots/api#authorizing-your-bot). */
const BOT_TOKEN = /^\d{1,20}:[\w-]{20,100}$/;
const BEARER = /^[\w~+/.=-]{1,400}$/;
/** The last part of the address is the topic (https://docs.ntfy.sh/publish/). */
const TOPIC = /\/([-\w]{1,64})$/;

/** Who is told of alerts, how, and when. */
export class AlertingConfig {
  @EnvBoolean('ALERTS_ENABLED', { description: 'Whether this process watches itself and tells of alerts.' })
  isEnabled = true;

  @EnvList('ALERTS_EMAIL_TO', {
    description: 'Addresses that get alerts by mail, separated by commas. Needs `SMTP_URL`.',
    each: ADDRESS,
    says: 'each must be one address, such as ada@example.org',
    example: 'ada@example.org',
  })
  emailTo: string[] = [];

  @EnvUrl('ALERTS_WEBHOOK_URL', {
    description: 'Where alerts are posted as JSON. May hold a secret: never logged.',
    optional: true,
    protocols: ['https:', 'http:'],
    example: 'https://hooks.example.org/alerts',
  })
  webhookUrl?: string;

  @EnvSecret('ALERTS_WEBHOOK_SECRET', {
    description:
      'Key that signs what is posted there: HMAC-SHA-256 of the time, a dot and the body, in the header `Family-Assistant-Signature: t=TIME,v1=HEX`. Unsigned unless set.',
    optional: true,
    strong: true,
  })
  webhookSecret?: string;

  @EnvText('ALERTS_TELEGRAM_CHAT_ID', {
    description: 'Chat that a bot of Telegram tells of alerts: a number, or the @name of a channel.',
    optional: true,
    pattern: /^(-?\d{1,20}|@[A-Za-z]\w{3,31})$/,
    example: '-1001234567890',
  })
  telegramChatId?: string;

  @EnvSecret('ALERTS_TELEGRAM_BOT_TOKEN', {
    description: 'Token of that bot. Default: `TELEGRAM_BOT_TOKEN`.',
    optional: true,
  })
  telegramBotToken?: string;

  @EnvUrl('ALERTS_TELEGRAM_API_URL', {
    description: 'Where the Bot API is served: of Telegram, or of a server of your own.',
    protocols: ['https:', 'http:'],
  })
  telegramApiUrl = 'https://api.telegram.org';

  @EnvUrl('ALERTS_NTFY_URL', {
    description: 'Topic at ntfy to which alerts are published. Who knows it reads them: never logged.',
    optional: true,
    protocols: ['https:', 'http:'],
    example: 'https://ntfy.sh/a-name-nobody-guesses',
  })
  ntfyUrl?: string;

  @EnvSecret('ALERTS_NTFY_TOKEN', {
    description: 'Access token of ntfy, where the topic asks for one.',
    optional: true,
  })
  ntfyToken?: string;

  @EnvList('ALERTS_FALLBACK', {
    description:
      'Channels that are held back (`email`, `webhook`, `telegram`, `ntfy`): each one in turn is used for what no other channel has accepted in time.',
    each: isChannel,
    says: `each must be one of ${ALERT_CHANNELS.join(', ')}`,
    example: 'ntfy',
  })
  fallback: AlertChannel[] = [];

  @EnvInteger('ALERTS_FALLBACK_AFTER', {
    description: 'How long nobody may have accepted something until the next channel of `ALERTS_FALLBACK` is used.',
    unit: 'seconds',
    min: 1,
    max: 3600,
  })
  fallbackAfter = 60;

  @EnvInteger('ALERTS_ATTEMPT_TIMEOUT', {
    description: 'Longest attempt to hand something to a channel.',
    unit: 'seconds',
    min: 1,
    max: 60,
  })
  attemptTimeout = 10;

  @EnvInteger('ALERTS_RETRY_FOR', {
    description: 'How long a channel is tried again before something counts as undeliverable.',
    unit: 'hours',
    min: 1,
    max: 168,
  })
  retryFor = 24;

  @EnvInteger('ALERTS_GROUP_WAIT', {
    description: 'How long alerts of one rule are collected before they are first told.',
    unit: 'seconds',
    min: 0,
    max: 3600,
  })
  groupWait = 30;

  @EnvInteger('ALERTS_GROUP_WAIT_CRITICAL', {
    description: 'The same of critical ones.',
    unit: 'seconds',
    min: 0,
    max: 600,
  })
  groupWaitCritical = 5;

  @EnvInteger('ALERTS_GROUP_INTERVAL', {
    description: 'Least time until people are told that something has changed among the alerts of one rule.',
    unit: 'seconds',
    min: 1,
    max: 86_400,
  })
  groupInterval = 300;

  @EnvInteger('ALERTS_GROUP_INTERVAL_CRITICAL', {
    description: 'The same of critical ones.',
    unit: 'seconds',
    min: 1,
    max: 86_400,
  })
  groupIntervalCritical = 30;

  @EnvInteger('ALERTS_REPEAT_INTERVAL', {
    description: 'How often people are told again of what goes on.',
    unit: 'minutes',
    min: 1,
    max: 10_080,
  })
  repeatInterval = 240;

  @EnvInteger('ALERTS_RESOLVE_TIMEOUT', {
    description:
      'After how long an alert from an Alertmanager counts as over that it has neither repeated nor resolved. Must be longer than the `repeat_interval` there.',
    unit: 'minutes',
    min: 1,
    max: 10_080,
  })
  resolveTimeout = 300;

  /** The channels that are set up, in the order of `ALERT_CHANNELS`. */
  get channels(): readonly AlertChannel[] {
    const isSetUp: Record<AlertChannel, boolean> = {
      email: this.emailTo.length > 0,
      webhook: this.webhookUrl !== undefined,
      telegram: this.telegramChatId !== undefined,
      ntfy: this.ntfyUrl !== undefined,
    };
    return ALERT_CHANNELS.filter((channel) => isSetUp[channel]);
  }

  /** What the settings of alerting have to do with each other, and with others: `[variable, message]`. */
  problems({ smtpUrl }: MailConfig, { botToken }: TelegramConfig): [string, string][] {
    const found: [string, string][] = [];
    const { channels, fallback } = this;
    const token = this.telegramBotToken ?? botToken;
    if (this.emailTo.length > 0 && !smtpUrl) found.push(['ALERTS_EMAIL_TO', 'needs SMTP_URL beside it']);
    if (this.webhookSecret && !this.webhookUrl)
      found.push(['ALERTS_WEBHOOK_SECRET', 'needs ALERTS_WEBHOOK_URL beside it']);
    if (this.telegramBotToken && !this.telegramChatId)
      found.push(['ALERTS_TELEGRAM_BOT_TOKEN', 'needs ALERTS_TELEGRAM_CHAT_ID beside it']);
    if (this.telegramChatId && !token)
      found.push(['ALERTS_TELEGRAM_CHAT_ID', 'needs ALERTS_TELEGRAM_BOT_TOKEN or TELEGRAM_BOT_TOKEN beside it']);
    if (this.telegramChatId && token && !BOT_TOKEN.test(token))
      found.push([
        this.telegramBotToken ? 'ALERTS_TELEGRAM_BOT_TOKEN' : 'TELEGRAM_BOT_TOKEN',
        'is no token of a bot: digits, a colon, letters',
      ]);
    if (this.ntfyUrl && URL.canParse(this.ntfyUrl) && !TOPIC.test(new URL(this.ntfyUrl).pathname))
      found.push(['ALERTS_NTFY_URL', 'must end in the name of a topic, such as https://ntfy.sh/a-name-nobody-guesses']);
    if (this.ntfyToken && !this.ntfyUrl) found.push(['ALERTS_NTFY_TOKEN', 'needs ALERTS_NTFY_URL beside it']);
    if (this.ntfyToken && !BEARER.test(this.ntfyToken)) found.push(['ALERTS_NTFY_TOKEN', 'must be one word']);
    if (new Set(fallback).size !== fallback.length) found.push(['ALERTS_FALLBACK', 'names a channel twice']);
    const missing = fallback.filter((channel) => !channels.includes(channel));
    if (missing.length > 0) found.push(['ALERTS_FALLBACK', `names ${missing.join(', ')}, for which nothing is set up`]);
    else if (fallback.length > 0 && channels.every((channel) => fallback.includes(channel)))
      found.push(['ALERTS_FALLBACK', 'must leave at least one channel that is used first']);
    return found;
  }
}
