import type { AlertChannel } from '../../../platform/config/index.js';
import type { Alert } from '../alert.js';

/** How a label is compared: equal, not, and both by a pattern of RE2 that must match the whole value. */
export const MATCHER_OPERATORS = ['=', '!=', '=~', '!~'] as const;
export type MatcherOperator = (typeof MATCHER_OPERATORS)[number];

/** One condition on a label, as at Prometheus; a label that is missing has the value ''. `alertname` and `severity` are labels too. */
export interface Matcher {
  readonly name: string;
  readonly operator: MatcherOperator;
  readonly value: string;
}

/** Alerts of which nobody is to be told for a while: those that all matchers fit. */
export interface Silence {
  readonly id: string;
  /** Never empty: a silence of nothing in particular would be one of everything. */
  readonly matchers: readonly Matcher[];
  /** Milliseconds since 1970, both. */
  readonly startsAt: number;
  readonly endsAt: number;
}

/** The silences as they were known last. Asked every second, so it answers from memory, whatever the database does. */
export abstract class SilenceSource {
  abstract silences(): readonly Silence[];
}

/** What the rules say of each other. Asked every second, so it answers from memory. */
export abstract class InhibitionRules {
  /** The names of rules during whose firing an alert of this rule is not told; none for a rule that is not known. */
  abstract inhibitorsOf(rule: string): readonly string[];
}

/** What happened to an alert or to a notification, for those who ask later. */
export type HistoryEntry =
  | {
      /** The same when it is told again: an entry that is known already is left as it is. */
      readonly id: string;
      readonly kind: 'began' | 'ended';
      /** Milliseconds since 1970, by the clock of this server. */
      readonly at: number;
      readonly alert: Alert;
    }
  | {
      readonly id: string;
      readonly kind: 'notified' | 'undelivered';
      readonly at: number;
      readonly channel: AlertChannel;
      readonly notification: string;
      /** Fingerprints and starts of the episodes that it told of. */
      readonly episodes: readonly { readonly fingerprint: string; readonly startsAt: number }[];
      readonly attempts: number;
      /** Why it was not delivered. */
      readonly code?: string;
    };

/**
 * Where history is kept for long, such as a database. Entries come in order, and again after a failure or a crash; they
 * wait in the journal meanwhile, and delivery never waits for this.
 */
export abstract class AlertHistorySink {
  /** @throws anything when they are not stored: they come again later */
  abstract store(entries: readonly HistoryEntry[], signal: AbortSignal): Promise<void>;
}
