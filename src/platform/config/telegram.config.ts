import { EnvSecret } from './env.decorators.js';

/** Sign-in by Telegram. */
export class TelegramConfig {
  @EnvSecret('TELEGRAM_BOT_TOKEN', {
    description: 'Token of the bot whose login widget or Mini App signs people in. Off unless set.',
    optional: true,
  })
  botToken?: string;
}
