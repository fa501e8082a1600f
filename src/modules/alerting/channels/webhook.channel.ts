import { createHmac } from 'node:crypto';
import type { Channel } from './channel.js';
import type { Message } from './message.js';
import { postJson, refuseUnlessOk } from './post.js';

/** Alerts in one post; the counts tell of the others. */
const MOST_ALERTS = 500;

/**
 * Posts a notification as JSON, with its id as `Idempotency-Key`. With a secret it is signed as
 * `Family-Assistant-Signature: t=SECONDS,v1=HEX`: HMAC-SHA-256 of the seconds since 1970, a dot and the body.
 */
export class WebhookChannel implements Channel {
  readonly name = 'webhook';
  readonly knowsIds = true;

  constructor(
    private readonly url: string,
    private readonly secret: string | undefined,
  ) {}

  async send(message: Message, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(bodyOf(message));
    const headers = { 'idempotency-key': message.id, ...this.signatureOf(body) };
    refuseUnlessOk(await postJson({ url: this.url, headers, body }, signal));
  }

  private signatureOf(body: string): Record<string, string> {
    if (this.secret === undefined) return {};
    const seconds = String(Math.floor(Date.now() / 1000));
    const hex = createHmac('sha256', this.secret).update(`${seconds}.${body}`).digest('hex');
    return { 'family-assistant-signature': `t=${seconds},v1=${hex}` };
  }
}

function bodyOf({ id, status, severity, title, text, group, alerts }: Message): object {
  const count = (wanted: string): number => alerts.filter((alert) => alert.status === wanted).length;
  return {
    version: 1,
    id,
    status,
    severity,
    title,
    text,
    group,
    firing: count('firing'),
    resolved: count('resolved'),
    alerts: alerts.slice(0, MOST_ALERTS).map((alert) => ({
      fingerprint: alert.fingerprint,
      source: alert.source,
      rule: alert.rule,
      severity: alert.severity,
      status: alert.status,
      labels: alert.labels,
      annotations: alert.annotations,
      starts_at: isoOf(alert.startsAt),
      ...(alert.endsAt === undefined ? {} : { ends_at: isoOf(alert.endsAt) }),
    })),
  };
}

/** `null` for a time that no calendar has. */
function isoOf(at: number): string | null {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
