import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig, type Environment } from './load-config.js';

const MAIL = {
  SMTP_URL: 'smtp://mail.example.org',
  MAIL_FROM: 'family@example.org',
  PUBLIC_URL: 'https://family.example.org',
};
const BOT = `1:${'hunter2'.repeat(5)}`;
const NTFY = 'https://ntfy.sh/hunter2-topic';

/** The variables that are faulty. */
function faults(env: Environment): string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).not.toContain('hunter2');
    return (error as ConfigError).problems.map(({ variable }) => variable);
  }
}

describe('channels of alerts', () => {
  it('are those that are set up', () => {
    expect(loadConfig({}).alerting.channels).toEqual([]);
    const env = {
      ...MAIL,
      ALERTS_EMAIL_TO: 'ada@example.org, leo@example.org',
      ALERTS_WEBHOOK_URL: 'https://hooks.example.org/x',
      ALERTS_TELEGRAM_CHAT_ID: '@family_alerts',
      TELEGRAM_BOT_TOKEN: BOT,
      ALERTS_NTFY_URL: NTFY,
      ALERTS_FALLBACK: 'ntfy,telegram',
    };
    const { alerting } = loadConfig(env);
    expect(alerting.channels).toEqual(['email', 'webhook', 'telegram', 'ntfy']);
    expect(alerting.emailTo).toEqual(['ada@example.org', 'leo@example.org']);
    expect(alerting.fallback).toEqual(['ntfy', 'telegram']);
  });

  it('can have their addresses in files, as they hold secrets', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alerting-'));
    await writeFile(join(folder, 'url'), `${NTFY}\n`);
    expect(loadConfig({ ALERTS_NTFY_URL_FILE: join(folder, 'url') }).alerting.ntfyUrl).toBe(NTFY);
    await rm(folder, { recursive: true });
  });

  it.each<[string, Environment, string]>([
    ['mail without a mail server', { ALERTS_EMAIL_TO: 'ada@example.org' }, 'ALERTS_EMAIL_TO'],
    ['no address', { ...MAIL, ALERTS_EMAIL_TO: 'ada' }, 'ALERTS_EMAIL_TO'],
    [
      'a signature of nothing',
      { ALERTS_WEBHOOK_SECRET: 'hunter2-0123456789-abcdefghijklmnop' },
      'ALERTS_WEBHOOK_SECRET',
    ],
    [
      'a weak secret',
      { ALERTS_WEBHOOK_URL: 'https://x.org', ALERTS_WEBHOOK_SECRET: 'hunter2' },
      'ALERTS_WEBHOOK_SECRET',
    ],
    ['no protocol', { ALERTS_WEBHOOK_URL: 'hunter2.example.org' }, 'ALERTS_WEBHOOK_URL'],
    ['a chat without a bot', { ALERTS_TELEGRAM_CHAT_ID: '42' }, 'ALERTS_TELEGRAM_CHAT_ID'],
    ['a bot without a chat', { ALERTS_TELEGRAM_BOT_TOKEN: BOT }, 'ALERTS_TELEGRAM_BOT_TOKEN'],
    [
      'no token',
      { ALERTS_TELEGRAM_BOT_TOKEN: 'hunter2/../x', ALERTS_TELEGRAM_CHAT_ID: '42' },
      'ALERTS_TELEGRAM_BOT_TOKEN',
    ],
    ['no topic', { ALERTS_NTFY_URL: 'https://ntfy.sh/' }, 'ALERTS_NTFY_URL'],
    ['a token without a topic', { ALERTS_NTFY_TOKEN: 'hunter2' }, 'ALERTS_NTFY_TOKEN'],
    ['a token of two words', { ALERTS_NTFY_URL: NTFY, ALERTS_NTFY_TOKEN: 'hunter2 x' }, 'ALERTS_NTFY_TOKEN'],
    ['an unknown channel', { ALERTS_NTFY_URL: NTFY, ALERTS_FALLBACK: 'pigeon' }, 'ALERTS_FALLBACK'],
    ['a fallback that is not set up', { ALERTS_NTFY_URL: NTFY, ALERTS_FALLBACK: 'email' }, 'ALERTS_FALLBACK'],
    ['a canary at an hour that never comes', { ALERTS_CANARY_SCHEDULE: '0 25 * * *' }, 'ALERTS_CANARY_SCHEDULE'],
    ['a canary on a day that never comes', { ALERTS_CANARY_SCHEDULE: '0 0 30 2 *' }, 'ALERTS_CANARY_SCHEDULE'],
    ['a backup at an hour that never comes', { BACKUP_SCHEDULE: '0 25 * * *' }, 'BACKUP_SCHEDULE'],
    ['nothing but fallbacks', { ALERTS_NTFY_URL: NTFY, ALERTS_FALLBACK: 'ntfy' }, 'ALERTS_FALLBACK'],
  ])('%s is refused by name, and no value is repeated', (_, env, variable) => {
    expect(faults(env)).toEqual([variable]);
  });
});
