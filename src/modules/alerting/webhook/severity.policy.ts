import type { Severity } from '../alert.js';

/** Words that are in use for the label `severity`, which Prometheus leaves open. */
const WORDS: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['critical', 'critical'],
  ['page', 'critical'],
  ['emergency', 'critical'],
  ['fatal', 'critical'],
  ['high', 'critical'],
  ['info', 'info'],
  ['informational', 'info'],
  ['notice', 'info'],
  ['none', 'info'],
  ['debug', 'info'],
]);

/** How bad an alert from outside is: what is not known is a warning, for it was meant to be told. */
export const severityOf = (word: string | undefined): Severity => WORDS.get(word?.toLowerCase() ?? '') ?? 'warning';
