import { randomUUID } from 'node:crypto';

const ZERO_TIME = '0001-01-01T00:00:00Z';

interface Given {
  readonly status?: 'firing' | 'resolved';
  readonly labels?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt?: string;
}

/** A name that no other alert of the test has. */
export const newName = (): string => `Test${randomUUID().replaceAll('-', '')}`;

/** One alert as Alertmanager writes it, with what it writes besides. */
export const alertOf = (name: string, { status = 'firing', labels = {}, startsAt, endsAt }: Given = {}): object => ({
  status,
  labels: { alertname: name, severity: 'critical', instance: 'nas', ...labels },
  annotations: { summary: `${name} is wrong`, runbook_url: 'https://runbooks.example.org/nas' },
  startsAt: startsAt ?? '2026-01-31T08:00:00.123456789Z',
  endsAt: endsAt ?? (status === 'resolved' ? '2026-01-31T09:00:00Z' : ZERO_TIME),
  generatorURL: 'http://prometheus:9090/graph',
  fingerprint: '0123456789abcdef',
});

/** A message of an Alertmanager, version 4 of its format. */
export const messageOf = (...alerts: readonly object[]): object => ({
  receiver: 'family',
  status: 'firing',
  alerts,
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager:9093',
  version: '4',
  groupKey: '{}:{}',
  truncatedAlerts: 0,
});
