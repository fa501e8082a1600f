import { DomainError, type FieldError } from '../../../platform/http/index.js';
import { fingerprintOf, type Alert, type Annotations, type Labels } from '../alert.js';
import { severityOf } from './severity.policy.js';

const MOST_ALERTS = 5000;
const MOST_LABELS = 64;
const LONGEST_NAME = 128;
const LONGEST_VALUE = 1024;
/** Texts are cut rather than refused: no alert is lost for a long description. */
const LONGEST_TEXT = 2000;
const LONGEST_RUNBOOK = 500;
const LONGEST_SUMMARY = 300;
const MOST_ERRORS = 20;

/** An alert of an Alertmanager, and until when it fires unless more is heard of it. */
export interface HeardAlert {
  readonly alert: Alert;
  /** Milliseconds since 1970; undefined where the Alertmanager did not say, which is its habit. */
  readonly until: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
type Texts = Readonly<Record<string, string>>;

/**
 * The alerts of a message of an Alertmanager, version 4 of its format
 * (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config). What it may say besides is passed over: the
 * format grows by fields. The zero time of Go, `0001-01-01T00:00:00Z`, stands for no end.
 * @param now milliseconds since 1970: an end before is over
 * @throws DomainError `validation_failed` naming every field that is not of the format, and nothing of what it holds
 */
export function readMessage(message: unknown, now: number): readonly HeardAlert[] {
  const errors: FieldError[] = [];
  const fault = (field: string, what: string): void => {
    errors.push({ field, messages: [`${field.split('.').at(-1) ?? field} ${what}`] });
  };
  const { version, alerts } = fieldsOf(message) ?? {};
  if (version !== '4') fault('version', 'must be 4, the format of Alertmanager');
  if (!Array.isArray(alerts)) fault('alerts', 'must be a list');
  else if (alerts.length > MOST_ALERTS) fault('alerts', `must have ${String(MOST_ALERTS)} entries at most`);
  const heard =
    errors.length > 0
      ? []
      : (alerts as unknown[]).map((alert, index) => readAlert(alert, `alerts[${String(index)}]`, now, fault));
  if (errors.length > 0) throw invalid(errors.slice(0, MOST_ERRORS));
  return heard.filter((alert) => alert !== undefined);
}

function readAlert(
  value: unknown,
  path: string,
  now: number,
  fault: (field: string, what: string) => void,
): HeardAlert | undefined {
  const fields = fieldsOf(value);
  if (!fields) {
    fault(path, 'must be an object');
    return undefined;
  }
  const status = fields['status'];
  const isKnown = status === 'firing' || status === 'resolved';
  if (!isKnown) fault(`${path}.status`, 'must be firing or resolved');
  const labels = readLabels(fields['labels'], `${path}.labels`, fault);
  const startsAt = timeOf(fields['startsAt']);
  if (startsAt === undefined) fault(`${path}.startsAt`, 'must be a time with its zone (RFC 3339)');
  const givenEnd = fields['endsAt'] ?? ZERO_TIME;
  const endsAt = timeOf(givenEnd);
  if (endsAt === undefined && givenEnd !== ZERO_TIME)
    fault(`${path}.endsAt`, 'must be a time with its zone (RFC 3339)');
  const annotations = readAnnotations(fields['annotations'], `${path}.annotations`, fault);
  if (!isKnown || !labels || startsAt === undefined || !annotations) return undefined;
  const isOver = status === 'resolved' || (endsAt !== undefined && endsAt <= now);
  const base = {
    fingerprint: fingerprintOf('alertmanager', labels),
    source: 'alertmanager',
    rule: labels['alertname'] ?? 'unnamed',
    severity: severityOf(labels['severity']),
    labels,
    annotations: annotationsOf(annotations, labels),
    startsAt,
  } as const;
  return isOver
    ? { alert: { ...base, status: 'resolved', endsAt: Math.max(startsAt, endsAt ?? now) }, until: undefined }
    : { alert: { ...base, status: 'firing' }, until: endsAt };
}

/** Labels whose value is empty are as good as missing (Prometheus, data model). */
function readLabels(value: unknown, path: string, fault: (field: string, what: string) => void): Labels | undefined {
  const entries = Object.entries(fieldsOf(value) ?? {}).filter(([, text]) => text !== '');
  if (fieldsOf(value) === undefined) fault(path, 'must be an object of texts');
  else if (entries.length > MOST_LABELS) fault(path, `must be ${String(MOST_LABELS)} at most`);
  else if (entries.some(([name]) => name === '' || name.length > LONGEST_NAME))
    fault(path, `must have names of 1 to ${String(LONGEST_NAME)} characters`);
  else if (entries.some(([, text]) => typeof text !== 'string' || text.length > LONGEST_VALUE))
    fault(path, `must be texts of ${String(LONGEST_VALUE)} characters at most`);
  else return Object.fromEntries(entries) as Labels;
  return undefined;
}

/** None are as good as an empty object: Go writes a map that was never made as null. */
function readAnnotations(
  value: unknown,
  path: string,
  fault: (field: string, what: string) => void,
): Texts | undefined {
  const given = fieldsOf(value ?? {});
  if (given && Object.values(given).every((text) => typeof text === 'string')) return given as Texts;
  fault(path, 'must be an object of texts');
  return undefined;
}

function annotationsOf(given: Texts, labels: Labels): Annotations {
  const text = (name: string, longest = LONGEST_TEXT): string | undefined => {
    const value = Object.hasOwn(given, name) ? given[name]?.trim() : undefined;
    return value ? cut(value, longest) : undefined;
  };
  const description = text('description') ?? text('message');
  const runbook = text('runbook_url', LONGEST_RUNBOOK) ?? text('runbook', LONGEST_RUNBOOK);
  return {
    summary: text('summary', LONGEST_SUMMARY) ?? cut(description ?? labels['alertname'] ?? 'unnamed', LONGEST_SUMMARY),
    ...(description === undefined ? {} : { description }),
    ...(runbook === undefined ? {} : { runbook }),
  };
}

const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`;

const ZERO_TIME = '0001-01-01T00:00:00Z';
/** What Go writes (RFC 3339), up to nanoseconds. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970; undefined for what is no time, or one before. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) || time < 0 ? undefined : time;
}

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

const invalid = (errors: readonly FieldError[]): DomainError =>
  new DomainError('validation_failed', { kind: 'invalid', detail: 'The request has invalid fields' }, { errors });
