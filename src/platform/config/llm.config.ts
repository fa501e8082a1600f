import { EnvInteger, EnvSecret, EnvText, EnvUrl } from './env.decorators.js';

/** A language model that proposes facts where nothing else finds any. Off by default; everything works without one. */
export class LlmConfig {
  @EnvUrl('LLM_URL', {
    description:
      'Address of a server that speaks the OpenAI chat protocol; `/chat/completions` is added. It may propose facts of texts in which the rules found none; those texts are sent there. Off unless set.',
    optional: true,
    protocols: ['http:', 'https:'],
    example: 'http://127.0.0.1:11434/v1',
  })
  url?: string;

  @EnvText('LLM_MODEL', { description: 'Name of the model. Required with `LLM_URL`.', optional: true })
  model?: string;

  @EnvSecret('LLM_API_KEY', { description: 'Key for that server.', optional: true })
  apiKey?: string;

  @EnvInteger('LLM_TIMEOUT', {
    description: 'Longest wait for one answer of that server.',
    unit: 'milliseconds',
    min: 100,
    max: 300_000,
  })
  timeout = 30_000;

  @EnvInteger('LLM_DAILY_QUOTA', {
    description:
      'Most requests to that server a day (UTC) for one family; further texts wait for the next day. What the server did not take, or refused at once, does not count.',
    min: 0,
    max: 1_000_000,
  })
  dailyQuota = 500;

  /** What is incomplete, or has what it must not: pairs of variable and message. */
  problems(): [variable: string, message: string][] {
    if (!this.url) {
      const beside = this.model ? 'LLM_MODEL' : this.apiKey ? 'LLM_API_KEY' : undefined;
      return beside ? [['LLM_URL', `is required with ${beside}: without an address no model is asked`]] : [];
    }
    const found: [string, string][] = [];
    const { username, password } = URL.canParse(this.url) ? new URL(this.url) : { username: '', password: '' };
    if (username !== '' || password !== '') found.push(['LLM_URL', 'must hold no password: use LLM_API_KEY']);
    if (!this.model) found.push(['LLM_MODEL', 'is required with LLM_URL: the name of the model']);
    return found;
  }
}
