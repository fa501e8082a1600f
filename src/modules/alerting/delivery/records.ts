import type { AlertChannel } from '../../../platform/config/index.js';
import type { Alert } from '../alert.js';
import type { HistoryEntry } from './ports.js';

/** Why people are told: something began or ended, it goes on, or somebody wants to see whether they are told. */
export type NoteKind = 'change' | 'repeat' | 'test';

/** What people are told at one time: the alerts of one group as they are. Its id is the same at every attempt. */
export interface Note {
  /** UUIDv7. */
  readonly id: string;
  readonly kind: NoteKind;
  readonly group: string;
  readonly alerts: readonly Alert[];
  /** Those that are to accept it. */
  readonly channels: readonly AlertChannel[];
  /** Milliseconds for which it is tried. */
  readonly patience: number;
}

/** How one channel stands with a note. */
export type Outcome = 'pending' | 'accepted' | 'dead';

/** `at` is the time on the wall, in milliseconds since 1970; `key` an episode's. */
interface Timed {
  readonly at: number;
}

/** Lines of the journal. What is there already is replaced by what comes later; what refers to nothing is ignored. */
export type JournalRecord = Timed &
  (
    | { readonly t: 'fires'; readonly alert: Alert }
    | { readonly t: 'over'; readonly key: string; readonly endsAt: number }
    | { readonly t: 'forget'; readonly keys: readonly string[] }
    | { readonly t: 'note'; readonly note: Note }
    | { readonly t: 'via'; readonly id: string; readonly channel: AlertChannel }
    // A channel that knows no ids is about to be tried: from here on it may have accepted.
    | { readonly t: 'begun'; readonly id: string; readonly channel: AlertChannel }
    | {
        readonly t: 'accepted';
        readonly id: string;
        readonly channel: AlertChannel;
        readonly attempts: number;
        /** What its note said, once more: without the line of the note, should it be damaged, people would hear it twice. */
        readonly told: readonly Pick<Alert, 'fingerprint' | 'startsAt' | 'status'>[];
      }
    | {
        readonly t: 'dead';
        readonly id: string;
        readonly channel: AlertChannel;
        readonly attempts: number;
        readonly code: string;
      }
    | { readonly t: 'stored'; readonly number: number }
    // Of snapshots alone:
    | { readonly t: 'version'; readonly version: number; readonly next: number; readonly dropped: number }
    | { readonly t: 'episode'; readonly alert: Alert; readonly isTold: boolean }
    | { readonly t: 'group'; readonly group: string }
    | {
        readonly t: 'outbox';
        readonly note: Note;
        readonly outcomes: Readonly<Record<string, Outcome>>;
        readonly begun?: readonly AlertChannel[];
      }
    | { readonly t: 'history'; readonly number: number; readonly entry: HistoryEntry }
    | { readonly t: 'verified'; readonly channel: AlertChannel }
    | { readonly t: 'lost'; readonly channel: AlertChannel }
  );

/** Format of the journal; one of a later version is left alone. */
export const JOURNAL_VERSION = 1;

/** Names one episode. */
export const keyOf = ({ fingerprint, startsAt }: Pick<Alert, 'fingerprint' | 'startsAt'>): string =>
  `${fingerprint}@${String(startsAt)}`;

/** What is told together: alerts of one rule and one severity, whatever their other labels are. */
export const groupOf = ({ rule, severity }: Pick<Alert, 'rule' | 'severity'>): string => `${severity} ${rule}`;
