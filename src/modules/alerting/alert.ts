import { createHash } from 'node:crypto';

/** How bad it is: `critical` wakes somebody, `warning` can wait for the day, `info` is told and nothing more. */
export const SEVERITIES = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Who says so: our own rules, an Alertmanager, somebody who tests, the daily canary, or the watch over an expected heartbeat. */
export const ALERT_SOURCES = ['rules', 'alertmanager', 'test', 'canary', 'watchdog'] as const;
export type AlertSource = (typeof ALERT_SOURCES)[number];

export type Labels = Readonly<Record<string, string>>;

/** One thing that is wrong, from when it began to be told until it is over. */
export interface Alert {
  /** The same for the same source and labels (`fingerprintOf`). */
  readonly fingerprint: string;
  readonly source: AlertSource;
  /** The rule's name, also the label `alertname`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Annotations;
  /** Milliseconds since 1970. Fingerprint and start together name one episode. */
  readonly startsAt: number;
  /** When it was over; of resolved ones only. */
  readonly endsAt?: number;
}

/** For people. `runbook` is a heading of docs/RUNBOOKS.md. */
export interface Annotations {
  readonly summary: string;
  readonly description?: string;
  readonly runbook?: string;
}

/** Says of alerts that they fire, still fire, or are over. Once it resolves, none of them can be lost by a crash. */
export abstract class AlertIntake {
  abstract take(alerts: readonly Alert[]): Promise<void>;
}

/** 32 hexadecimal digits that stand for a source and a set of labels. */
export function fingerprintOf(source: AlertSource, labels: Labels): string {
  const sorted = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([source, sorted]))
    .digest('hex')
    .slice(0, 32);
}
