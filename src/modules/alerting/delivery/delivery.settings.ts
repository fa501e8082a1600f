import type { AlertChannel, AlertingConfig } from '../../../platform/config/index.js';
import type { Severity } from '../alert.js';
import type { Pauses } from './grouping.policy.js';

/** How delivery goes about it. All times are in milliseconds. */
export interface DeliverySettings {
  readonly pauses: Readonly<Record<Severity, Pauses>>;
  /** Channels that are held back, in the order in which they are used. */
  readonly fallback: readonly AlertChannel[];
  readonly fallbackAfter: number;
  /** Longest attempt. */
  readonly attempt: number;
  /** How long something is tried. */
  readonly patience: number;
  /** The same of what is told to see whether it arrives. */
  readonly testPatience: number;
  /** Longest wait for receipts. */
  readonly receipts: number;
  /** Pause after the first failure, which doubles, and the longest. */
  readonly backoff: { readonly base: number; readonly most: number };
  /** After how long an alert of an Alertmanager that says nothing more counts as over. */
  readonly resolveTimeout: number;
  /** How often is looked at what is due. */
  readonly tick: number;
  /** Longest operation on the disk, before alerts are kept in memory only. */
  readonly disk: number;
  /** Bytes after which the journal is written anew, unless what it says is a quarter of that. */
  readonly compactAfter: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The settings as they were made, beside what nobody needs to set. */
export function settingsOf(config: AlertingConfig): DeliverySettings {
  const repeat = config.repeatInterval * MINUTE;
  const ordinary = { wait: config.groupWait * SECOND, interval: config.groupInterval * SECOND, repeat };
  const critical = { wait: config.groupWaitCritical * SECOND, interval: config.groupIntervalCritical * SECOND, repeat };
  return {
    pauses: { critical, warning: ordinary, info: ordinary },
    fallback: config.fallback,
    fallbackAfter: config.fallbackAfter * SECOND,
    attempt: config.attemptTimeout * SECOND,
    patience: config.retryFor * HOUR,
    testPatience: 5 * MINUTE,
    receipts: 2 * config.attemptTimeout * SECOND,
    backoff: { base: SECOND, most: 5 * MINUTE },
    resolveTimeout: config.resolveTimeout * MINUTE,
    tick: SECOND,
    disk: 5 * SECOND,
    compactAfter: 1_048_576,
  };
}
