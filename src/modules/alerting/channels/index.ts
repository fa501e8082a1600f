import type { AlertingConfig, ServerConfig, TelegramConfig } from '../../../platform/config/index.js';
import type { Mailer } from '../../../platform/mail/index.js';
import type { Channel } from './channel.js';
import { EmailChannel } from './email.channel.js';
import { NtfyChannel } from './ntfy.channel.js';
import { TelegramChannel } from './telegram.channel.js';
import { WebhookChannel } from './webhook.channel.js';

export { ChannelError, type Channel } from './channel.js';
export { clip, messageOf, type Message } from './message.js';

/** What channels are made of. */
export interface ChannelSettings {
  readonly alerting: AlertingConfig;
  readonly telegram: TelegramConfig;
  readonly server: ServerConfig;
  readonly mailer: Mailer;
}

/** The channels that are set up. */
export function channelsOf({ alerting, telegram, server, mailer }: ChannelSettings): Channel[] {
  const { emailTo, webhookUrl, webhookSecret, telegramApiUrl, telegramChatId, ntfyUrl, ntfyToken } = alerting;
  const botToken = alerting.telegramBotToken ?? telegram.botToken;
  return [
    ...(emailTo.length > 0 ? [new EmailChannel(mailer, emailTo, server.origin)] : []),
    ...(webhookUrl ? [new WebhookChannel(webhookUrl, webhookSecret)] : []),
    ...(telegramChatId && botToken ? [new TelegramChannel(telegramApiUrl, botToken, telegramChatId)] : []),
    ...(ntfyUrl ? [new NtfyChannel(ntfyUrl, ntfyToken)] : []),
  ];
}
