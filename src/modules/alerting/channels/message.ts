import type { Alert, Severity } from '../alert.js';

/** One notification, ready for people. */
export interface Message {
  /** The same at every attempt: who got it before knows it again. */
  readonly id: string;
  readonly status: Alert['status'];
  readonly severity: Severity;
  readonly title: string;
  /** Plain text. */
  readonly text: string;
  readonly group: string;
  readonly alerts: readonly Alert[];
  /** Whether an earlier attempt may have been accepted: its answer was lost, or the process ended before it came. */
  readonly mayHaveCome: boolean;
}

/** What a message is made of. */
export interface MessageSource {
  readonly id: string;
  readonly group: string;
  readonly alerts: readonly Alert[];
  readonly isRepeat: boolean;
  readonly mayHaveCome?: boolean;
}

const WORDS: Readonly<Record<Severity, string>> = { critical: '[CRITICAL]', warning: '[Warning]', info: '[Info]' };
/** Alerts that are written out. */
const SHOWN = 10;
const LONGEST_TITLE = 120;
const LONGEST_LINE = 300;
const LABELS_SHOWN = 12;
/** Where runbooks are, for one that is named by its heading. */
const RUNBOOKS = 'docs/RUNBOOKS.md';

/** Writes what people read: plain text, of which no line is longer than `LONGEST_LINE` characters. */
export function messageOf({ id, group, alerts, isRepeat, mayHaveCome = false }: MessageSource): Message {
  const firing = alerts.filter(({ status }) => status === 'firing');
  const over = alerts.filter(({ status }) => status === 'resolved');
  const [first] = [...firing, ...over];
  const severity = first?.severity ?? 'info';
  const status = firing.length > 0 ? 'firing' : 'resolved';
  const counts = [
    ...(firing.length > 0 ? [`${String(firing.length)} firing`] : []),
    ...(over.length > 0 ? [`${String(over.length)} resolved`] : []),
  ].join(', ');
  const word = status === 'firing' ? WORDS[severity] : '[Resolved]';
  const title = oneLine(`${word} ${first?.rule ?? group}: ${counts}${isRepeat ? ', still' : ''}`, LONGEST_TITLE);
  const shown = [...firing, ...over].slice(0, SHOWN);
  const rest = alerts.length - shown.length;
  const paragraphs = [
    ...shown.map(describe),
    ...(rest > 0 ? [`and ${String(rest)} more`] : []),
    ...new Set(shown.flatMap(runbookOf)),
  ];
  return { id, status, severity, title, text: paragraphs.join('\n\n'), group, alerts, mayHaveCome };
}

function describe({ status, startsAt, endsAt, labels, annotations }: Alert): string {
  const since = `since ${timeOf(startsAt)}`;
  const when = status === 'firing' ? `firing ${since}` : `resolved ${timeOf(endsAt ?? startsAt)}, ${since}`;
  const named = Object.entries(labels).filter(([name]) => name !== 'alertname' && name !== 'severity');
  const labelled = named.slice(0, LABELS_SHOWN).map(([name, value]) => `${name}=${value}`);
  return [
    oneLine(annotations.summary),
    ...(annotations.description ? [oneLine(annotations.description)] : []),
    when,
    ...(labelled.length > 0 ? [oneLine(labelled.join(', '))] : []),
  ].join('\n');
}

/** A link, or what an Alertmanager wrote, as it is; ours as the place of its heading. */
function runbookOf({ source, annotations: { runbook } }: Alert): string[] {
  if (runbook === undefined) return [];
  const isElsewhere = source === 'alertmanager' || /^https?:\/\//.test(runbook);
  return [oneLine(`Runbook: ${isElsewhere ? runbook : `${RUNBOOKS}#${runbook.toLowerCase()}`}`)];
}

/** To the second, in UTC. A time that no calendar has is shown as its number. */
function timeOf(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** One line of readable characters: no control characters, none that turn the direction of writing. */
function oneLine(text: string, longest = LONGEST_LINE): string {
  return clip(text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim(), longest);
}

/** Text of so many UTF-16 units at most; what is left out is marked, and no character is cut in two. */
export function clip(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const cut = text.slice(0, longest - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** Text of so many bytes of UTF-8 at most. */
export function clipBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const cut = Buffer.from(text)
    .subarray(0, most - 3)
    .toString('utf8');
  return `${cut.replace(/\ufffd+$/, '')}…`;
}
